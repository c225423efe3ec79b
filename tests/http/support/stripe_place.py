"""A server of ours that is paid by way of Stripe, which is a simulator."""

import psycopg
from psycopg.rows import dict_row

from .make import Make
from .payments import BUSY, assert_sound, becomes, begin
from .processes import wait_until
from .stripe import Stripe


class StripePlace:
    def __init__(self, start_server, database, redis, api_of, **environment):
        self.stripe = Stripe()
        self.server = start_server(database, redis, **self.stripe.environment(), **environment)
        self.api = api_of(self.server)
        self.clock = self.stripe.clock = self.api.clock
        self.stripe.target = self.server
        self.make = Make(self.api)
        self.db = psycopg.connect(database, autocommit=True, row_factory=dict_row)

    def close(self):
        self.server.close()
        self.db.close()
        self.stripe.close()

    def after_a_test(self):
        self.stripe.behave()
        self.stripe.telling = self.stripe.keeps_keys = True
        self.stripe.refunds_begin, self.stripe.settles_in, self.stripe.capture_declines = "succeeded", None, None
        self.clock.reset()
        improper, self.stripe.improper = self.stripe.improper, []
        assert improper == [], "Stripe would have refused these"

    def stay(self, stay=None, guest=None, **changes):
        """(guest, host, booking): of a place that is paid online."""
        host, guest = self.api.new_host(), guest or self.api.new_guest()
        listing = self.make.listing(host, payment_mode="online", **changes)
        return guest, host, self.make.booking(listing, guest, **(stay or {}))

    def begin(self, guest, booking, key=None, **body):
        return begin(guest, booking, key, **{"provider": "stripe", **body})

    def begun(self, *args, **changes):
        """(guest, host, booking, payment): the guest has the secret."""
        guest, host, booking = self.stay(*args, **changes)
        payment = self.begin(guest, booking).expect(201)
        assert payment["status"] == "requires_action", payment
        return guest, host, booking, payment

    def pay(self, payment, method="pm_card_visa"):
        return self.stripe.pay(payment["next_action"]["client_secret"], method)

    def paid(self, *args, **changes):
        guest, host, booking, payment = self.begun(*args, **changes)
        self.pay(payment)
        return guest, host, booking, becomes(guest, payment, "succeeded")

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

    def wait_idle(self, payment):
        """Until all that was told has been looked at."""
        wait_until(self.stripe.all_told, BUSY, "every event told")
        jobs = "select 1 from job where kind like 'payments.%%' and payload ->> 'payment_id' = %s"
        wait_until(lambda: not self.db.execute(jobs, [payment["id"]]).fetchone(), BUSY, "no job of the payment")

    def disagreeing(self):
        """Payments of which our books and Stripe's say different things."""
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

    def assert_sound(self):
        """Nothing is on its way any more, everything adds up, and Stripe took and paid what we say, once."""
        assert_sound(self.db, settled=True)
        try:
            wait_until(lambda: not self.disagreeing(), BUSY, "Stripe's books agree with ours", every=0.1)
        except AssertionError as e:
            raise AssertionError(f"{e}: {self.disagreeing()}") from None
