"""Subscriptions: what is told to whom, when a connection ends, and how many there may be."""

import urllib.parse
import uuid

import psycopg
import pytest
from psycopg.rows import dict_row

from support.events import COMMENT, STREAM, Events
from support.graph import JSON, RESPONSE, Graph, rest_id
from support.make import Make
from support.processes import wait_until

BOOKINGS = "subscription { bookingChanged { id status version guest { id } } }"
NOTIFICATIONS = "subscription { notificationAdded { id kind title subjectId } }"


def told(events):
    booking = events.data()["bookingChanged"]
    return rest_id(booking["id"]), booking["status"]


def cancel(person, booking):
    person.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)


def tell(db, *words):
    db.execute("select pg_notify('roost_news', %s)", [" ".join(str(w) for w in words)])


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_guest_and_host_follow_a_stay_step_by_step(server, api, make, method):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    with Events(server, BOOKINGS, guest, method) as to_guest, Events(server, BOOKINGS, host, method) as to_host:
        assert to_guest.status == 200 and to_guest.reply.headers["content-type"].startswith("text/event-stream")
        booking = make.booking(listing, guest)
        for events in (to_guest, to_host):
            assert told(events) == (booking["id"], "CONFIRMED")
        cancel(guest, booking)
        for events in (to_guest, to_host):
            assert told(events) == (booking["id"], "CANCELLED_BY_GUEST")


def test_nobody_else_hears_of_it_whatever_is_said_over_the_channel(server, api, make, db):
    guest, stranger = api.new_guest(), api.new_guest()
    host = api.new_host()
    with Events(server, BOOKINGS, stranger) as events, Events(server, BOOKINGS, guest) as control:
        first = make.booking(make.listing(host), guest)
        assert told(control) == (first["id"], "CONFIRMED")
        tell(db, "booking", first["id"], stranger.id)  # the service does not show it to them
        tell(db, "booking", first["id"], guest.id)
        assert told(control) == (first["id"], "CONFIRMED"), "what is said over the channel does arrive"
        own = make.booking(make.listing(host), stranger)
        assert told(events) == (own["id"], "CONFIRMED"), "their own is the first they hear of"
    tell(db, "booking", "no-id", guest.id)
    tell(db, "")


def test_notifications_arrive_as_they_are_in_the_list(server, api, make):
    host, guest = api.new_host(), api.new_guest()
    with Events(server, NOTIFICATIONS, host) as events:
        booking = make.booking(make.listing(host), guest)
        shown = events.data()["notificationAdded"]
        assert shown["subjectId"].endswith(booking["id"])
    listed = Graph(server, host).ask("{ notifications { nodes { id kind title subjectId } } }")["notifications"]["nodes"]
    assert shown in listed


def test_a_notification_of_somebody_else_is_not_shown(server, api, make, db):
    host, stranger = api.new_host(), api.new_guest()
    make.booking(make.listing(host), api.new_guest())
    find = "select id from notification where user_id = %s order by id"
    theirs = wait_until(lambda: db.execute(find, [host.id]).fetchone(), 30, "the host's notification")["id"]
    with Events(server, NOTIFICATIONS, stranger) as events:
        tell(db, "notification", theirs, stranger.id)
        make.booking(make.listing(host), stranger)
        own = events.data()["notificationAdded"]
    assert own["id"].rpartition(":")[2] == str(db.execute(find, [stranger.id]).fetchone()["id"]) != str(theirs)


def test_what_happens_in_another_process_arrives_in_order(two_servers, api_of):
    here, there = two_servers
    make = Make(there)
    host, guest = there.new_host(), there.new_guest()
    listing = make.listing(host)
    with Events(here.server, BOOKINGS, guest) as events:
        bookings = []
        for start in (30, 40, 50):
            bookings.append(make.booking(listing, guest, check_in=start))
            assert told(events) == (bookings[-1]["id"], "CONFIRMED")
        for booking in bookings:
            cancel(guest, booking)
            assert told(events) == (booking["id"], "CANCELLED_BY_GUEST")


def test_fragments_aliases_and_variables_are_those_of_any_operation(server, api, make):
    guest = api.new_guest()
    query = """subscription Follow($full: Boolean!) { ...Root }
        fragment Root on Subscription { stay: bookingChanged { id price @include(if: $full) { total { amount } } } }"""
    with Events(server, query, guest, full=True) as full, Events(server, query, guest, full=False) as short:
        booking = make.booking(make.listing(api.new_host()), guest)
        assert full.data()["stay"]["price"]["total"]["amount"] > 0
        assert [set(short.data()["stay"])] == [{"id"}] and booking


def test_a_query_and_a_mutation_are_told_as_one_event(server, api):
    guest = api.new_guest()
    with Events(server, "{ __typename }") as events:
        assert events.rest() == [("next", {"data": {"__typename": "Query"}}), ("complete", None)]
    with Events(server, 'mutation { updateAccount(input: { bio: "by events" }) { userErrors { code } } }', guest) as events:
        assert events.rest()[0] == ("next", {"data": {"updateAccount": {"userErrors": []}}})
    assert guest.get("/users/me/").expect(200)["bio"] == "by events"
    with Events(server, 'mutation { updateAccount(input: { bio: "by GET" }) { userErrors { code } } }', guest, "GET") as events:
        assert events.status == 405
    assert guest.get("/users/me/").expect(200)["bio"] == "by events"


def test_who_is_not_signed_in_is_refused(server):
    for query in (BOOKINGS, NOTIFICATIONS):
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            with Events(server, query, headers=headers) as refused:
                assert refused.status == 401 and refused.errors() == ["not_signed_in"]


@pytest.mark.parametrize("query,code", [
    ("subscription {", "graphql_syntax"),
    ("subscription { nothing }", "graphql_invalid"),
    ("subscription { bookingChanged { id } notificationAdded { id } }", "graphql_invalid"),
    ("subscription { __typename }", "graphql_invalid"),
    ("subscription($id: ID!) { bookingChanged { id } }", "graphql_invalid"),
])
def test_what_is_not_valid_is_refused_before_a_stream_begins(server, api, query, code):
    with Events(server, query, api.as_guest()) as refused:
        assert refused.status == 400 and set(refused.errors()) == {code}


def test_a_subscription_is_answered_as_events_only(server, api):
    for accept in (JSON, RESPONSE, None):
        reply = Graph(server, api.as_guest()).send(BOOKINGS, headers={"Accept": accept})
        assert reply.status == 406 and [e["extensions"]["code"] for e in reply.json["errors"]] == ["not_acceptable"]


def test_head_is_not_for_subscriptions(server, api):
    path = "/graphql?" + urllib.parse.urlencode({"query": BOOKINGS})
    refused = server.request("HEAD", path, headers={**api.as_guest().standing_headers(), "Accept": STREAM})
    assert refused.status == 405 and refused.headers["allow"] == "GET, POST"


@pytest.fixture(scope="module")
def small(start_server, new_database, new_redis, api_of):
    """A server with small bounds, as (server, api, make, database)."""
    bounds = {"SUBSCRIPTIONS": 3, "SUBSCRIPTIONS_OF_ONE": 2, "SUBSCRIPTION_BUFFER": 2, "KEEP_ALIVE_SECONDS": 1}
    database = new_database()
    server = start_server(database, new_redis(), **{f"ROOST_GRAPHQL_{name}": str(n) for name, n in bounds.items()})
    api = api_of(server)
    yield server, api, Make(api), database
    server.close()


def opened(server, person):
    """A stream, once there is a place for it."""

    def attempt():
        events = Events(server, BOOKINGS, person)
        if events.status == 200:
            return events
        events.close()

    return wait_until(attempt, 30, "a place for a subscription")


def test_each_bound_holds_at_its_number_and_not_beyond(small):
    server, api, _, _ = small
    one, other, third = (api.new_guest() for _ in range(3))
    mine = [opened(server, one), opened(server, one)]
    with Events(server, BOOKINGS, one) as refused:
        assert refused.status == 429 and refused.errors() == ["too_many_requests"] and refused.reply.headers["retry-after"]
    theirs = opened(server, other)
    with Events(server, BOOKINGS, third) as refused:
        assert refused.status == 503 and refused.errors() == ["overloaded"] and refused.reply.headers["retry-after"]
    mine[0].close()  # who goes away makes room
    for events in (opened(server, third), mine[1], theirs):
        events.close()


def test_a_quiet_stream_is_kept_alive_and_ends_with_its_session(small):
    server, api, _, _ = small
    guest = api.new_guest()
    with opened(server, guest) as events:
        assert [events.next(), events.next()] == [COMMENT, COMMENT]
        guest.post("/auth/logout/").expect(204)
        assert events.rest() == [], "without complete: who comes again is told why"


def test_closing_the_account_ends_it(small):
    server, api, _, _ = small
    guest = api.new_guest()
    with opened(server, guest) as events:
        assert events.next() == COMMENT
        guest.delete("/users/me/").expect(204)
        assert events.rest() == []


def test_who_does_not_keep_up_is_dropped_and_who_does_is_not(small):
    server, api, make, database = small
    host, slow, good = api.new_host(), api.new_guest(), api.new_guest()
    with psycopg.connect(database, autocommit=True) as db, opened(server, slow) as dropped, opened(server, good) as kept:
        booking = make.booking(make.listing(host), good)
        assert told(kept) == (booking["id"], "CONFIRMED"), "nothing but what is told below is on its way"
        with psycopg.connect(database) as holding:
            holding.execute("lock table booking in access exclusive mode")
            waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            tell(db, "booking", booking["id"], good.id)
            wait_until(lambda: db.execute(waits).fetchone(), 30, "reading what was told")
            for _ in range(2):  # as many as may wait
                tell(db, "booking", uuid.uuid4(), good.id)
            for _ in range(4):  # one is being read, two may wait
                tell(db, "booking", uuid.uuid4(), slow.id)
            assert dropped.rest() == []
        assert told(kept) == (booking["id"], "CONFIRMED")


def test_a_connection_lasts_so_long_and_the_next_one_goes_on(start_server, new_database, new_redis, api_of):
    database = new_database()
    server = start_server(database, new_redis(), ROOST_GRAPHQL_SUBSCRIPTION_SECONDS="1")
    api = api_of(server)
    guest, listing = api.new_guest(), Make(api).listing(api.new_host())
    with Events(server, BOOKINGS, guest) as first:
        assert first.rest() == [], "without complete, so clients come again"
    booking = Make(api).booking(listing, guest)
    with psycopg.connect(database, autocommit=True) as db:

        def hears():
            with Events(server, BOOKINGS, guest) as events:
                tell(db, "booking", booking["id"], guest.id)
                return events.rest()

        heard = wait_until(hears, 30, "an event within a second")[0]
    assert heard[0] == "next" and rest_id(heard[1]["data"]["bookingChanged"]["id"]) == booking["id"]


def test_a_server_that_ends_completes_every_stream(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis())
    api = api_of(server)
    streams = [Events(server, query, api.new_guest()) for query in (BOOKINGS, NOTIFICATIONS, BOOKINGS)]
    assert server.stop(40) == 0
    for events in streams:
        assert events.rest() == [("complete", None)]
        events.close()


def test_a_killed_connection_to_postgresql_ends_streams_and_the_next_ones_hear_again(start_server, new_database, new_redis, api_of):
    database = new_database()
    server = start_server(database, new_redis())
    api = api_of(server)
    guest, listing = api.new_guest(), Make(api).listing(api.new_host())
    listening = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query in ('select', 'listen \"roost_news\"')"
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db, Events(server, BOOKINGS, guest) as events:
        assert db.execute(listening).fetchall()
        assert events.rest() == [], "something may have been missed"
        with Events(server, BOOKINGS, guest) as again:
            booking = Make(api).booking(listing, guest)
            assert told(again) == (booking["id"], "CONFIRMED")
