"""A server of ours that is paid by way of Paystack, which is a simulator."""

import secrets

import psycopg
from psycopg.rows import dict_row

from .make import Make
from .payments import BUSY, assert_sound, becomes, begin
from .paystack import Paystack
from .processes import wait_until
from .stays import money


class PaystackPlace:
    def __init__(self, start_server, database, redis, api_of, **environment):
        self.paystack = Paystack()
        self.server = start_server(database, redis, **self.paystack.environment(), **environment)
        self.api = api_of(self.server)
        self.clock = self.paystack.clock = self.api.clock
        self.paystack.target = self.server
        self.make = Make(self.api)
        self.db = psycopg.connect(database, autocommit=True, row_factory=dict_row)

    def close(self):
        self.server.close()
        self.db.close()
        self.paystack.close()

    def after_a_test(self):
        self.paystack.behave()
        self.paystack.reset()
        self.clock.reset()
        improper, self.paystack.improper = self.paystack.improper, []
        assert improper == [], "Paystack would have refused these"

    def stay(self, stay=None, guest=None, currency="NGN", **changes):
        """(guest, host, booking): of a place that is paid online."""
        host, guest = self.api.new_host(), guest or self.api.new_guest()
        changes = {"payment_mode": "online", "nightly_price": money(1_000_000, currency), **changes}
        return guest, host, self.make.booking(self.make.listing(host, **changes), guest, **(stay or {}))

    def begin(self, guest, booking, key=None, **body):
        return begin(guest, booking, key, **{"provider": "paystack", **body})

    def begun(self, *args, **changes):
        """(guest, host, booking, payment): the guest has the page."""
        guest, host, booking = self.stay(*args, **changes)
        payment = self.begin(guest, booking).expect(201)
        assert payment["status"] == "requires_action", payment
        return guest, host, booking, payment

    def pay(self, payment, how="success"):
        return self.paystack.pay(payment["next_action"]["redirect_url"], how)

    def paid(self, *args, **changes):
        guest, host, booking, payment = self.begun(*args, **changes)
        self.pay(payment)
        return guest, host, booking, becomes(guest, payment, "succeeded")

    def give_back(self, payment, amount=None):
        """By an admin, a part or what is left."""
        body = {"reason": "Cold."} | ({"amount": amount} if amount else {})
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        return self.api.as_admin().post(f"/payments/{payment['id']}/refunds/", body, headers=headers).expect(201)

    def transaction(self, payment):
        """Paystack's, by what we wrote on it."""
        (found,) = self.transactions(payment)
        return found

    def transactions(self, payment):
        return [t for t in list(self.paystack.transactions.values()) if t["metadata"]["roost_payment"] == payment["id"]]

    def refunds(self, payment):
        references = [t["reference"] for t in self.transactions(payment)]
        return [r for r in list(self.paystack.refunds.values()) if r["_of"] in references]

    def later(self):
        """Time passes until what nobody has told of is asked for."""
        self.clock.advance(seconds=20)

    def wait_idle(self, payment):
        """Until all that was told has been looked at."""
        wait_until(self.paystack.all_told, BUSY, "every event told")
        jobs = "select 1 from job where kind like 'payments.%%' and payload ->> 'payment_id' = %s"
        wait_until(lambda: not self.db.execute(jobs, [payment["id"]]).fetchone(), BUSY, "no job of the payment")

    def status(self, person, payment):
        return person.get(f"/payments/{payment['id']}/").expect(200)["status"]

    def disagreeing(self):
        """Payments of which our books and Paystack's say different things."""
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

    def assert_sound(self):
        """Nothing is on its way any more, everything adds up, and Paystack took what we say, once."""
        assert_sound(self.db, settled=True)
        wait_until(lambda: not self.disagreeing(), BUSY, "Paystack's books agree with ours", every=0.1)
