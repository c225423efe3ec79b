"""What counts in a rating is always what the list shows: for many at once, and after any sequence of steps."""

import concurrent.futures
import contextlib
import datetime
import threading
import time

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from psycopg.rows import dict_row

from support.make import Make
from support.stays import over

CROWD = 32


def write(person, booking, rating):
    """Comes again when told to: reviews of one property wait for each other, on a slow machine for longer than they may."""
    for _ in range(30):
        reply = person.post("/reviews/", {"booking_id": booking["id"], "rating": rating})
        if reply.status != 503:
            return reply
        time.sleep(int(reply.headers["Retry-After"]))
    return reply


def rating_of(host, listing):
    """As stored, without the cache of public properties."""
    [found] = [p for p in host.get("/users/me/properties/?limit=100").expect(200)["results"] if p["id"] == listing["id"]]
    return found["rating"], found["rating_count"]


def recount(stars):
    """The average as the database rounds it: hundredths, half up."""
    stars = list(stars)
    return (round_half_up(100 * sum(stars), len(stars)) / 100, len(stars)) if stars else (None, 0)


def round_half_up(n, d):
    return (2 * n + d) // (2 * d)


def at_once(calls):
    """Runs them all, released together; gives what they gave."""
    start = threading.Barrier(len(calls))

    def run(call):
        start.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def crowd(api, connection, host, listing):
    """A completed stay of each of many guests, all reviewed by the host."""
    make, stays = Make(api), []
    for _ in range(CROWD):
        guest = api.new_guest()
        booking = make.booking(listing, guest, check_in=20, nights=2)
        over(connection, booking, api.clock.now())
        write(host, booking, 5).expect(201)
        assert guest.token
        stays.append((guest, booking))
    return stays


@contextlib.contextmanager
def server_with(start_server, new_database, new_redis, api_of, before=None):
    database = new_database()
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        if before:
            connection.execute(before)
        server = start_server(database, new_redis())
        yield api_of(server), connection
        server.close()


def many_at_once(api, connection):
    """(what the property says, what was written) after everybody has reviewed it at the same time."""
    host = api.new_host()
    listing = Make(api).listing(host)
    stays = crowd(api, connection, host, listing)
    calls = [lambda g=g, b=b, n=n: write(g, b, n % 5 + 1) for n, (g, b) in enumerate(stays)]
    stars = [reply.expect(201)["rating"] for reply in at_once(calls)]
    return rating_of(host, listing), recount(stars), host, listing, stays


def test_many_reviews_at_once_are_all_counted(start_server, new_database, new_redis, api_of):
    with server_with(start_server, new_database, new_redis, api_of) as (api, connection):
        said, counted, host, listing, stays = many_at_once(api, connection)
        assert said == counted
        assert len(api.anonymous.get(f"/properties/{listing['id']}/reviews/?limit=100").expect(200)["results"]) == CROWD

        # And both sides of one stay, and one side twice, at the same time: once each, and both public.
        guest, booking = api.new_guest(), None
        booking = Make(api).booking(listing, guest, check_in=20, nights=2)
        over(connection, booking, api.clock.now())
        assert guest.token and host.token
        replies = at_once([lambda p=p: write(p, booking, 3) for p in (guest, host) * 8])
        assert sorted(r.status for r in replies) == [201, 201] + [409] * 14
        assert rating_of(host, listing)[1] == CROWD + 1
        statuses = connection.execute("select published_at is not null as out from review where booking_id = %s", [booking["id"]])
        assert [r["out"] for r in statuses.fetchall()] == [True, True]


def test_without_the_counting_the_recount_finds_it(start_server, new_database, new_redis, api_of):
    """The control: the oracle notices sums that do not follow."""
    broken = "create or replace function count_review() returns trigger language plpgsql as 'begin return null; end'"
    with server_with(start_server, new_database, new_redis, api_of, broken) as (api, connection):
        said, counted, *_ = many_at_once(api, connection)
        assert said != counted and counted[1] == CROWD


class Stay:
    """What the model knows: when it closes, and the guest's stars of it."""

    def __init__(self, booking, closes):
        self.booking, self.closes = booking, closes
        self.id, self.stars, self.host_wrote, self.hidden, self.version = None, None, False, False, None

    def out(self, now):
        return self.stars is not None and (self.host_wrote or self.closes <= now)


def machine_for(api, connection, reached):
    make = Make(api)
    host, admin = api.new_host(), api.new_admin()

    class Reviews(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            self.listing = make.listing(host, time_zone="UTC")
            self.guests = {guest: [] for guest in crowd_of_three}

        def now(self):
            return api.clock.now()

        def stays(self):
            return [stay for stays in self.guests.values() for stay in stays]

        def written(self):
            return [(g, stay) for g, stays in self.guests.items() for stay in stays if stay.stars is not None]

        def current(self):
            """The reviews the world sees: of each guest the public one of the latest stay."""
            found = []
            for stays in self.guests.values():
                public = [s for s in stays if s.out(self.now())]
                found += [s for s in public[-1:] if not s.hidden]
            return found

        @rule(data=st.data(), step=st.sampled_from(
            ["stay"] * 2 + ["guest writes"] * 3 + ["host writes"] * 2 + ["edit", "hide", "restore"] + ["wait"]))
        def step(self, data, step):
            guest = data.draw(st.sampled_from(crowd_of_three))
            if step == "stay":
                self.stay(guest)
            elif step == "wait":
                api.clock.advance(days=data.draw(st.sampled_from([1, 5, 16])))
            elif step in ("guest writes", "host writes") and self.guests[guest]:
                stay = data.draw(st.sampled_from(self.guests[guest]))
                self.guest_writes(guest, stay, data.draw(st.integers(1, 5))) if step[0] == "g" else self.host_writes(stay)
            elif step in ("edit", "hide", "restore") and self.written():
                author, stay = data.draw(st.sampled_from(self.written()))
                getattr(self, step)(author, stay, data.draw(st.integers(1, 5)))

        def stay(self, guest):
            ended = self.now().date() - datetime.timedelta(days=1)
            closes = datetime.datetime.combine(ended + datetime.timedelta(days=15), datetime.time(), datetime.timezone.utc)
            if self.guests[guest] and self.guests[guest][-1].closes >= closes:
                return
            booking = make.booking(self.listing, guest, check_in=20, nights=2)
            over(connection, booking, self.now())
            self.guests[guest].append(Stay(booking, closes))

        def guest_writes(self, guest, stay, stars):
            later = [s for s in self.guests[guest] if s.closes > stay.closes and s.stars is not None]
            reply = write(guest, stay.booking, stars)
            if stay.stars is not None or stay.closes <= self.now() or later:
                reply.expect(409, "wrong_state")
                return
            stay.id, stay.stars = reply.expect(201)["id"], stars
            reached.add("revised" if len([s for s in self.guests[guest] if s.stars is not None]) > 1 else "written")

        def host_writes(self, stay):
            reply = write(host, stay.booking, 5)
            if stay.host_wrote or stay.closes <= self.now():
                reply.expect(409, "wrong_state")
                return
            reply.expect(201)
            stay.host_wrote = True

        def edit(self, author, stay, stars):
            reply = author.patch(f"/reviews/{stay.id}/", {"rating": stars})
            later = [s for s in self.guests[author] if s.closes > stay.closes and s.out(self.now())]
            if stay.out(self.now()) or later:
                reply.expect(409, "wrong_state")
                return
            stay.stars = reply.expect(200)["rating"]
            reached.add("edited")

        def hide(self, author, stay, stars):
            reply = admin.post(f"/reviews/{stay.id}/hide/", {"reason": "test"})
            reply.expect(*((409, "wrong_state") if stay.hidden else (200,)))
            reached.add("hidden")
            stay.hidden = True

        def restore(self, author, stay, stars):
            reply = admin.post(f"/reviews/{stay.id}/restore/", {"reason": "test"})
            reply.expect(*((200,) if stay.hidden else (409, "wrong_state")))
            reached.add("restored" if stay.hidden else "left")
            stay.hidden = False

        @invariant()
        def the_rating_is_what_the_list_shows(self):
            if not hasattr(self, "listing"):
                return
            expected = self.current()
            rows = api.anonymous.get(f"/properties/{self.listing['id']}/reviews/?limit=100").expect(200)["results"]
            assert sorted(r["id"] for r in rows) == sorted(s.id for s in expected)
            assert sorted(r["rating"] for r in rows) == sorted(s.stars for s in expected)
            assert rating_of(host, self.listing) == recount(s.stars for s in expected)

        def teardown(self):
            api.clock.reset()

    crowd_of_three = [api.new_guest() for _ in range(3)]
    return Reviews


def test_after_any_steps_the_rating_is_a_recount(start_server, new_database, new_redis, api_of):
    with server_with(start_server, new_database, new_redis, api_of) as (api, connection):
        reached = set()
        run_state_machine_as_test(machine_for(api, connection, reached), settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck)))
        assert reached >= {"written", "revised", "edited", "hidden", "restored"}, reached
