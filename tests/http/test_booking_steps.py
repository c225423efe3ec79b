"""Any sequence of what guests, hosts and time can do leaves bookings and free nights as a small model says (T8, I9)."""

import datetime
import secrets

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from support.clock import UTC
from support.make import Make
from support.processes import wait_until

HORIZON = 40  # days the model looks at
PENDING = {"requested": datetime.timedelta(hours=24), "awaiting_payment": datetime.timedelta(minutes=15)}
STAYS = ("confirmed", "in_stay")


class Stay:
    """What the model knows of one booking."""

    def __init__(self, booking, asked_at):
        self.id, self.status = booking["id"], booking["status"]
        self.first, self.last = (datetime.date.fromisoformat(booking[k]) for k in ("check_in", "check_out"))
        self.starts, self.ends = (datetime.datetime.fromisoformat(booking[k]) for k in ("starts_at", "ends_at"))
        self.due = min(asked_at + PENDING[self.status], self.starts) if self.status == "requested" else (
            asked_at + PENDING[self.status] if self.status in PENDING else None)
        self.path = f"/bookings/{self.id}/"

    def let_time_pass(self, now):
        if self.status in PENDING and self.due <= now:
            self.status = "expired"
        if self.status == "confirmed" and self.starts <= now:
            self.status = "in_stay"
        if self.status == "in_stay" and self.ends <= now:
            self.status = "completed"

    def nights(self):
        if self.status in ("expired", "declined", "cancelled_by_guest", "cancelled_by_host"):
            return set()
        return {self.first + datetime.timedelta(days=n) for n in range((self.last - self.first).days)}


def machine_for(api, reached):
    make, host = Make(api), api.new_host()

    class Bookings(RuleBasedStateMachine):
        @initialize(mode=st.sampled_from(["instant", "request"]), pays=st.sampled_from(["online", "on_arrival"]))
        def begin(self, mode, pays):
            # At noon, or how far the steps get would depend on when the test runs.
            api.clock.set(datetime.datetime.now(UTC).replace(hour=12, minute=0, second=0) + datetime.timedelta(days=1))
            self.guest = api.new_guest()
            self.listing = make.listing(host, time_zone="UTC", booking_mode=mode, payment_mode=pays)
            self.stays = []
            self.first_status = "requested" if mode == "request" else "awaiting_payment" if pays == "online" else "confirmed"
            self.accepted_status = "awaiting_payment" if pays == "online" else "confirmed"
            self.day_zero = api.clock.now().date()

        def now(self):
            return api.clock.now()

        def taken(self):
            return set().union(*(stay.nights() for stay in self.stays))

        # One rule that draws what to do: several would be switched off and on by turns, and waiting would win.
        @rule(data=st.data(), step=st.sampled_from(
            ["book"] * 5 + ["accept", "decline"] * 2 + ["guest cancels", "host cancels"] + ["wait"] * 2))
        def step(self, data, step):
            if step == "book":
                self.book(data.draw(st.integers(1, 9)), data.draw(st.integers(1, 5)))
            elif step == "wait":
                self.wait(data.draw(st.sampled_from([0.3, 5, 30, 100])))
            elif self.stays and step in ("accept", "decline"):
                self.host_answers(data.draw(st.sampled_from(self.stays)), step)
            elif self.stays:
                self.cancel(data.draw(st.sampled_from(self.stays)), step.split()[0])

        def book(self, start, nights):
            first = self.now().date() + datetime.timedelta(days=start)
            wanted = {first + datetime.timedelta(days=n) for n in range(nights)}
            body = {"check_in": str(first), "check_out": str(first + datetime.timedelta(days=nights)), "guests": 1}
            quote = self.guest.post(f"/properties/{self.listing['id']}/quote/", body)
            if wanted & self.taken():
                quote.expect(409, "dates_taken")
                return
            asked_at = self.now()
            reply = self.guest.post("/bookings/", {"quote_id": quote.expect(201)["id"]},
                               headers={"Idempotency-Key": secrets.token_hex(16)})
            if sum(stay.status in PENDING for stay in self.stays) >= 10:
                reply.expect(429)
                return
            stay = Stay(reply.expect(201), asked_at)
            assert stay.status == self.first_status
            self.stays.append(stay)

        def answer(self, stay, who, verb, allowed, becomes):
            reply = who.post(f"{stay.path}{verb}/", *([{}] if verb != "accept" else []))
            if stay.status not in allowed:
                reply.expect(409, "wrong_state")
                return False
            body = reply.expect(200)
            assert (body["booking"] if verb == "cancel" else body)["status"] == becomes
            return True

        def host_answers(self, stay, verb):
            becomes = {"accept": self.accepted_status, "decline": "declined"}[verb]
            asked_at = self.now()
            if self.answer(stay, host, verb, ("requested",), becomes):
                stay.status = becomes
                stay.due = min(asked_at + datetime.timedelta(hours=24), stay.starts)

        def cancel(self, stay, who):
            if stay.status == "in_stay":
                return  # what that frees depends on the hour; test_bookings looks at it
            allowed = (*PENDING, *STAYS) if who == "guest" else ("awaiting_payment", *STAYS)
            becomes = f"cancelled_by_{who}"
            if self.answer(stay, self.guest if who == "guest" else host, "cancel", allowed, becomes):
                stay.status = becomes

        def wait(self, hours):
            api.clock.advance(hours=hours)
            for stay in self.stays:
                stay.let_time_pass(self.now())

        @invariant()
        def free_nights_are_what_nobody_has(self):
            if not hasattr(self, "listing"):
                return
            today = self.now().date()
            window = [today + datetime.timedelta(days=n) for n in range(HORIZON)]
            reply = self.guest.get(f"/properties/{self.listing['id']}/availability/?from={window[0]}&to={window[-1]}").expect(200)
            free = {d for d in window[:-1] for r in reply["free"] if r["from"] <= str(d) < r["to"]}
            assert free == set(window[:-1]) - self.taken()

        def teardown(self):
            for stay in getattr(self, "stays", []):
                seen = wait_until(lambda s=stay: (b := self.guest.get(s.path).expect(200))["status"] == s.status and b, 15,
                                  f"{stay.path} {stay.status}")
                rows = self.guest.get(stay.path + "history/").expect(200)["results"]
                assert rows[0]["from_status"] is None and rows[-1]["to_status"] == stay.status
                assert all(a["to_status"] == b["from_status"] for a, b in zip(rows, rows[1:]))
                assert seen["version"] == len(rows)
                reached.update(row["to_status"] for row in rows)

    return Bookings


def test_every_sequence_of_steps_agrees_with_the_model(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis())
    api = api_of(server)
    reached = set()
    run_state_machine_as_test(machine_for(api, reached), settings=settings(
        max_examples=30, stateful_step_count=25, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate],  # a server remembers, so a failure cannot be replayed into a smaller one
        suppress_health_check=list(HealthCheck)))
    assert reached == {"requested", "awaiting_payment", "confirmed", "in_stay", "completed", "expired", "declined",
                       "cancelled_by_guest", "cancelled_by_host"}, "the walk went everywhere"
    api.clock.reset()
    server.close()
