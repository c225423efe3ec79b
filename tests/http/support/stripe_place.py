"""A server of ours that is paid by way of Stripe, which is a simulator."""

from .payments import becomes
from .place import Place
from .stripe import Stripe


class StripePlace(Place):
    def __init__(self, *servers, **environment):
        self.stripe = Stripe()
        super().__init__(self.stripe, *servers, **environment)

    def pay(self, payment, method="pm_card_visa"):
        return self.stripe.pay(payment["next_action"]["client_secret"], method)

    def paid_quietly(self):
        """The same, though Stripe tells nothing."""
        guest, host, booking, payment = self.begun()
        self.pay(payment)
        self.stripe.tell(self.stripe.events[-1]).expect(200)
        return guest, host, booking, becomes(guest, payment, "succeeded")

    def intent(self, payment):
        """Stripe's, by what we wrote on it."""
        (found,) = self.intents(payment)
        return found

    def intents(self, payment):
        return [i for i in self.stripe.intents.values() if i["metadata"]["roost_payment"] == payment["id"]]

    def disagreeing(self):
        found = []
        ours = {p["reference"]: p for p in self.db.execute(
            """select id, provider_reference as reference, captured, refunded, amount, currency from payment
               where provider_reference is not null""")}  # fmt: skip
        for intent in self.stripe.intents.values():
            taken = self.stripe.captured(intent["id"])
            given = sum(amount for what, of, amount in self.stripe.money if what == "refund" and of == intent["id"])
            p = ours.get(intent["id"])
            unit = {"UGX": 100, "ISK": 100, "MGA": 0.01}.get(p and p["currency"], 1)  # Stripe's own exponents
            if len(taken) > 1 or (sum(taken), given) != ((p["captured"] * unit, p["refunded"] * unit) if p else (0, 0)):
                found.append((intent["id"], intent["status"], taken, given, p))
        return found + self._payouts_disagreeing()

    def _payouts_disagreeing(self):
        ours = self.db.execute("select id::text, amount, destination from payout where provider = 'stripe' and status = 'paid'").fetchall()
        there = [(t["transfer_group"], t["amount"], t["destination"]) for t in list(self.stripe.transfers.values())]
        return sorted({tuple(row.values()) for row in ours} ^ set(there)) + [t for t in there if there.count(t) > 1]
