"""How PayPal is called: tokens, keys of idempotency, errors, amounts, certificates, and how it signs what it tells."""

import base64
import datetime
import itertools
import json
import re
import secrets
import zlib

from .paypal_certificates import Authority
from .simulator import Answer, Event, Simulator

WHOLE = ("HUF", "JPY", "TWD")
CURRENCIES = ("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK", "NZD",
              "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD")  # fmt: skip
CERTIFICATES = "/v1/notifications/certs/"
WEBHOOK_ID = "8PT597110X687430LKGECATA"


class Refused(Exception):
    """`improper`: a request that no caller of ours should make. `link`: of the issue, where payouts have theirs."""

    def __init__(self, status, name, issue=None, links=(), improper=False, **link):
        self.status, self.improper = status, improper
        details = [{"issue": issue, "description": "In words.", **link}] if issue else []
        self.body = {"name": name, "message": "In words.", "debug_id": secrets.token_hex(7), "details": details,
                     "links": list(links)}  # fmt: skip


def unprocessable(issue, links=()):
    return Refused(422, "UNPROCESSABLE_ENTITY", issue, links)


def improper(issue, status=400, name="INVALID_REQUEST"):
    return Refused(status, name, issue, improper=True)


def only(thing, required, optional=()):
    """Every member is one that PayPal documents, and none is missing."""
    if not isinstance(thing, dict) or not set(required) <= set(thing) <= {*required, *optional}:
        raise improper("INVALID_PARAMETER_SYNTAX")
    return thing


def amount_in(thing, code="currency_code"):
    only(thing, (code, "value"))
    if thing[code] not in CURRENCIES:
        raise improper("INVALID_CURRENCY_CODE")
    if not re.fullmatch(r"\d{1,9}" if thing[code] in WHOLE else r"\d{1,9}\.\d\d", thing["value"]):
        raise improper("DECIMALS_NOT_SUPPORTED" if thing[code] in WHOLE else "DECIMAL_PRECISION", 422, "UNPROCESSABLE_ENTITY")
    if float(thing["value"]) <= 0:
        raise improper("CANNOT_BE_ZERO_OR_NEGATIVE", 422, "UNPROCESSABLE_ENTITY")
    return thing


def minor(amount, code="currency_code"):
    """As our API counts, where all three of WHOLE have cents but the yen."""
    whole, _, cents = amount["value"].partition(".")
    return int(whole) * (1 if amount[code] == "JPY" else 100) + int(cents or 0)


def written(cents, like):
    code = like["currency_code"]
    value = f"{cents // 100}.{cents % 100:02}" if code not in WHOLE else str(cents if code == "JPY" else cents // 100)
    return {"currency_code": code, "value": value}


class Calls(Simulator):
    """`ROUTES`: (method, pattern of the path, name of what does it)."""

    provider = "paypal"
    ROUTES = []

    def __init__(self, folder, clock=None):
        self.client, self.secret = "AeA1" + secrets.token_urlsafe(20), "EC0m" + secrets.token_urlsafe(20)
        self.tokens, self.token_seconds = {}, 32_400  # token → whether it is good
        self.improper = []
        self.forgets = False  # at once what it was asked under which id
        self._kept = {}  # (path, PayPal-Request-Id) → (body, reply)
        self.refusals = {}  # last word of a path → issues, each for one request
        self.authority = Authority()
        self.signers = {"CERT-one": self.authority.signer()}
        self.certificates = {name: signer.pem() for name, signer in self.signers.items()}
        self._steps = itertools.count()
        self.ca_file = folder / "paypal-ca.pem"
        self.ca_file.write_bytes(self.authority.pem())
        super().__init__(clock)

    def environment(self):
        """Settings of a server that is paid here and nowhere else."""
        return {"ROOST_PAYMENTS_PROVIDERS": "paypal", "ROOST_PAYPAL_CLIENT_ID": self.client, "ROOST_PAYPAL_CLIENT_SECRET": self.secret,
                "ROOST_PAYPAL_WEBHOOK_ID": WEBHOOK_ID, "ROOST_PAYPAL_API_BASE": self.url,
                "ROOST_PAYPAL_CERTIFICATES": self.url + CERTIFICATES, "ROOST_OUTBOUND_CA_FILE": str(self.ca_file)}  # fmt: skip

    def stamp(self):
        """Every change has a time of its own."""
        return (datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=next(self._steps))).isoformat() + "Z"

    @staticmethod
    def id():
        return "".join(secrets.choice("ABCDEFGHJKLMNPRSTUVWXY0123456789") for _ in range(17))

    def answer(self, request):
        if request.path.startswith(CERTIFICATES):
            pem = self.certificates.get(request.path.removeprefix(CERTIFICATES))
            return Answer(200, pem) if pem and request.method == "GET" else Answer(404)
        if request.line == "POST /v1/oauth2/token":
            return self._token(request)
        if self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer ")) is not True:
            return Answer(401, {"error": "invalid_token", "error_description": "Token signature verification failed"})
        try:
            code, body = self._once(request) if request.method == "POST" else self._routed(request)
        except Refused as r:
            if r.improper:
                self.improper.append((request.line, r.body, request.body))
            code, body = r.status, r.body
        return Answer(code, json.dumps(body).encode() if body else b"")  # at once: what it speaks of may change

    def _token(self, request):
        basic = base64.b64encode(f"{self.client}:{self.secret}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            self.improper.append((request.line, "other credentials"))
            return Answer(401, {"error": "invalid_client", "error_description": "Client Authentication failed"})
        form = request.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        if not form or request.form != [("grant_type", "client_credentials")]:
            self.improper.append((request.line, request.body))
            return Answer(400, {"error": "unsupported_grant_type", "error_description": "unsupported grant_type"})
        token = "A21AA" + secrets.token_urlsafe(60)
        self.tokens[token] = True
        return Answer(200, {"scope": "https://uri.paypal.com/services/payments", "access_token": token, "token_type": "Bearer",
                            "app_id": "APP-80W284485P519543T", "expires_in": self.token_seconds, "nonce": self.stamp()})  # fmt: skip

    def revoke_tokens(self):
        self.tokens = dict.fromkeys(self.tokens, False)

    def _once(self, request):
        """The same PayPal-Request-Id has one effect and one reply, as long as it is remembered."""
        id = request.headers.get("PayPal-Request-Id", "")
        if request.headers.get_all("Content-Type") != ["application/json"] or not 1 <= len(id) <= 108:
            raise improper("INVALID_REQUEST_HEADER")
        if (request.path, id) in self._kept:
            body, (status, reply) = self._kept[request.path, id]
            if body != request.body:
                raise improper("DUPLICATE_REQUEST_ID")
            return 200 if status == 201 else status, reply
        try:
            reply = self._routed(request)
        except Refused as r:
            if r.improper:
                raise
            reply = r.status, r.body
        if not self.forgets and request.path != "/v1/payments/payouts":  # where it is ignored
            # As it was then: what it speaks of may change.
            self._kept[request.path, id] = request.body, json.loads(json.dumps(reply))
        return reply

    def refuse(self, verb, *issues):
        """The next requests whose path ends so."""
        self.refusals.setdefault(verb, []).extend(issues)

    def _routed(self, request):
        verb = request.path.rpartition("/")[2]
        if request.method == "POST" and self.refusals.get(verb):
            raise unprocessable(self.refusals[verb].pop(0))
        if request.query or (request.method == "GET" and request.body):
            raise improper("INVALID_PARAMETER_SYNTAX")
        for method, path, name in self.ROUTES:
            if method == request.method and (found := re.fullmatch(path, request.path)):
                groups = found.groups() if method == "GET" else (request.json, *found.groups())
                status, thing = getattr(self, f"_{name}")(*groups)
                if method == "GET" or thing is None or request.headers.get("Prefer") == "return=representation":
                    return status, thing
                return status, {k: v for k, v in thing.items() if k in ("id", "status", "links", "batch_header")}
        raise Refused(404, "RESOURCE_NOT_FOUND", improper=True)

    @staticmethod
    def _found(shelf, id):
        if id not in shelf:
            raise Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return shelf[id]

    def tries(self, verb, thing):
        """The request ids under which it was asked to do that to an order, a capture, an authorization."""
        return [r.headers["PayPal-Request-Id"] for r in self.asked(rf"POST /.*/{thing['id']}/{verb}")]

    # What it tells

    def body(self, kind, resource, id=None):
        return {"id": id or f"WH-{self.id()}-{self.id()}", "event_version": "1.0", "create_time": self.stamp(), "event_type": kind,
                "resource_type": "any", "summary": "In words.", "resource": resource, "links": []}  # fmt: skip

    def event(self, kind, resource, id=None):
        """To be told by the test."""
        return Event(json.dumps(self.body(kind, resource, id)).encode())

    def _tell(self, kind, resource):
        self.happened(self.body(kind, resource))

    def sign(self, body, late=datetime.timedelta(), webhook_id=WEBHOOK_ID, certificate="CERT-one", signer=None):
        id, time = secrets.token_hex(16), (self.now() + late).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"{id}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = base64.b64encode((signer or self.signers[certificate]).sign(text)).decode()
        return {"PayPal-Transmission-Id": id, "PayPal-Transmission-Time": time, "PayPal-Auth-Algo": "SHA256withRSA",
                "PayPal-Cert-Url": self.url + CERTIFICATES + certificate, "PayPal-Transmission-Sig": signature}  # fmt: skip
