"""A payment is stopped at every stage of its way, something goes wrong there, and in the end everything adds up."""

import contextlib
import json
import secrets
import socket
import threading
import time

import psycopg
from psycopg.rows import dict_row

from .processes import wait_until
from .simulator import cut, hang, status
from .stays import over

WAITING_FOR_LOCKS = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
WAITING_FOR_A_STANDBY = "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()"
BEGIN, ASK = "POST /v1/payment_intents", r"GET /v1/payment_intents/\w+"


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


# The stages: each leaves the cell as it is there.


def half_a_request(cell):
    """S1: it is read."""
    for _ in cell.seeds:
        s = socket.create_connection(("127.0.0.1", cell.place.server.port))
        s.sendall(b"POST /api/v1/payments/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        cell.stack.callback(s.close)
    cell.frozen = len(cell.seeds)


def key_claimed(cell):
    """S2: the key is taken, the booking is waited for."""
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_frozen(WAITING_FOR_LOCKS)


def before_commit(cell):
    """S3: the payment is being written."""
    cell.locked("lock table payment in share mode")
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_frozen(WAITING_FOR_LOCKS)


def commit_unanswered(cell):
    """S4: committed, and nobody knows."""
    cell.unanswered_commits()
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_frozen(WAITING_FOR_A_STANDBY)


def begun(cell, after):
    held = cell.stack.enter_context(cell.stripe.held(BEGIN, after))
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_held(held)
    return held


def before_the_call(cell):
    """S5: the payment is committed, the provider has done nothing."""
    begun(cell, after=False)


def no_reply(cell):
    """S6: the provider has done it and not said so."""
    begun(cell, after=True)


def before_the_write(cell):
    """S7: its reply has come and is not written."""
    held = begun(cell, after=True)
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def after_the_write(cell):
    """S8: it is written and not committed."""
    held = begun(cell, after=True)
    cell.locked("select from idempotency where operation = 'POST /payments/' for update")
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def no_answer(cell):
    """S9: it is committed and the guest not answered."""
    held = begun(cell, after=True)
    cell.unanswered_commits()
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_A_STANDBY)


def half_an_answer(cell):
    """S10: the guest is answered and gone."""
    for seed in cell.seeds:
        body = json.dumps({"booking_id": seed.booking["id"], "provider": "stripe", "method": "card"}).encode()
        head = (f"POST /api/v1/payments/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: {seed.key}\r\n"
                f"Authorization: Bearer {seed.guest.token}\r\nContent-Length: {len(body)}\r\n\r\n")  # fmt: skip
        s = socket.create_connection(("127.0.0.1", cell.place.server.port))
        s.sendall(head.encode() + body)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        cell.stack.callback(s.close)
    wait_until(lambda: cell.stripe.asked(BEGIN), 20, "somebody at the stage")
    cell.frozen = len(cell.seeds)


def told(cell):
    """Every payment is made and its event not told yet → what tells it."""
    cell.begin_all()
    cell.pay_all(told=False)
    last = {e.json["data"]["object"]["id"]: e for e in cell.events()}
    return lambda: cell.go(cell.stripe.tell, *[(e,) for e in last.values()])


def event_verified(cell):
    """S11: an event is verified and not kept."""
    tell = told(cell)
    cell.locked("lock table webhook_event in share mode")
    tell()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def event_kept(cell):
    """S12: it is kept and not answered."""
    tell = told(cell)
    cell.unanswered_commits()
    tell()
    cell.wait_frozen(WAITING_FOR_A_STANDBY)


def job_claimed(cell):
    """S13: a job has begun."""
    tell = told(cell)
    held = cell.stack.enter_context(cell.stripe.held(ASK))
    tell()
    cell.wait_held(held)


def done_and_not_marked(cell):
    """S14: held money is taken, and nobody has noted it."""
    cell.begin_all()
    cell.pay_all()
    for seed in cell.seeds:
        wait_until(lambda: seed.guest.get(f"/payments/{seed.payment['id']}/").expect(200)["status"] == "authorized", 60, "held")
    held = cell.stack.enter_context(cell.stripe.held(r"POST /v1/payment_intents/\w+/capture", after=True))
    for seed in cell.seeds:
        cell.host.post(f"/bookings/{seed.booking['id']}/accept/").expect(200)
    cell.wait_held(held)
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def expiring(cell):
    """S15: nobody has heard of the money, and the time to pay is over."""
    told(cell)
    cell.locked("lock table booking_history in share mode")
    cell.pass_time(16 * 60)
    cell.wait_frozen(WAITING_FOR_LOCKS)


def refund_sent(cell):
    """S16: money has gone back, and the ledger does not know."""
    cell.begin_all()
    cell.pay_all()
    admin = cell.place.api.as_admin()
    cell.wait_paid()
    held = cell.stack.enter_context(cell.stripe.held("POST /v1/refunds", after=True))
    for seed in cell.seeds:
        admin.post(f"/payments/{seed.payment['id']}/refunds/", {"reason": "It was cold."}, headers={"Idempotency-Key": seed.key}).expect(201)
    cell.wait_held(held)
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def hosts_half_paid(cell):
    """S17: a batch is under way: hosts have their money, and nobody has noted it, and the last is not in the batch yet."""
    cell.begin_all()
    cell.pay_all()
    cell.wait_paid()
    hosts = [seed.host.id for seed in cell.seeds]
    for seed in cell.seeds:
        over(cell.place.db, seed.booking, cell.clock.now(), days_ago=5)
        cell.house.account(seed.host, "acct_1Host", provider="stripe")
    cell.locked("select from ledger_balance where account = 'host_payable' and owner = %s for update", hosts[-1])
    held = cell.stack.enter_context(cell.stripe.held("POST /v1/transfers", after=True))
    cell.house.start_batch()
    cell.wait_held(held)
    cell.locked("select from payout where host_id::text = any (%s) for update", hosts)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


STAGES = {
    "S1": half_a_request, "S2": key_claimed, "S3": before_commit, "S4": commit_unanswered, "S5": before_the_call, "S6": no_reply,
    "S7": before_the_write, "S8": after_the_write, "S9": no_answer, "S10": half_an_answer, "S11": event_verified,
    "S12": event_kept, "S13": job_claimed, "S14": done_and_not_marked, "S15": expiring, "S16": refund_sent,
    "S17": hosts_half_paid,
}  # fmt: skip


# What goes wrong there.


def kill(cell):
    cell.place.server.kill()
    yield
    cell.place.db.execute("update job set lease_until = now() where status = 'running'")  # as if its time had passed
    cell.place.server.start()
    cell.pass_time(0)  # a new process believes its machine's clock


def restart_postgres(cell):
    cell.postgres.restart("immediate")
    yield
    cell.place.server.wait_ready()
    cell.place.db = psycopg.connect(cell.place.server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row)


def provider_fails(fault):
    def fail(cell):
        cell.stripe.fail(".*", fault, times=cell.n)
        yield

    fail.at_once = 4  # after five failures in a row a provider is left alone: nothing would be at work
    return fail


def twice(cell):
    """Every event is told twice at once."""
    yield
    for event in list(cell.stripe.events[-4 * cell.n :]):
        for _ in range(2):
            cell.go(cell.stripe.tell, (event,))


def late(cell):
    """No event is told before everything else is over."""
    cell.stripe.telling = False
    yield


FAULTS = {
    "kill -9": kill, "PostgreSQL": restart_postgres, "timeout before": provider_fails(hang()),
    "timeout after": provider_fails(hang(after=True)), "500": provider_fails(status(500)), "cut after": provider_fails(cut(after=True)),
    "twice": twice, "late": late,
}  # fmt: skip
