"""Random people do random things to bookings while time passes: only legal steps, and everything adds up (T8, I9).

The oracle is the transition table of the rules (domain rules, 4.1), written again here; a walk is replayed from its seed.
"""

import datetime
import random
import secrets

import pytest

from support.make import Make
from support.processes import wait_until

PENDING, FIRM = ("awaiting_payment", "requested"), ("confirmed", "in_stay")
# from → to: who. Accepting leads to awaiting_payment where guests pay online.
LEGAL = {
    (None, "awaiting_payment"): "guest", (None, "requested"): "guest", (None, "confirmed"): "guest",
    ("awaiting_payment", "cancelled_by_guest"): "guest", ("awaiting_payment", "cancelled_by_host"): "host",
    ("awaiting_payment", "cancelled_by_admin"): "admin", ("awaiting_payment", "expired"): "system",
    ("requested", "confirmed"): "host", ("requested", "awaiting_payment"): "host", ("requested", "declined"): "host",
    ("requested", "cancelled_by_guest"): "guest", ("requested", "cancelled_by_admin"): "admin",
    ("requested", "expired"): "system",
    ("confirmed", "in_stay"): "system", ("confirmed", "cancelled_by_guest"): "guest",
    ("confirmed", "cancelled_by_host"): "host", ("confirmed", "cancelled_by_admin"): "admin",
    ("in_stay", "completed"): "system", ("in_stay", "no_show"): ("host", "admin"),
    ("in_stay", "cancelled_by_guest"): "guest", ("in_stay", "cancelled_by_host"): "host",
    ("in_stay", "cancelled_by_admin"): "admin",
}
CHANGED = {("confirmed", "confirmed"), ("in_stay", "in_stay")}
REFUNDED = ("cancelled_by_guest", "cancelled_by_host", "cancelled_by_admin", "no_show")
SHAPES = [
    {"booking_mode": "instant", "payment_mode": "on_arrival", "cancellation_policy": "moderate", "time_zone": "Pacific/Kiritimati"},
    {"booking_mode": "instant", "payment_mode": "on_arrival", "cancellation_policy": "flexible", "time_zone": "UTC"},
    {"booking_mode": "instant", "payment_mode": "online", "cancellation_policy": "firm", "time_zone": "Europe/Paris"},
    {"booking_mode": "request", "payment_mode": "on_arrival", "cancellation_policy": "flexible", "time_zone": "Pacific/Pago_Pago"},
    {"booking_mode": "request", "payment_mode": "on_arrival", "cancellation_policy": "limited", "request_holds": False,
     "stay_rules": {"preparation_nights": 1}, "time_zone": "Asia/Kathmandu"},
    {"booking_mode": "request", "payment_mode": "online", "cancellation_policy": "strict", "time_zone": "America/New_York"},
]


def legal(step, actor):
    who = LEGAL.get(step)
    return actor == who if isinstance(who, str) else who is not None and actor in who


def moment(text):
    return datetime.datetime.fromisoformat(text)


class Walk:
    def __init__(self, api, db, seed):
        self.api, self.db, self.random = api, db, random.Random(seed)
        self.make = Make(api)
        self.host, self.admin = api.new_host(), api.as_admin()
        self.guests = [api.new_guest() for _ in range(3)]
        self.listings = [self.make.listing(self.host, **shape) for shape in SHAPES]
        self.bookings = {}  # id → (guest, the last version seen)
        self.reached, self.answers = set(), {}

    def note(self, what, reply, allowed):
        """Whatever was asked was done or refused with one of the codes it has; nothing breaks."""
        assert reply.status in (200, 201) or reply.code in allowed, f"{what}: {reply}"
        self.answers.setdefault(what, set()).add("done" if reply.status < 400 else reply.code)
        return reply.status < 400

    def some_booking(self, status=None):
        """One in that status, as long as there is one."""
        rows = self.db.execute("select id from booking where status = %s order by id", [status]).fetchall() if status else []
        wanted = [b for b in (str(row["id"]) for row in rows) if b in self.bookings] or list(self.bookings)
        return self.random.choice(wanted) if wanted else None

    def step(self):
        what = self.random.choices(
            ["book", "cancel", "answer", "no-show", "propose", "answer a change", "wait", "close", "pay"], [9, 2, 4, 2, 8, 6, 6, 1, 2])[0]
        getattr(self, what.replace(" ", "_").replace("-", "_"))()

    def book(self):
        guest, listing = self.random.choice(self.guests), self.random.choice(self.listings)
        first = self.random.randint(0, 12)
        stay = {"check_in": self.api.clock.today(first), "check_out": self.api.clock.today(first + self.random.randint(1, 8)),
                "guests": self.random.randint(1, 4)}
        quote = guest.post(f"/properties/{listing['id']}/quote/", stay)
        if not self.note("quote", quote, {"invalid_input", "dates_taken"}):
            return
        reply = guest.post("/bookings/", {"quote_id": quote.json["id"]}, headers={"Idempotency-Key": secrets.token_hex(16)})
        if self.note("book", reply, {"dates_taken", "quote_expired", "too_many_requests"}):
            self.bookings[reply.json["id"]] = guest
            assert reply.json["price"] == quote.json["price"]

    def anybody(self, booking):
        people = [self.bookings[booking], self.host, self.admin, self.random.choice(self.guests)]
        return self.random.choices(people, [4, 5, 1, 1])[0]

    def cancel(self):
        if booking := self.some_booking():
            who, path = self.anybody(booking), f"/bookings/{booking}/"
            seen = who.get(path + "cancellation-preview/")
            reply = who.post(path + "cancel/", {})
            if self.note("cancel", reply, {"not_found", "wrong_state"}):
                assert reply.json["refund"] == seen.expect(200)["now"], "what was shown is what is done"

    def answer(self):
        if booking := self.some_booking("requested"):
            verb = self.random.choice(["accept", "accept", "decline"])
            reply = self.anybody(booking).post(f"/bookings/{booking}/{verb}/", *([{}] if verb == "decline" else []))
            self.note(verb, reply, {"not_found", "not_allowed", "wrong_state", "dates_taken"})

    def no_show(self):
        if booking := self.some_booking("in_stay"):
            reply = self.anybody(booking).post(f"/bookings/{booking}/no-show/", {})
            self.note("no-show", reply, {"not_found", "not_allowed", "wrong_state"})

    def propose(self):
        if booking := self.some_booking(self.random.choice(["in_stay", "confirmed", None])):
            seen = self.bookings[booking].get(f"/bookings/{booking}/").expect(200)
            shift = lambda day: str(datetime.date.fromisoformat(day) + datetime.timedelta(days=self.random.randint(-3, 4)))  # noqa: E731
            wish = {}
            if seen["status"] != "in_stay" and self.random.random() < 0.5:
                wish["check_in"] = shift(seen["check_in"])
            if self.random.random() < 0.8:
                wish["check_out"] = shift(seen["check_out"])
            if self.random.random() < 0.4:
                wish["guests"] = self.random.randint(1, 5)
            reply = self.anybody(booking).post(f"/bookings/{booking}/alterations/", wish)
            refusals = {"not_found", "not_allowed", "wrong_state", "dates_taken", "invalid_input", "too_many_requests"}
            if self.note("propose", reply, refusals) and self.random.random() < 0.5:
                self.answer_a_change()

    def answer_a_change(self):
        # Those that are open, as long as there are any.
        offers = [(b, a["id"]) for b, guest in self.bookings.items()
                  for a in guest.get(f"/bookings/{b}/alterations/").expect(200)["results"][:1]
                  if a["status"] == "open" or self.random.random() < 0.1]
        if offers:
            booking, offer = self.random.choice(offers)
            verb = self.random.choice(["accept", "accept", "accept", "decline", "cancel"])
            path = f"/bookings/{booking}/alterations/{offer}/{verb}/"
            reply = self.anybody(booking).post(path, *([{}] if verb == "decline" else []))
            self.note(f"{verb} a change", reply, {"not_found", "not_allowed", "wrong_state", "dates_taken"})

    def close(self):
        listing, first = self.random.choice(self.listings), self.random.randint(0, 14)
        nights = {"from": self.api.clock.today(first), "to": self.api.clock.today(first + self.random.randint(1, 2))}
        reply = self.host.post(f"/properties/{listing['id']}/blocks/", nights)
        if self.note("close", reply, {"dates_taken", "invalid_input"}) and self.random.random() < 0.7:
            self.host.delete(f"/properties/{listing['id']}/blocks/{reply.json['id']}/").expect(204)

    def pay(self):
        """As a payment would: some of what is owed."""
        if booking := self.some_booking():
            self.db.execute("""update booking set paid = (total * %s)::bigint
                               where id = %s and status in ('confirmed', 'in_stay') and paid = 0""", [self.random.random(), booking])

    def wait(self):
        self.api.clock.advance(hours=self.random.choice([0.3, 3, 12, 20, 30]))
        self.settle()

    def settle(self):
        """Waits until time has done what it does."""
        now = self.api.clock.now()
        late = """select count(*) as n from booking where due_at <= %s and property_id = any(%s::uuid[])"""
        ids = [listing["id"] for listing in self.listings]
        wait_until(lambda: self.db.execute(late, [now, ids]).fetchone()["n"] == 0, 15, "time has passed")

    def check(self):
        """Every promise, for every booking there is."""
        self.settle()
        ids = [listing["id"] for listing in self.listings]
        rows = self.db.execute("""
            select b.*, s.blocked, lower(s.blocked) as first, upper(s.blocked) as rest, s.kind, p.preparation_nights, p.request_holds
            from booking b join property p on p.id = b.property_id left join stay_block s on s.booking_id = b.id
            where b.property_id = any(%s::uuid[])""", [ids]).fetchall()
        assert len(rows) == len(self.bookings)
        for b in rows:
            self.check_history(b)
            self.check_nights(b)
            self.check_money(b)
        assert self.db.execute("""select count(*) as n from stay_block a join stay_block b
                                  on a.property_id = b.property_id and a.id < b.id and a.blocked && b.blocked
                                  where a.property_id = any(%s::uuid[])""", [ids]).fetchone()["n"] == 0

    def check_history(self, b):
        history = self.bookings[str(b["id"])].get(f"/bookings/{b['id']}/history/").expect(200)["results"]
        assert len(history) == b["version"] and history[-1]["to_status"] == b["status"]
        for before, row in zip([{"to_status": None}, *history], history):
            step = (row["from_status"], row["to_status"])
            assert step[0] == before["to_status"], history
            if row["alteration_id"]:
                assert step in CHANGED and row["actor"] in ("guest", "host"), row
            else:
                assert legal(step, row["actor"]), row
            self.reached.add(step)
        told = self.db.execute("""select count(*) as n from outbox_event where subject_id = %s
                                  and kind not like 'booking.alteration%%'""", [b["id"]]).fetchone()["n"]
        assert told == len(history), "an event for every line"

    def check_nights(self, b):
        prepared = datetime.timedelta(days=b["preparation_nights"])
        if b["status"] in FIRM or b["status"] == "awaiting_payment":
            assert (b["first"], b["rest"]) == (b["check_in"], b["check_out"] + prepared), b
        elif b["status"] == "requested":
            assert (b["kind"] == "hold") == b["request_holds"], b
        elif b["status"] in REFUNDED and b["blocked"] is not None:
            assert b["first"] == b["check_in"] and b["rest"] <= b["check_out"] + prepared, "only nights that had begun"
            assert b["updated_at"] >= b["starts_at"]
        elif b["status"] in ("expired", "declined"):
            assert b["blocked"] is None
        assert (b["kind"] == "booking") <= (b["status"] in FIRM + ("completed",) + REFUNDED)

    def check_money(self, b):
        if b["status"] not in REFUNDED:
            assert b["refund"] is None
            return
        refund = {k: v["amount"] for k, v in b["refund"].items() if k != "rule"}
        assert refund["accommodation"] + refund["guest_fee"] + refund["tax"] == refund["total"]
        assert 0 <= refund["due"] <= b["paid"] and 0 <= refund["total"] <= b["total"]


@pytest.fixture(scope="module")
def quiet_server(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis())
    yield server
    server.close()


@pytest.fixture
def quiet_db(quiet_server):
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(quiet_server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row) as connection:
        yield connection


def unseen(reached, answers):
    """What the walks should have come by and have not: statuses, changes of stays, each action done, each refusal."""
    statuses = {"awaiting_payment", "requested", "confirmed", "in_stay", "completed", "expired", "declined",
                "cancelled_by_guest", "cancelled_by_host", "cancelled_by_admin", "no_show"}
    refusals = {"not_found", "not_allowed", "wrong_state", "dates_taken", "invalid_input"}
    return (statuses - {to for _, to in reached} | set(CHANGED) - reached | refusals - set().union(*answers.values())
            | {f"{what}: never done" for what, seen in answers.items() if "done" not in seen})


def test_random_walks_take_only_legal_steps(quiet_server, quiet_db, api_of):
    """Four walks, and more until everything was come by. All begin at one moment, a week before Europe changes its clocks,
    so that what they meet is the same on any day."""
    api = api_of(quiet_server)
    reached, answers = set(), {}
    for seed in range(16):
        api.clock.set("2027-03-20T09:30:00Z")
        walk = Walk(api, quiet_db, seed)
        try:
            for n in range(150):
                walk.step()
                if n % 10 == 9:
                    walk.check()
        except AssertionError as e:
            raise AssertionError(f"seed {seed}, step {n}: {e}") from e
        reached |= walk.reached
        for what, seen in walk.answers.items():
            answers.setdefault(what, set()).update(seen)
        if seed >= 3 and not unseen(reached, answers):
            break
    assert not unseen(reached, answers)


def test_an_illegal_step_would_be_noticed():
    """The control: the oracle refuses steps the table does not have, and those somebody else takes."""
    assert legal(("confirmed", "in_stay"), "system") and not legal(("confirmed", "in_stay"), "host")
    assert not legal(("completed", "cancelled_by_guest"), "guest") and not legal(("expired", "confirmed"), "host")
    assert legal(("in_stay", "no_show"), "admin") and not legal(("in_stay", "no_show"), "guest")
