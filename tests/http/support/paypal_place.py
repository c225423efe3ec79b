"""A server of ours that is paid by way of PayPal, which is a simulator."""

from .payments import BUSY, becomes
from .paypal import PayPal
from .place import Place
from .processes import wait_until


class PayPalPlace(Place):
    BEGIN = {"method": "paypal"}

    def __init__(self, folder, *servers, **environment):
        self.paypal = PayPal(folder)
        super().__init__(self.paypal, *servers, **environment)

    def pay(self, payment, instrument="good"):
        self.paypal.approve(self.order(payment), instrument)

    def held(self, **changes):
        """(guest, host, booking, payment): a request whose money is held."""
        guest, host, booking, payment = self.begun(booking_mode="request", **changes)
        self.pay(payment)
        return guest, host, booking, becomes(guest, payment, "authorized")

    def order(self, payment):
        return self.paypal.order_of(payment)

    def capture(self, payment):
        return self.paypal.capture_of(payment)

    def tries(self, payment, verb="capture"):
        """The request ids under which the order was to be taken, or held."""
        return self.paypal.tries(verb, self.order(payment))

    def after_the_fault(self, payment):
        """It has come, and the time to ask again too."""
        wait_until(lambda: not self.paypal.failing(), BUSY, "the fault")
        self.wait_idle(payment)
        self.later()

    def disagreeing(self):
        there = self.paypal.books()
        here = {str(p["id"]): [p["captured"], p["refunded"]]
                for p in self.db.execute("select id, captured, refunded from payment where captured > 0")}  # fmt: skip
        twice = [o["id"] for o in list(self.paypal.orders.values())
                 if len(o["purchase_units"][0].get("payments", {}).get("captures", [])) > 1]  # fmt: skip
        return [(id, here.get(id), there.get(id)) for id in here.keys() | there.keys() if here.get(id) != there.get(id)] + twice
