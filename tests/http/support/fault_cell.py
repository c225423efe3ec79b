"""Payments that are stopped at one stage of their way, and what becomes of them."""

import contextlib
import secrets
import threading
import time

import psycopg

from .processes import wait_until


class Seed:
    """One guest who pays for one booking, and all that the guest was told."""

    def __init__(self, guest, host, booking):
        self.guest, self.host, self.booking = guest, host, booking
        self.key = secrets.token_hex(16)
        self.told = set()  # ids of payments under this one key
        self.payment = None

    def begin(self, place):
        """One POST; whether it was acknowledged. What is lost is asked for again with the same key."""
        try:
            reply = place.begin(self.guest, self.booking, self.key)
        except OSError:
            return False
        if reply.status != 201:
            assert reply.code in ("request_in_progress", "unavailable", "overloaded"), reply
            return False
        self.payment = reply.json
        self.told.add(self.payment["id"])
        return True


class Cell:
    """`n` payments at one stage. `place`: StripePlace on a PostgreSQL server of its own, `postgres`."""

    def __init__(self, place, postgres, host, guests):
        self.place, self.postgres, self.host, self.guests = place, postgres, host, guests
        self.n = len(guests)
        self.stripe, self.clock = place.stripe, place.clock
        self.stack = contextlib.ExitStack()
        self.threads = []
        self.frozen = 0  # how many were seen at the stage
        self.seeds = []

    # How they get there

    def book(self, many_hosts=False, **changes):
        """A stay for each, at a place of their own, so that none waits for another."""
        for guest in self.guests:
            host = self.place.api.new_host() if many_hosts else self.host
            listing = self.place.make.listing(host, payment_mode="online", **changes)
            self.seeds.append(Seed(guest, host, self.place.make.booking(listing, guest)))

    def begin_all(self):
        for seed in self.seeds:
            self.insist(seed)

    def insist(self, seed):
        """Until the payment is acknowledged. Who was at work when it was killed has its key until its lease ends."""
        wait_until(lambda: seed.begin(self.place), 60, "a payment is acknowledged", every=0.2)

    def pay_all(self, told=True):
        self.stripe.telling = told
        for seed in self.seeds:
            seed.payment = seed.guest.get(f"/payments/{seed.payment['id']}/").expect(200)
            if (action := seed.payment["next_action"]) and self.place.intent(seed.payment)["status"] == "requires_payment_method":
                self.stripe.pay(action["client_secret"])

    def pass_time(self, seconds):
        with contextlib.suppress(OSError, AssertionError):  # it is down
            self.clock.advance(seconds=seconds)

    # How it ends

    FINAL = ("succeeded", "failed", "cancelled", "partially_refunded", "refunded")

    def thaw(self):
        self.stack.close()

    def end(self):
        """Everybody gets an answer, pays, and hears how it went; what was not heard is told again."""
        for thread in self.threads:
            thread.join(60)
        self.begin_all()
        for _ in range(100):
            if self.is_over():
                break
            self.pay_all(told=self.stripe.telling)
            self.pass_time(5)
            time.sleep(0.2)
        self.stripe.behave()
        self.stripe.telling = True
        for event in self.events():
            if 200 not in event.statuses:
                self.stripe.tell(event)
        wait_until(lambda: self.is_over() or self.pass_time(5), 60, "every payment decided", every=0.3)
        if not self.house.is_all_paid():
            self.house.start_batch()  # there is one every few minutes
            wait_until(lambda: self.house.is_all_paid() or self.house.hurry(), 60, "every host paid", every=0.3)

    def events(self):
        mine = {seed.payment["id"] for seed in self.seeds}
        return [e for e in list(self.stripe.events)
                if e.json["data"]["object"].get("metadata", {}).get("roost_payment") in mine]  # fmt: skip

    def is_over(self):
        return all(seed.guest.get(f"/payments/{seed.payment['id']}/").expect(200)["status"] in self.FINAL for seed in self.seeds)

    # What is at work while it goes wrong

    def go(self, action, *each):
        """Everybody does it at once; who does not come back does not matter."""

        def run(*args):
            with contextlib.suppress(OSError):
                action(*args)

        for args in each:
            thread = threading.Thread(target=run, args=args, daemon=True)
            thread.start()
            self.threads.append(thread)

    def locked(self, statement, *params):
        """Locks that are held until the stage ends."""
        holding = psycopg.connect(self.postgres.url(self.database))
        self.stack.callback(holding.close)
        holding.execute(statement, params)

    @property
    def house(self):
        return self.place.house()

    @property
    def database(self):
        return self.place.db.info.dbname

    def unanswered_commits(self):
        """What is committed is on disk, and nobody is told so."""
        self._standby("nobody")
        self.stack.callback(self._standby, "")

    def _standby(self, name):
        wait_until(lambda: self._set("synchronous_standby_names", name), 30, "PostgreSQL being there")

    def _set(self, name, value):
        try:
            with psycopg.connect(self.postgres.url(), autocommit=True) as admin:
                admin.execute(f"alter system set {name} = '{value}'")
                admin.execute("select pg_reload_conf()")
            return True
        except psycopg.OperationalError:
            return False

    def wait_frozen(self, statement):
        """Until as many as can be wait there: jobs and calls come a few at a time."""

        def count():
            return self.place.db.execute(statement).fetchone()["count"]

        wait_until(count, 20, "somebody at the stage")
        self._settled(count)

    def wait_held(self, held):
        wait_until(lambda: held.count, 20, "somebody at the stage")
        self._settled(lambda: held.count)

    def _settled(self, count):
        seen = 0
        while (now := count()) > seen:
            seen = now
            time.sleep(0.1)
        self.frozen = max(self.frozen, seen)

    def wait_paid(self):
        for seed in self.seeds:
            wait_until(lambda: seed.guest.get(f"/payments/{seed.payment['id']}/").expect(200)["status"] == "succeeded", 60, "paid")

    @property
    def bookings(self):
        return [seed.booking["id"] for seed in self.seeds]
