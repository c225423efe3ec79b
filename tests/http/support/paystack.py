"""Paystack as far as Roost uses it, by Paystack's rules: transactions on its page, refunds, transfers, disputes, events."""

import copy
import hashlib
import hmac
import itertools
import re
import secrets

from .simulator import Answer, Simulator

CURRENCIES = {"NGN", "GHS", "ZAR", "KES", "USD", "XOF"}
CHANNELS = {"card", "bank", "apple_pay", "ussd", "qr", "mobile_money", "bank_transfer", "eft"}


class Refused(Exception):
    """`improper`: a request that no caller of ours should make."""

    def __init__(self, message, code, status=400, type="validation_error", improper=False):
        super().__init__(message)
        self.improper = improper
        self.answer = Answer(status, {"status": False, "message": message, "meta": {"nextStep": "Look at the documentation."},
                                      "type": type, "code": code})  # fmt: skip


def improper(message, code="invalid_params", status=400):
    return Refused(message, code, status, improper=True)


# Kinds of members

def text(value):
    return isinstance(value, str) and value != ""


def whole(value):
    return type(value) is int and value > 0


def one_of(allowed):
    return lambda value: isinstance(value, str) and value in allowed


def some_of(allowed):
    return lambda value: isinstance(value, list) and value != [] and set(value) <= allowed and len(set(value)) == len(value)


def like(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def mapping(value):
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


EMAIL, ADDRESS = like(r"[^@\s]+@[^@\s]+"), like(r"https?://\S+")


class Paystack(Simulator):
    provider = "paystack"

    ROUTES = [
        ("POST", r"/transaction/initialize", "initialize"),
        ("GET", r"/transaction/verify/([^/]+)", "verify"),
        ("GET", r"/transaction", "list_transactions"),
        ("POST", r"/refund", "create_refund"),
        ("GET", r"/refund", "list_refunds"),
        ("GET", r"/refund/(\d+)", "fetch_refund"),
        ("POST", r"/transfer", "create_transfer"),
        ("GET", r"/transfer/verify/([^/]+)", "verify_transfer"),
        ("GET", r"/dispute/(\d+)", "fetch_dispute"),
    ]

    def __init__(self, clock=None):
        super().__init__(clock)
        self.key = f"sk_test_{secrets.token_hex(20)}"
        self.transactions, self.refunds, self.transfers, self.disputes = {}, {}, {}, {}
        self.recipients = {"RCP_host1"}
        self.money = []  # ("capture" | "refund" | "transfer", reference, amount): what really moved
        self.improper = []
        self._numbers = itertools.count(1_000_001)
        self.reset()

    def reset(self):
        self.telling = True
        self.balance = True  # whether there is enough of it
        self.refunds_end = "processed"  # None: they stay pending
        self.transfers_end = "success"  # None: they stay pending; "otp"

    def environment(self):
        """Settings of a server that is paid here and nowhere else."""
        return {"ROOST_PAYMENTS_PROVIDERS": "paystack", "ROOST_PAYSTACK_SECRET_KEY": self.key, "ROOST_PAYSTACK_API_BASE": self.url}

    def signature(self, body, key=None):
        return hmac.new((key or self.key).encode(), body, hashlib.sha512).hexdigest()

    def sign(self, body):
        return {"x-paystack-signature": self.signature(body)}

    def _tell(self, kind, data):
        self.happened({"event": kind, "data": copy.deepcopy(data)})

    # Calls

    def answer(self, request):
        try:
            return self._routed(request)
        except Refused as e:
            if e.improper:
                self.improper.append((request.line, e.answer.body["message"]))
            return e.answer

    def _routed(self, request):
        if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.key}"):
            raise improper("Invalid key", "invalid_Key", 401)
        for method, path, name in self.ROUTES:
            found = re.fullmatch(path, request.path)
            if found and method == request.method:
                break
        else:
            raise improper("Route not found", "not_found", 404)
        if request.method == "GET":
            if request.body:
                raise improper("A GET has no body")
            query = dict(request.query)
            if len(query) != len(request.query):
                raise improper("A parameter stands there twice")
            asked = [query] if name.startswith("list") else []
            if query and not asked:
                raise improper("There are no parameters")
        else:
            if request.query or request.headers.get("Content-Type") != "application/json":
                raise improper("The body is JSON")
            asked = [request.json]
        message, data, *more = getattr(self, f"_{name}")(*found.groups(), *asked)
        return Answer(200, {"status": True, "message": message, "data": copy.deepcopy(data), **(more[0] if more else {})})

    @staticmethod
    def _read(asked, required, **kinds):
        if not isinstance(asked, dict) or (unknown := set(asked) - set(kinds)):
            raise improper(f"Unknown members: {unknown}")
        for name in required:
            if name not in asked:
                raise improper(f"{name} is required")
        for name, value in asked.items():
            if not kinds[name](value):
                raise improper(f"{name} is invalid: {value!r}")
        return asked

    def _page(self, asked, rows, **kinds):
        number = like(r"[1-9]\d*")
        date = like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
        asked = self._read(asked, (), perPage=number, page=number, **{"from": date, "to": date}, **kinds)
        size, page = int(asked.get("perPage", 50)), int(asked.get("page", 1))
        if size > 100:
            raise improper("perPage is at most 100")
        rows = [r for r in rows if asked.get("from", "") <= r["created_at"] <= asked.get("to", "9999")]
        rows.sort(key=lambda r: r["id"], reverse=True)
        meta = {"total": len(rows), "skipped": size * (page - 1), "perPage": size, "page": page, "pageCount": -(-len(rows) // size)}
        return rows[size * (page - 1) : size * page], {"meta": meta}

    def _stamp(self):
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # Transactions

    def _initialize(self, asked):
        asked = self._read(asked, ("email", "amount", "currency", "reference", "callback_url", "channels", "metadata"), email=EMAIL,
                           amount=whole, currency=one_of(CURRENCIES), reference=like(r"[A-Za-z0-9.=-]{1,100}"), callback_url=ADDRESS,
                           channels=some_of(CHANNELS), metadata=mapping)  # fmt: skip
        if asked["currency"] == "XOF" and asked["amount"] % 100:
            raise improper("XOF has no fractions")
        if asked["amount"] < 200:
            raise Refused("Invalid Amount Sent", "invalid_amount")
        if asked["reference"] in self.transactions:
            raise Refused("Duplicate Transaction Reference", "duplicate_reference")
        code = secrets.token_hex(8)
        self.transactions[asked["reference"]] = {
            "id": next(self._numbers), "domain": "test", "status": "abandoned", "reference": asked["reference"],
            "amount": asked["amount"], "message": None, "gateway_response": "The transaction was not completed", "paid_at": None,
            "created_at": self._stamp(), "channel": "card", "currency": asked["currency"], "ip_address": None,
            "metadata": asked["metadata"], "log": None, "fees": None, "fees_split": None, "authorization": {},
            "customer": {"id": 1, "email": asked["email"], "phone": None}, "plan": None, "order_id": None,
            "requested_amount": asked["amount"], "_page": code, "_asked": asked,
        }  # fmt: skip
        url = f"https://checkout.paystack.com/{code}"
        return "Authorization URL created", {"authorization_url": url, "access_code": code, "reference": asked["reference"]}

    @staticmethod
    def _shown(thing):
        return {name: value for name, value in thing.items() if not name.startswith("_")}

    def _verify(self, reference):
        if reference not in self.transactions:
            raise Refused("Transaction reference not found.", "transaction_not_found")
        return "Verification successful", self._shown(self.transactions[reference])

    def _list_transactions(self, asked):
        rows, meta = self._page(asked, list(self.transactions.values()), status=text)
        return "Transactions retrieved", [self._shown(r) for r in rows], meta

    def pay(self, url, how="success"):
        """What the payer does on the page, which may be left and opened again: success, declined, ongoing, pending, abandoned."""
        with self.lock:
            (t,) = [t for t in self.transactions.values() if t["_page"] == url.removeprefix("https://checkout.paystack.com/")]
            if t["status"] in ("success", "reversed"):
                return t["status"]
            t["status"] = "failed" if how == "declined" else how
            t["gateway_response"] = {"declined": "Insufficient Funds", "success": "Successful"}.get(how, "")
            if how == "success":
                t.update(fees=-(-t["amount"] * 15 // 1000), paid_at=self._stamp())
                self.money.append(("capture", t["reference"], t["amount"]))
                self._tell("charge.success", self._shown(t))
            return t["status"]

    def captured(self, reference):
        return [amount for what, of, amount in list(self.money) if what == "capture" and of == reference]

    def returned(self, reference):
        return sum(amount for what, of, amount in list(self.money) if what == "refund" and of == reference)

    # Refunds

    def _create_refund(self, asked):
        asked = self._read(asked, ("transaction",), transaction=text, amount=whole, currency=one_of(CURRENCIES), customer_note=text,
                           merchant_note=text)  # fmt: skip
        found = [t for t in self.transactions.values() if asked["transaction"] in (t["reference"], str(t["id"]))]
        if not found:
            raise improper("Transaction not found", "transaction_not_found", 404)
        t = found[0]
        if t["status"] not in ("success", "reversed"):
            raise improper("Transaction has not been paid", "invalid_transaction_status")
        if asked.get("currency", t["currency"]) != t["currency"]:
            raise improper("currency is invalid")
        before = sum(r["amount"] for r in self.refunds.values() if r["transaction"] == t["id"] and r["status"] != "failed")
        amount = asked.get("amount", t["amount"] - before)
        if before == t["amount"]:
            raise Refused("Transaction has been fully reversed", "transaction_reversed")
        if before + amount > t["amount"]:
            raise improper("Refund amount cannot be more than transaction amount", "invalid_amount")
        if not self.balance:
            raise Refused("Insufficient balance to fulfill this refund. Please top up.", "insufficient_balance")
        refund = {
            "integration": 1, "transaction": t["id"], "dispute": None, "settlement": None, "id": next(self._numbers), "domain": "test",
            "currency": t["currency"], "amount": amount, "status": "pending", "refunded_at": None, "refunded_by": "api@example.com",
            "customer_note": asked.get("customer_note", "Refund"), "merchant_note": asked.get("merchant_note", "Refund"),
            "deducted_amount": str(amount), "fully_deducted": 1, "bank_reference": None, "created_at": self._stamp(),
            "_of": t["reference"],
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        said = {**self._shown(refund), "transaction": self._shown(t)}
        self._tell_refund(refund)
        if self.refunds_end:
            self.process(refund, "processing")
            self.process(refund, self.refunds_end)
        return "Refund has been queued for processing", said

    def _tell_refund(self, refund):
        done = refund["status"] in ("processed", "failed")
        self._tell(f"refund.{refund['status']}", {
            "status": refund["status"], "transaction_reference": refund["_of"], "refund_reference": f"TRF_{refund['id']}" if done else None,
            "amount": str(refund["amount"]), "currency": refund["currency"], "processor": "instant-transfer",
            "customer": {"first_name": None, "last_name": None, "email": "payer@example.com"}, "integration": 1, "domain": "test",
        })  # fmt: skip

    def process(self, refund, status):
        """A refund goes on: processing, needs-attention, processed, failed, which it may also be after it was processed."""
        with self.lock:
            before, refund["status"] = refund["status"], status
            if "processed" in (before, status):
                self.money.append(("refund", refund["_of"], refund["amount"] if status == "processed" else -refund["amount"]))
                t = self.transactions[refund["_of"]]
                t["status"] = "reversed" if self.returned(t["reference"]) == t["amount"] else "success"
            self._tell_refund(refund)

    def _list_refunds(self, asked):
        rows = self.refunds.values()
        if "transaction" in asked:
            rows = [r for r in rows if str(r["transaction"]) == asked["transaction"]]
        rows, meta = self._page(asked, list(rows), transaction=like(r"\d+"))
        return "Refunds retrieved", [self._shown(r) for r in rows], meta

    def _fetch_refund(self, id):
        if int(id) not in self.refunds:
            raise improper("Refund not found", "refund_not_found", 404)
        return "Refund retrieved", self._shown(self.refunds[int(id)])

    # Transfers

    def _create_transfer(self, asked):
        asked = self._read(asked, ("source", "amount", "recipient", "reference", "currency"), source=one_of({"balance"}), amount=whole,
                           recipient=text, reference=like(r"[a-z0-9_-]{16,50}"), currency=one_of(CURRENCIES), reason=text)  # fmt: skip
        if asked["reference"] in self.transfers:
            raise Refused("Please provide a unique reference. Reference already exists on a transfer", "duplicate_reference")
        if asked["recipient"] not in self.recipients:
            raise Refused("Recipient specified is invalid", "invalid_recipient")
        if not self.balance:
            raise Refused("Your balance is not enough to fulfil this request", "insufficient_balance")
        transfer = {
            "integration": 1, "domain": "test", "amount": asked["amount"], "currency": asked["currency"], "source": "balance",
            "reason": asked.get("reason"), "recipient": 28, "status": "otp" if self.transfers_end == "otp" else "pending",
            "transfer_code": f"TRF_{secrets.token_hex(8)}", "reference": asked["reference"], "id": next(self._numbers),
            "createdAt": self._stamp(), "_to": asked["recipient"],
        }  # fmt: skip
        self.transfers[asked["reference"]] = transfer
        said = self._shown(transfer)
        if self.transfers_end and self.transfers_end != "otp":
            self.send(transfer, self.transfers_end)
        return "Transfer has been queued", said

    def send(self, transfer, status):
        """A transfer goes on: success, failed, reversed."""
        with self.lock:
            transfer["status"] = status
            if status == "success":
                self.money.append(("transfer", transfer["reference"], transfer["amount"]))
            if status == "reversed":
                self.money.append(("transfer", transfer["reference"], -transfer["amount"]))
            self._tell(f"transfer.{status}", self._shown(transfer))

    def _verify_transfer(self, reference):
        if reference not in self.transfers:
            raise Refused("Transfer not found", "transfer_not_found", 404)
        return "Transfer retrieved", self._shown(self.transfers[reference])

    # Disputes

    def dispute(self, reference, amount=None):
        """The payer's bank takes it up."""
        with self.lock:
            t = self.transactions[reference]
            dispute = {
                "id": next(self._numbers), "refund_amount": amount or t["amount"], "currency": t["currency"],
                "status": "awaiting-merchant-feedback", "resolution": None, "domain": "test", "transaction": self._shown(t),
                "transaction_reference": None, "category": "chargeback", "history": [], "messages": [], "created_at": self._stamp(),
            }  # fmt: skip
            self.disputes[dispute["id"]] = dispute
            self._tell("charge.dispute.create", dispute)
            return dispute

    def resolve(self, dispute, resolution):
        """merchant-accepted, auto-accepted, declined"""
        with self.lock:
            dispute.update(status="resolved", resolution=resolution)
            self._tell("charge.dispute.resolve", dispute)

    def _fetch_dispute(self, id):
        if int(id) not in self.disputes:
            raise improper("Dispute not found", "dispute_not_found", 404)
        return "Dispute retrieved", self.disputes[int(id)]
