"""M-Pesa as far as Roost uses it, by Daraja's rules: STK push and its query, reversal, B2C, transaction status, callbacks.

What goes wrong with money: `money` is what really moved. Callbacks are unsigned, so `events` carry the address we were given.
"""

import base64
import datetime
import itertools
import re
import secrets
import subprocess
import urllib.parse
import zoneinfo

from .simulator import Answer, Simulator

NAIROBI = zoneinfo.ZoneInfo("Africa/Nairobi")
SHORT_CODE = "600984"
RESULTS = {"0": "The service request is processed successfully.", "1": "The balance is insufficient for the transaction.",
           "4": "Declined due to limit rule: would exceed daily transfer limit.", "17": "Rule limited.",
           "1001": "Unable to lock subscriber, a transaction is already in process for the current subscriber.",
           "1019": "Transaction has expired.", "1032": "Request cancelled by user.", "1037": "DS timeout user cannot be reached.",
           "2001": "The initiator information is invalid."}  # fmt: skip
# Results of requests of which M-Pesa makes no transaction.
NEVER_MADE = ("2001", "2040", "8006", "SFC_IC0003")


class Refused(Exception):
    """`improper`: a request that no caller of ours should make."""

    def __init__(self, status, code, message, improper=True):
        super().__init__(message)
        self.improper = improper
        self.answer = Answer(status, {"requestId": "4801-53b2-1", "errorCode": code, "errorMessage": message})


def bad(what):
    return Refused(400, "400.002.02", f"Bad Request - Invalid {what}")


def like(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_amount(most):
    return lambda value: type(value) is int and 1 <= value <= most


PHONE, ADDRESS, REMARKS = like(r"254[17]\d{8}"), like(r"https?://[!-~]{1,200}"), like(r".{2,100}")
OURS, CODE = like(re.escape(SHORT_CODE)), like(r"\d{14}")


class MPesa(Simulator):
    provider = "mpesa"

    ROUTES = {
        "/mpesa/stkpush/v1/processrequest": "push",
        "/mpesa/stkpushquery/v1/query": "query",
        "/mpesa/reversal/v1/request": "reverse",
        "/mpesa/b2c/v3/paymentrequest": "pay",
        "/mpesa/transactionstatus/v1/query": "status",
    }

    def __init__(self, folder, clock=None):
        super().__init__(clock)
        self.consumer = f"{secrets.token_hex(12)}:{secrets.token_hex(12)}"
        self.passkey, self.password = secrets.token_hex(32), f"Pass#{secrets.token_hex(6)}"
        self.key, self.certificate = folder / "safaricom.key", folder / "safaricom.cer"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", self.key, "-out", self.certificate,
                        "-subj", "/CN=apicrypt.safaricom.example", "-days", "2"], check=True, capture_output=True)  # fmt: skip
        self.credentials = {}  # that were decrypted
        self.tokens = set()
        self.pushes, self.sent = {}, {}  # by CheckoutRequestID, by OriginatorConversationID
        self.money = []  # ("in" | "back" | "out", receipt or ours, shillings)
        self.improper = []
        self._numbers = itertools.count(1)
        self.reset()

    def reset(self):
        self.telling = True
        self.ends = "0"  # how money that is sent out ends; None: it stays under way
        self.statuses_told, self.status_says, self.status_amount = True, None, None  # code and amount: lies
        self.query_says = {}  # CheckoutRequestID → ResultCode, whatever is true

    def environment(self):
        """Settings of a server that is paid here and nowhere else."""
        key, secret = self.consumer.split(":")
        return {"ROOST_PAYMENTS_PROVIDERS": "mpesa", "ROOST_MPESA_CONSUMER_KEY": key, "ROOST_MPESA_CONSUMER_SECRET": secret,
                "ROOST_MPESA_PASSKEY": self.passkey, "ROOST_MPESA_SHORT_CODE": SHORT_CODE, "ROOST_MPESA_INITIATOR_NAME": "roostapi",
                "ROOST_MPESA_INITIATOR_PASSWORD": self.password, "ROOST_MPESA_CERTIFICATE_FILE": str(self.certificate),
                "ROOST_MPESA_CALLBACK_BASE": "https://api.stays.example", "ROOST_MPESA_CALLBACK_SECRET": secrets.token_hex(32),
                "ROOST_MPESA_API_BASE": self.url}  # fmt: skip

    # Calls

    def answer(self, request):
        try:
            return self._routed(request)
        except Refused as e:
            if e.improper:
                self.improper.append((request.line, e.answer.body["errorMessage"]))
            return e.answer

    def _routed(self, request):
        if request.path == "/oauth/v1/generate":
            return self._token(request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refused(401, "404.001.03", "Invalid Access Token", improper=False)
        if request.method != "POST" or request.path not in self.ROUTES:
            raise Refused(404, "404.002.01", "Resource not found")
        if request.query or request.headers.get("Content-Type") != "application/json":
            raise Refused(400, "400.002.05", "Invalid Request Payload")
        return Answer(200, getattr(self, "_" + self.ROUTES[request.path])(request.json))

    def _token(self, request):
        basic = base64.b64encode(self.consumer.encode()).decode()
        if request.method != "GET" or request.body or request.query != [("grant_type", "client_credentials")]:
            raise Refused(400, "400.008.02", "Invalid grant type passed")
        if request.headers.get("Authorization") != f"Basic {basic}":
            raise Refused(400, "400.008.01", "Invalid Authentication passed")
        token = secrets.token_urlsafe(21)
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "expires_in": "3599"})

    def expire_tokens(self):
        with self.lock:
            self.tokens.clear()

    @staticmethod
    def _read(asked, **kinds):
        if not isinstance(asked, dict) or set(asked) != set(kinds):
            raise bad(f"members: {set(asked) ^ set(kinds)}")
        for name, is_right in kinds.items():
            if not is_right(asked[name]):
                raise bad(name)
        return asked

    def _is_password(self, asked):
        if asked["Password"] != base64.b64encode((SHORT_CODE + self.passkey + asked["Timestamp"]).encode()).decode():
            raise Refused(500, "500.001.1001", "Wrong credentials")
        at = datetime.datetime.strptime(asked["Timestamp"], "%Y%m%d%H%M%S").replace(tzinfo=NAIROBI)
        off = (at - self.now()).total_seconds() % 86_400
        if min(off, 86_400 - off) > 9_000:  # tests move the clock meanwhile, by days too; another zone would be further off
            raise bad("Timestamp")

    def _is_credential(self, asked, name):
        if asked[name] != "roostapi":
            raise bad(name)
        given = asked["SecurityCredential"]
        if given not in self.credentials:
            plain = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", self.key, "-pkeyopt", "rsa_padding_mode:pkcs1"],
                                   input=base64.b64decode(given, validate=True), capture_output=True, check=True)  # fmt: skip
            self.credentials[given] = plain.stdout.decode()
        if self.credentials[given] != self.password:
            raise bad("SecurityCredential")

    def _path(self, url):
        """What follows …/webhooks/mpesa/ in an address that we were given."""
        prefix = "https://api.stays.example/api/v1/webhooks/mpesa/"
        if not url.startswith(prefix) or urllib.parse.quote(url[len(prefix):], safe=".-") != url[len(prefix):]:
            raise bad("callback address")
        return url[len(prefix):]

    def _conversation(self):
        return f"AG_20261127_{next(self._numbers):020x}"

    # Payments

    def _push(self, asked):
        asked = self._read(asked, BusinessShortCode=OURS, Password=like(r"[A-Za-z0-9+/=]+"), Timestamp=CODE,
                           TransactionType=like("CustomerPayBillOnline"), Amount=is_amount(250_000), PartyA=PHONE, PartyB=OURS,
                           PhoneNumber=PHONE, CallBackURL=ADDRESS, AccountReference=like(r"[A-Za-z0-9]{1,12}"),
                           TransactionDesc=like(r"[A-Za-z0-9 ]{1,13}"))  # fmt: skip
        self._is_password(asked)
        if asked["PartyA"] != asked["PhoneNumber"]:
            raise bad("PhoneNumber")
        checkout, merchant = f"ws_CO_27112026{next(self._numbers):012d}", f"29115-{next(self._numbers)}-1"
        self.pushes[checkout] = {"checkout": checkout, "merchant": merchant, "asked": asked, "path": self._path(asked["CallBackURL"]),
                                 "result": None, "receipt": None}  # fmt: skip
        return {"MerchantRequestID": merchant, "CheckoutRequestID": checkout, "ResponseCode": "0",
                "ResponseDescription": "Success. Request accepted for processing",
                "CustomerMessage": "Success. Request accepted for processing"}  # fmt: skip

    def end(self, checkout, result="0", receipt=None, told=True):
        """What the payer does with the prompt (0: pays), or what becomes of it. It may be paid late. → the event, if `told`."""
        with self.lock:
            push = self.pushes[checkout]
            assert push["result"] != "0", "M-Pesa takes money once"
            push["result"] = result
            if result == "0":
                push["receipt"] = receipt or "SL" + secrets.token_hex(4).upper()
                self.money.append(("in", push["receipt"], push["asked"]["Amount"]))
            if told:
                return self.happened(self.callback(checkout), path=push["path"])

    def callback(self, checkout, result=None, amount=None, receipt=None):
        """As M-Pesa tells it; `result`, `amount`, `receipt`: lies."""
        push = self.pushes[checkout]
        result = result or push["result"]
        said = {"MerchantRequestID": push["merchant"], "CheckoutRequestID": checkout, "ResultCode": int(result), "ResultDesc": RESULTS[result]}
        if result == "0":
            asked = push["asked"]
            said["CallbackMetadata"] = {"Item": [
                {"Name": "Amount", "Value": float(amount or asked["Amount"])},
                {"Name": "MpesaReceiptNumber", "Value": receipt or push["receipt"] or "SLFORGED01"}, {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": int(self.now().astimezone(NAIROBI).strftime("%Y%m%d%H%M%S"))},
                {"Name": "PhoneNumber", "Value": int(asked["PhoneNumber"])}]}  # fmt: skip
        return {"Body": {"stkCallback": said}}

    def _query(self, asked):
        asked = self._read(asked, BusinessShortCode=OURS, Password=like(r"[A-Za-z0-9+/=]+"), Timestamp=CODE, CheckoutRequestID=like(r"ws_CO_\d+"))
        self._is_password(asked)
        checkout = asked["CheckoutRequestID"]
        if checkout not in self.pushes:
            raise Refused(500, "500.001.1001", "The transaction does not exist", improper=False)
        result = self.query_says.get(checkout, self.pushes[checkout]["result"])
        if result is None:
            raise Refused(500, "500.001.1001", "The transaction is being processed", improper=False)
        return {"ResponseCode": "0", "ResponseDescription": "The service request has been accepted successsfully",
                "MerchantRequestID": self.pushes[checkout]["merchant"], "CheckoutRequestID": checkout, "ResultCode": result,
                "ResultDesc": RESULTS.get(result, "")}  # fmt: skip

    # Money back and out

    def _accepted(self, id=None):
        return {"OriginatorConversationID": id or f"16740-{next(self._numbers)}-1", "ConversationID": self._conversation(),
                "ResponseCode": "0", "ResponseDescription": "Accept the service request successfully."}  # fmt: skip

    def _tell(self, accepted, code, path, parameters=(), transaction="SL00000000"):
        # Codes are numbers here and text there, as Safaricom writes them.
        code = code if next(self._numbers) % 2 or not code.isdigit() else int(code)
        said = {"ResultType": 0, "ResultCode": code, "ResultDesc": RESULTS.get(str(code), "Declined."),
                "OriginatorConversationID": accepted["OriginatorConversationID"], "ConversationID": accepted["ConversationID"],
                "TransactionID": transaction,
                "ReferenceData": {"ReferenceItem": {"Key": "QueueTimeoutURL", "Value": "https://internal.example/submit"}}}  # fmt: skip
        if parameters:
            said["ResultParameters"] = {"ResultParameter": [{"Key": k} if v is None else {"Key": k, "Value": v} for k, v in parameters]}
        return self.happened({"Result": said}, path=path)

    def _sent(self, asked, kind, id, to):
        """Money that is to leave: kept under M-Pesa's name for it."""
        transfer = {"asked": asked, "accepted": self._accepted(id), "kind": kind, "to": to, "path": self._path(asked["ResultURL"]),
                    "timeout": self._path(asked["QueueTimeOutURL"]), "result": None, "receipt": "SL" + secrets.token_hex(4).upper()}  # fmt: skip
        self.sent[transfer["accepted"]["OriginatorConversationID"]] = transfer
        if self.ends is not None:
            self.finish(transfer, self.ends)
        return transfer["accepted"]

    def _reverse(self, asked):
        asked = self._read(asked, Initiator=like(".+"), SecurityCredential=like(r"[A-Za-z0-9+/=]+"), CommandID=like("TransactionReversal"),
                           TransactionID=like(r"[A-Z0-9]{10}"), Amount=is_amount(250_000), ReceiverParty=OURS,
                           RecieverIdentifierType=like("11"), Remarks=REMARKS, QueueTimeOutURL=ADDRESS, ResultURL=ADDRESS)  # fmt: skip
        self._is_credential(asked, "Initiator")
        receipt = asked["TransactionID"]
        found = [p for p in self.pushes.values() if p["receipt"] == receipt and p["result"] == "0"]
        if len(found) != 1 or found[0]["asked"]["Amount"] != asked["Amount"]:
            raise bad("TransactionID or Amount")
        assert not [t for t in self.reversals(receipt) if t["result"] in (None, "0")], "asked for twice"
        return self._sent(asked, "back", None, receipt)

    def _pay(self, asked):
        asked = self._read(asked, OriginatorConversationID=like(r"[A-Za-z0-9_-]{1,50}"), InitiatorName=like(".+"),
                           SecurityCredential=like(r"[A-Za-z0-9+/=]+"), CommandID=like("BusinessPayment"), Amount=is_amount(250_000),
                           PartyA=OURS, PartyB=PHONE, Remarks=REMARKS, QueueTimeOutURL=ADDRESS, ResultURL=ADDRESS)  # fmt: skip
        self._is_credential(asked, "InitiatorName")
        id = asked["OriginatorConversationID"]
        if id in self.sent:
            raise Refused(500, "500.002.1001", "Duplicate OriginatorConversationID.")
        return self._sent(asked, "out", id, id)

    def reversals(self, receipt):
        return [t for t in list(self.sent.values()) if (t["kind"], t["to"]) == ("back", receipt)]

    def finish(self, transfer, result="0", told=True):
        """Money on its way arrives, or does not."""
        with self.lock:
            transfer["result"] = result
            amount = transfer["asked"]["Amount"]
            if result == "0":
                self.money.append((transfer["kind"], transfer["to"], amount))
            if told:
                return self.say(transfer)

    def say(self, transfer, result=None):
        """The result as M-Pesa tells it; `result`: a lie."""
        result = result or transfer["result"]
        done = [("TransactionAmount", transfer["asked"]["Amount"]), ("TransactionReceipt", transfer["receipt"]),
                ("ReceiverPartyPublicName", "254712345678 - Ann Wanjiru"), ("B2CUtilityAccountAvailableFunds", 8959269.6)]  # fmt: skip
        return self._tell(transfer["accepted"], result, transfer["path"], done if result == "0" else (), transfer["receipt"])

    def time_out(self, transfer):
        """M-Pesa had no time for it: says nothing of what comes of it."""
        return self.happened(b"", path=transfer["timeout"])

    def _status(self, asked):
        asked = self._read(asked, Initiator=like(".+"), SecurityCredential=like(r"[A-Za-z0-9+/=]+"), CommandID=like("TransactionStatusQuery"),
                           OriginalConversationID=like(r"[A-Za-z0-9_-]{1,50}"), PartyA=OURS, IdentifierType=like("4"), Remarks=REMARKS,
                           QueueTimeOutURL=ADDRESS, ResultURL=ADDRESS)  # fmt: skip
        self._is_credential(asked, "Initiator")
        accepted, path = self._accepted(), self._path(asked["ResultURL"])
        self._path(asked["QueueTimeOutURL"])
        found = self.sent.get(asked["OriginalConversationID"])
        if not self.statuses_told:
            pass
        elif self.status_says:
            self._tell(accepted, self.status_says, path)
        elif not found or found["result"] in NEVER_MADE:
            self._tell(accepted, "2032", path)
        else:
            status = {None: "Initiated", "0": "Completed"}.get(found["result"], "Declined")
            self._tell(accepted, "0", path, [
                ("DebitPartyName", f"{SHORT_CODE} - Stays"), ("CreditPartyName", "254712345678 - Ann Wanjiru"),
                ("OriginatorConversationID", asked["OriginalConversationID"]), ("TransactionReason", None), ("TransactionStatus", status),
                ("Amount", float(self.status_amount or found["asked"]["Amount"])), ("ReceiptNo", found["receipt"])])  # fmt: skip
        return accepted
