"""A server of ours that is paid by way of Paystack, which is a simulator."""

from .paystack import Paystack
from .place import Place
from .stays import money


class PaystackPlace(Place):
    def __init__(self, *servers, **environment):
        self.paystack = Paystack()
        super().__init__(self.paystack, *servers, **environment)

    def stay(self, *args, currency="NGN", **changes):
        return super().stay(*args, **{"nightly_price": money(1_000_000, currency), **changes})

    def pay(self, payment, how="success"):
        return self.paystack.pay(payment["next_action"]["redirect_url"], how)

    def transaction(self, payment):
        """Paystack's, by what we wrote on it."""
        (found,) = self.transactions(payment)
        return found

    def transactions(self, payment):
        return [t for t in list(self.paystack.transactions.values()) if t["metadata"]["roost_payment"] == payment["id"]]

    def refunds(self, payment):
        references = [t["reference"] for t in self.transactions(payment)]
        return [r for r in list(self.paystack.refunds.values()) if r["_of"] in references]

    def disagreeing(self):
        found = []
        ours = {p["reference"]: p for p in self.db.execute(
            """select provider_reference as reference, captured, refunded, currency from payment
               where provider_reference is not null""")}  # fmt: skip
        for t in list(self.paystack.transactions.values()):
            taken, given = self.paystack.captured(t["reference"]), self.paystack.returned(t["reference"])
            p = ours.get(t["reference"], {"captured": 0, "refunded": 0, "currency": t["currency"]})
            scale = 100 if p["currency"] == "XOF" else 1
            if len(taken) > 1 or (sum(taken), given) != (p["captured"] * scale, p["refunded"] * scale):
                found.append((t["reference"], t["status"], taken, given, p))
        return found
