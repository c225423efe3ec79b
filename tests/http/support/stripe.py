"""Stripe as far as Roost uses it, by Stripe's rules: PaymentIntents, refunds, transfers, disputes, events."""

import contextlib
import copy
import fractions
import hmac
import secrets

from . import stripe_form as form
from .signing import sign
from .stripe_calls import VERSION, Calls
from .stripe_form import Refused

# What the payer's card does (docs.stripe.com/testing), and "pm_slow", whose money is long on its way.
DECLINES = {"pm_card_chargeDeclined": "generic_decline", "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds"}
ASKS = {"pm_card_authenticationRequired"}
METHODS = {"pm_card_visa", "pm_slow", *DECLINES, *ASKS}

PAGE = {"limit": form.limit, "starting_after": form.text, "expand": form.many(form.text)}


def unexpected(intent, verb):
    message = f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}."
    return Refused(message, began=True, code="payment_intent_unexpected_state", payment_intent=intent)


class Stripe(Calls):
    provider = "stripe"

    def __init__(self, clock=None, live=False):
        super().__init__(clock, live)
        self.secret = f"whsec_{secrets.token_hex(16)}"
        self.intents, self.refunds, self.transfers, self.disputes = {}, {}, {}, {}
        self.accounts = {"acct_1Host"}
        self.money = []  # ("capture" | "refund" | "transfer", what it is of, amount): what really moved
        self.reset()

    def reset(self):
        """To how it is when nobody says otherwise."""
        self.telling = True
        self.keeps_keys = True  # False: as if a day had passed between any two requests
        self.refunds_begin = "succeeded"
        self.capture_declines = None  # a decline code of the next capture
        self.settles_in = None  # ("usd", rate): the account's currency, when it is not the charge's

    def environment(self):
        """Settings of a server that is paid here and nowhere else."""
        return {"ROOST_PAYMENTS_PROVIDERS": "stripe", "ROOST_STRIPE_SECRET_KEY": self.key, "ROOST_STRIPE_API_BASE": self.url,
                "ROOST_STRIPE_WEBHOOK_SECRETS": self.secret}  # fmt: skip

    def sign(self, body, **how):
        return {"Stripe-Signature": sign(self.secret, body, self.now(), **how)}

    ROUTES = [
        ("POST", r"/v1/payment_intents", "create"),
        ("GET", r"/v1/payment_intents", "list_intents"),
        ("GET", r"/v1/payment_intents/(pi_\w+)", "retrieve"),
        ("POST", r"/v1/payment_intents/(pi_\w+)/confirm", "confirm"),
        ("POST", r"/v1/payment_intents/(pi_\w+)/capture", "capture"),
        ("POST", r"/v1/payment_intents/(pi_\w+)/cancel", "cancel"),
        ("POST", r"/v1/refunds", "create_refund"),
        ("GET", r"/v1/refunds", "list_refunds"),
        ("GET", r"/v1/refunds/(re_\w+)", "retrieve_refund"),
        ("POST", r"/v1/transfers", "create_transfer"),
        ("GET", r"/v1/transfers", "list_transfers"),
        ("GET", r"/v1/disputes/(dp_\w+)", "retrieve_dispute"),
    ]

    # PaymentIntents

    def _tell(self, kind, thing):
        self.happened({"id": self._new("evt"), "object": "event", "api_version": VERSION, "created": self._made(), "type": kind,
                       "livemode": self.live, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
                       "data": {"object": copy.deepcopy(thing)}})  # fmt: skip

    def _create(self, pairs):
        asked = form.read(pairs, required=("amount", "currency"), amount=form.whole, currency=form.currency, description=form.text,
                          metadata=form.metadata, expand=form.many(form.text), capture_method=form.one_of("automatic", "manual"),
                          payment_method_types=form.many(form.one_of("card", "paypal")), payment_method=form.text,
                          confirm=form.one_of("true", "false"))  # fmt: skip
        form.check_amount(asked["amount"], asked["currency"])
        id = self._new("pi")
        intent = {
            "id": id, "object": "payment_intent", "amount": asked["amount"], "amount_capturable": 0, "amount_received": 0,
            "canceled_at": None, "cancellation_reason": None, "capture_method": asked.get("capture_method", "automatic"),
            "client_secret": f"{id}_secret_{secrets.token_hex(12)}", "confirmation_method": "automatic", "created": self._made(),
            "currency": asked["currency"], "customer": None, "description": asked.get("description"), "last_payment_error": None,
            "latest_charge": None, "livemode": self.live, "metadata": asked.get("metadata", {}), "next_action": None,
            "payment_method": asked.get("payment_method"), "payment_method_types": asked.get("payment_method_types", ["card"]),
            "processing": None, "receipt_email": None, "transfer_group": None,
            "status": "requires_confirmation" if "payment_method" in asked else "requires_payment_method",
        }  # fmt: skip
        self.intents[id] = intent
        self._tell("payment_intent.created", intent)
        if asked.get("confirm") == "true":
            self._attempt(intent, asked.get("payment_method"))
        return self._expanded(intent, asked.get("expand"))

    def _list_intents(self, pairs):
        return self._page(self.intents, form.read(pairs, created=form.span, **PAGE), "/v1/payment_intents")

    def _retrieve(self, id, pairs):
        asked = form.read(pairs, expand=form.many(form.text))
        return self._expanded(self._found(self.intents, id, "payment_intent"), asked.get("expand"))

    def _confirm(self, id, pairs):
        asked = form.read(pairs, payment_method=form.text, return_url=form.text, expand=form.many(form.text))
        intent = self._found(self.intents, id, "payment_intent")
        self._attempt(intent, asked.get("payment_method"))
        return self._expanded(intent, asked.get("expand"))

    def _capture(self, id, pairs):
        asked = form.read(pairs, amount_to_capture=form.whole, expand=form.many(form.text))
        intent = self._found(self.intents, id, "payment_intent")
        if intent["status"] != "requires_capture":
            raise unexpected(intent, "captured")
        amount = asked.get("amount_to_capture", intent["amount_capturable"])
        if not 0 < amount <= intent["amount_capturable"]:
            raise Refused("Amount to capture is more than can be captured", code="amount_too_large", param="amount_to_capture")
        if self.capture_declines:
            decline, self.capture_declines = self.capture_declines, None
            intent.update(status="requires_payment_method", amount_capturable=0)
            self._decline(intent, decline)
        self._take(intent, amount)
        return self._expanded(intent, asked.get("expand"))

    def _cancel(self, id, pairs):
        reasons = form.one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned")
        asked = form.read(pairs, cancellation_reason=reasons, expand=form.many(form.text))
        intent = self._found(self.intents, id, "payment_intent")
        if intent["status"] in ("processing", "succeeded", "canceled"):
            raise unexpected(intent, "canceled")
        intent.update(status="canceled", canceled_at=self._made(), cancellation_reason=asked.get("cancellation_reason"),
                      amount_capturable=0, next_action=None)  # fmt: skip
        self._tell("payment_intent.canceled", intent)
        return self._expanded(intent, asked.get("expand"))

    def _attempt(self, intent, method):
        method = method or intent["payment_method"]
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise unexpected(intent, "confirmed")
        if method not in METHODS:
            raise Refused(f"No such PaymentMethod: '{method}'", code="resource_missing", param="payment_method")
        intent["payment_method"] = method
        if method in DECLINES:
            self._decline(intent, DECLINES[method])
        elif method in ASKS:
            intent.update(status="requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {}})
            self._tell("payment_intent.requires_action", intent)
        elif method == "pm_slow":
            intent.update(status="processing", last_payment_error=None)
            self._tell("payment_intent.processing", intent)
        else:
            self._go_through(intent)

    def _charge(self, intent, **state):
        charge = {"id": self._new("ch"), "object": "charge", "amount": intent["amount"], "amount_captured": 0, "amount_refunded": 0,
                  "balance_transaction": None, "captured": False, "created": self._made(), "currency": intent["currency"],
                  "failure_code": None, "livemode": self.live, "metadata": intent["metadata"], "paid": True,
                  "payment_intent": intent["id"], "refunded": False, "status": "succeeded", **state}  # fmt: skip
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge

    def _decline(self, intent, code):
        charge = self._charge(intent, paid=False, status="failed", failure_code="card_declined")
        error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": "Your card was declined.",
                 "charge": charge["id"]}  # fmt: skip
        intent.update(status="requires_payment_method", last_payment_error=error, payment_method=None, next_action=None)
        self._tell("payment_intent.payment_failed", intent)
        raise Refused(status=402, began=True, payment_intent=copy.deepcopy(intent), **error)

    def _go_through(self, intent):
        intent.update(last_payment_error=None, next_action=None)
        charge = self._charge(intent)
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self._tell("payment_intent.amount_capturable_updated", intent)
        else:
            self._take(intent, charge["amount"])

    def _take(self, intent, amount):
        charge = self.charges[intent["latest_charge"]]
        fee = amount * 29 // 1000 + 30
        charge.update(captured=True, amount_captured=amount, balance_transaction=self._book(amount, fee, intent["currency"]))
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        self.money.append(("capture", intent["id"], amount))
        self._tell("payment_intent.succeeded", intent)

    def _book(self, amount, fee, currency):
        rate = None
        if self.settles_in:
            currency, rate = self.settles_in
            amount, fee = (round(n * fractions.Fraction(str(rate))) for n in (amount, fee))
        id = self._new("txn")
        self.books[id] = {"id": id, "object": "balance_transaction", "amount": amount, "fee": fee, "net": amount - fee,
                          "currency": currency, "exchange_rate": rate, "created": self._made()}  # fmt: skip
        return id

    # Refunds, transfers, disputes

    def _create_refund(self, pairs):
        reasons = form.one_of("duplicate", "fraudulent", "requested_by_customer")
        asked = form.read(pairs, required=("payment_intent",), payment_intent=form.text, amount=form.whole, metadata=form.metadata,
                          reason=reasons)  # fmt: skip
        intent = self._found(self.intents, asked["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise Refused("This PaymentIntent does not have a successful charge to refund.", began=True)
        charge = self.charges[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = asked.get("amount", left)
        if left == 0:
            raise Refused("Charge has already been refunded.", began=True, code="charge_already_refunded")
        form.check_amount(amount, charge["currency"], least=1)
        if amount > left:
            raise Refused("Refund amount is greater than unrefunded amount on charge", began=True, param="amount")
        refund = {"id": self._new("re"), "object": "refund", "amount": amount, "charge": charge["id"], "created": self._made(),
                  "currency": charge["currency"], "metadata": asked.get("metadata", {}), "payment_intent": intent["id"],
                  "reason": asked.get("reason"), "status": self.refunds_begin}  # fmt: skip
        self.refunds[refund["id"]] = refund
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.money.append(("refund", intent["id"], amount))
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return copy.deepcopy(refund)

    def _list_refunds(self, pairs):
        asked = form.read(pairs, payment_intent=form.text, created=form.span, **PAGE)
        only = {"payment_intent": asked["payment_intent"]} if "payment_intent" in asked else {}
        return self._page(self.refunds, asked, "/v1/refunds", **only)

    def _retrieve_refund(self, id, pairs):
        form.read(pairs)
        return copy.deepcopy(self._found(self.refunds, id, "refund"))

    def _create_transfer(self, pairs):
        asked = form.read(pairs, required=("amount", "currency", "destination"), amount=form.whole, currency=form.currency,
                          destination=form.text, transfer_group=form.text, metadata=form.metadata, description=form.text)  # fmt: skip
        form.check_amount(asked["amount"], asked["currency"], least=1)
        if asked["destination"] not in self.accounts:
            raise Refused(f"No such destination: '{asked['destination']}'", code="resource_missing", param="destination")
        transfer = {"object": "transfer", "id": self._new("tr"), "amount_reversed": 0, "created": self._made(), "metadata": {},
                    "livemode": self.live, "reversed": False, "transfer_group": None, **asked}  # fmt: skip
        self.transfers[transfer["id"]] = transfer
        self.money.append(("transfer", transfer["id"], transfer["amount"]))
        self._tell("transfer.created", transfer)
        return copy.deepcopy(transfer)

    def _list_transfers(self, pairs):
        asked = form.read(pairs, transfer_group=form.text, destination=form.text, created=form.span, **PAGE)
        only = {name: asked[name] for name in ("transfer_group", "destination") if name in asked}
        return self._page(self.transfers, asked, "/v1/transfers", **only)

    def _retrieve_dispute(self, id, pairs):
        form.read(pairs)
        return copy.deepcopy(self._found(self.disputes, id, "dispute"))

    # What payers and their banks do. The payer has the client_secret and nothing else.

    def intent_of(self, client_secret):
        return next(i for i in self.intents.values() if hmac.compare_digest(i["client_secret"], client_secret))

    def pay(self, client_secret, method="pm_card_visa"):
        """As Stripe.js does it. What came of it: the intent's status."""
        with self.lock:
            intent = self.intent_of(client_secret)
            try:
                self._attempt(intent, method)
            except Refused as e:
                assert e.status == 402, e.body
            return intent["status"]

    def decide(self, client_secret, well=True):
        """The payer answers the bank's question, or money that was long on its way arrives, or neither."""
        with self.lock:
            intent = self.intent_of(client_secret)
            assert intent["status"] in ("requires_action", "processing"), intent["status"]
            if well:
                self._go_through(intent)
            else:
                code = "authentication_not_handled" if intent["status"] == "requires_action" else "generic_decline"
                with contextlib.suppress(Refused):
                    self._decline(intent, code)
            return intent["status"]

    def end_refund(self, refund, status):
        with self.lock:
            refund["status"] = status
            if status == "failed":
                refund["failure_reason"] = "expired_or_canceled_card"
                self.charges[refund["charge"]]["amount_refunded"] -= refund["amount"]
                self.money.append(("refund", refund["payment_intent"], -refund["amount"]))
            self._tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def dispute(self, intent, reason="fraudulent", status="needs_response"):
        """The payer asks the bank for the money."""
        with self.lock:
            id = self._new("dp")
            booked = [] if status.startswith("warning") else [self.books[self._book(-intent["amount"], 1500, intent["currency"])]]
            self.disputes[id] = {"id": id, "object": "dispute", "amount": intent["amount"], "balance_transactions": booked,
                                 "charge": intent["latest_charge"], "created": self._made(), "currency": intent["currency"],
                                 "livemode": self.live, "metadata": {}, "payment_intent": intent["id"], "reason": reason,
                                 "status": status}  # fmt: skip
            self._tell("charge.dispute.created", self.disputes[id])
            return self.disputes[id]

    def end_dispute(self, dispute, status):
        with self.lock:
            dispute["status"] = status
            if status == "lost":
                self.money.append(("refund", dispute["payment_intent"], dispute["amount"]))
            if status == "won":
                dispute["balance_transactions"].append(self.books[self._book(dispute["amount"], 0, dispute["currency"])])
            self._tell("charge.dispute.closed", dispute)

    def captured(self, id):
        """How often and how much."""
        return [amount for what, of, amount in self.money if what == "capture" and of == id]

