"""A server of ours that is paid by way of a provider, which is a simulator."""

import secrets
import subprocess

import psycopg
from psycopg.rows import dict_row

from .make import Make
from .payments import BUSY, assert_sound, becomes, begin
from .payouts import House, no_batch
from .processes import wait_until
from .stays import over


class Place:
    """`BEGIN`: what POST /payments/ gets besides; `LISTING`: what is said of a place. The simulator has environment(), reset() and
    `improper`, requests that no caller of ours should make."""

    BEGIN, LISTING = {}, {}

    def __init__(self, simulator, start_server, database, redis, api_of, **environment):
        self.simulator = simulator
        self.server = start_server(database, redis, **simulator.environment(), **environment)
        self.api = api_of(self.server)
        self.clock = simulator.clock = self.api.clock
        simulator.target = self.server
        self.make = Make(self.api)
        self.db = psycopg.connect(database, autocommit=True, row_factory=dict_row)

    def close(self):
        self.server.close()
        self.db.close()
        self.simulator.close()

    def after_a_test(self):
        self.simulator.behave()
        self.simulator.reset()
        self.clock.reset()
        improper, self.simulator.improper = self.simulator.improper, []
        assert improper == [], f"the provider would have refused {improper}"

    def stay(self, stay=None, guest=None, **changes):
        """(guest, host, booking): of a place that is paid online."""
        host, guest = self.api.new_host(), guest or self.api.new_guest()
        listing = self.make.listing(host, **{"payment_mode": "online", **self.LISTING, **changes})
        return guest, host, self.make.booking(listing, guest, **(stay or {}))

    def begin(self, guest, booking, key=None, **body):
        return begin(guest, booking, key, **{"provider": self.simulator.provider, **self.BEGIN, **body})

    def begun(self, *args, **changes):
        """(guest, host, booking, payment): what follows is the guest's to do."""
        guest, host, booking = self.stay(*args, **changes)
        payment = self.begin(guest, booking).expect(201)
        assert payment["status"] == "requires_action", payment
        return guest, host, booking, payment

    def paid(self, *args, **changes):
        guest, host, booking, payment = self.begun(*args, **changes)
        self.pay(payment)
        return guest, host, booking, becomes(guest, payment, "succeeded")

    def pay(self, payment):
        raise NotImplementedError

    def give_back(self, payment, amount=None):
        """By an admin, a part or what is left."""
        body = {"reason": "Cold."} | ({"amount": amount} if amount else {})
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        return self.api.as_admin().post(f"/payments/{payment['id']}/refunds/", body, headers=headers).expect(201)

    def status(self, person, payment):
        return person.get(f"/payments/{payment['id']}/").expect(200)["status"]

    def later(self):
        """Time passes until what nobody has told of is asked for."""
        self.clock.advance(seconds=20)

    def wait_idle(self, payment):
        """Until all that was told has been looked at."""
        wait_until(self.simulator.all_told, BUSY, "every event told")
        jobs = "select 1 from job where kind like 'payments.%%' and payload ->> 'payment_id' = %s"
        wait_until(lambda: not self.db.execute(jobs, [payment["id"]]).fetchone(), BUSY, "no job of the payment")

    def no_batch_yet(self):
        """Hosts are paid when a test says so."""
        no_batch(self.db)

    def earned(self, destination, **changes):
        """(guest, host, booking, payment) of a stay that has been over for days; the host is paid to that destination."""
        guest, host, booking, payment = self.paid(**changes)
        self.house().account(host, destination, payment["amount"]["currency"], self.simulator.provider)
        over(self.db, booking, self.clock.now(), days_ago=5)
        return guest, host, booking, payment

    def batch(self, done=True):
        """Hosts are paid; once every payout is decided, if `done`."""
        self.house().batch(done)

    def house(self):
        return House(self.server, self.api, self.db)

    def payouts(self, host):
        """(status, amount, why it failed) of each."""
        rows = self.db.execute("select status, amount, failure_reason from payout where host_id = %s order by id", [host.id]).fetchall()
        return [tuple(row.values()) for row in rows]

    def reconcile(self, binary):
        """What was begun of late: how `roost payments reconcile` ended."""
        days = self.db.execute("select (current_date - 1)::text as first, (current_date + 2)::text as last").fetchone()
        return subprocess.run([binary, "payments", "reconcile", "--from", days["first"], "--to", days["last"]],
                              env=self.server.environment, capture_output=True, text=True, timeout=60)  # fmt: skip

    def disagreeing(self):
        """Payments of which our books and the provider's say different things."""
        raise NotImplementedError

    def assert_sound(self):
        """Nothing is on its way any more, everything adds up, and the provider took what we say, once."""
        assert_sound(self.db, settled=True)
        try:
            wait_until(lambda: not self.disagreeing(), BUSY, "the provider's books agree with ours", every=0.1)
        except AssertionError as e:
            raise AssertionError(f"{e}: {self.disagreeing()}") from None
