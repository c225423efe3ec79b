"""Calendars of other platforms close nights here, and only as the last good version of them says (domain rules, 4.5)."""

import datetime
import secrets
import threading

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.calendars import calendar, event, nights_of
from support.make import Make
from support.other_platform import HOLES
from support.stays import ask, becomes, book, free


def test_a_calendar_closes_its_nights_and_leaves_the_day_of_departure(platform):
    listing, guest, day = platform.make.listing(platform.host), platform.api.new_guest(), platform.days()
    feed = platform.feed(listing, "plain", calendar(event(day[10], day[13]), event(day[13], day[15]), event(day[20], day[22])))
    assert (feed["health"], feed["events"], feed["nights"], feed["ignored"]) == ("healthy", 3, 7, 0)
    assert platform.nights(feed) == nights_of([(day[10], day[15]), (day[20], day[22])])
    assert free(platform.api, listing, day[9], day[23]) == [(day[9], day[10]), (day[15], day[20]), (day[22], day[23])]
    shown = platform.host.get(f"/properties/{listing['id']}/calendar/?from={day[14]}&to={day[16]}").expect(200)["nights"]
    assert [(n["available"], n.get("reason")) for n in shown] == [(False, "imported"), (True, None)]
    ask(guest, listing, day[14], day[16]).expect(409, "dates_taken")
    stay = platform.make.booking(listing, guest, check_in=15, nights=5)
    assert stay["status"] == "confirmed"
    platform.host.delete(f"/feeds/{feed['id']}/").expect(204)
    platform.host.get(f"/feeds/{feed['id']}/").expect(404)
    assert free(platform.api, listing, day[9], day[23]) == [(day[9], day[15]), (day[20], day[23])]


def test_several_feeds_share_nights_and_each_frees_only_its_own(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    one = platform.feed(listing, "one", calendar(event(day[10], day[20])))
    two = platform.feed(listing, "two", calendar(event(day[15], day[25])))
    assert platform.host.get(f"/properties/{listing['id']}/feeds/").expect(200)["results"][0]["id"] == one["id"]
    assert free(platform.api, listing, day[2], day[30]) == [(day[2], day[10]), (day[25], day[30])]
    platform.host.delete(f"/feeds/{one['id']}/").expect(204)
    assert free(platform.api, listing, day[2], day[30]) == [(day[2], day[15]), (day[25], day[30])]
    platform.again(two, calendar(event(day[15], day[17])))
    assert free(platform.api, listing, day[2], day[30]) == [(day[2], day[15]), (day[17], day[30])]
    platform.is_sound()


def test_what_is_no_whole_calendar_changes_nothing(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    good = calendar(event(day[10], day[13]), event(day[20], day[25]))
    feed = platform.feed(listing, "flaky", good)
    closed = platform.nights(feed)
    for outcome, page in {
        "bad_status": {"text": good, "status": 500}, "not_a_calendar": {"text": "<!doctype html><title>Sign in</title>"},
        "truncated": {"text": good[: len(good) // 2]}, "broken": {"text": good, "cut": 20},
        "malformed": {"text": good.replace("DTSTART;VALUE=DATE:", "DTSTART;VALUE=DATE:x")},
        "too_large": {"text": good + " " * 5_000_000},
        "too_complex": {"text": calendar(event(day[1], day[2], "", "a", "RRULE:FREQ=SECONDLY;COUNT=1000000000"))},
        "too_many_events": {"text": calendar(*[event(day[1], day[2])] * 10_001)},
    }.items():
        failed = platform.again(feed, page.pop("text"), **page)
        assert (failed["health"], failed["last_outcome"]) == ("failing", outcome)
        assert platform.nights(feed) == closed
    assert failed["failures"] >= 8 and failed["last_success_at"] == feed["last_success_at"]
    assert platform.host.get(f"/feeds/{feed['id']}/history/").expect(200)["results"][-1]["added"] == 8
    healed = platform.again(feed, good)
    assert (healed["health"], healed["failures"], platform.nights(feed)) == ("healthy", 0, closed)


def test_an_empty_version_is_believed_only_when_it_lasts(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    good = calendar(event(day[10], day[13]), event(day[20], day[25]))
    feed = platform.feed(listing, "hollow", good)
    closed = platform.nights(feed)
    doubtful = platform.again(feed, calendar())
    assert (doubtful["health"], doubtful["last_outcome"]) == ("doubtful", "held_empty") and doubtful["empty_since"]
    platform.clock.advance(minutes=55)
    assert platform.again(feed)["health"] == "doubtful" and platform.nights(feed) == closed
    back = platform.again(feed, good)
    assert (back["health"], back["empty_since"], platform.nights(feed)) == ("healthy", None, closed)
    platform.again(feed, calendar())
    platform.clock.advance(hours=2)
    gone = platform.again(feed)
    assert (gone["health"], gone["nights"], platform.nights(feed)) == ("healthy", 0, set())
    assert free(platform.api, listing, day[5], day[30]) == [(day[5], day[30])]


def test_an_unchanged_calendar_is_not_sent_again(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    text = calendar(event(day[10], day[13]))
    platform.calendars.put("tagged", text, ETag='"v1"')
    url = platform.calendars.put("tagged", text, ETag='"v1"')
    feed = platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "tagged", "url": url}).expect(201)
    platform.fetched(feed, 1)
    assert platform.again(feed)["last_outcome"] == "not_modified"
    assert platform.calendars.asked[-1][1]["If-None-Match"] == '"v1"'
    assert platform.nights(feed) == nights_of([(day[10], day[13])])
    moved = platform.again(feed, calendar(event(day[11], day[14])), ETag='"v2"')
    assert moved["last_outcome"] == "read" and platform.nights(feed) == nights_of([(day[11], day[14])])


def test_a_feed_is_fetched_when_it_is_due(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    feed = platform.feed(listing, "due", calendar(event(day[10], day[13])))
    platform.calendars.put("due", calendar(event(day[11], day[13])))
    platform.clock.advance(minutes=70)
    platform.fetched(feed, 2)
    assert platform.nights(feed) == nights_of([(day[11], day[13])])


def test_fetches_out_of_turn_are_limited_and_history_is_bounded(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    feed = platform.feed(listing, "often", calendar(event(day[10], day[13])))
    platform.again(feed)
    reply = platform.host.post(f"/feeds/{feed['id']}/refresh/")
    reply.expect(429, "too_many_requests")
    assert reply.headers["Retry-After"] == "60"
    platform.db.execute("""insert into feed_fetch (feed_id, at, outcome, bytes, events, added, removed)
                           select %s, now(), 'read', 0, 0, 0, 0 from generate_series(1, 300)""", [feed["id"]])
    platform.again(feed, calendar(event(day[10], day[14])))
    assert platform.db.execute("select count(*) from feed_fetch where feed_id = %s", [feed["id"]]).fetchone()["count"] == 100
    assert len(platform.history(feed)) == 100


def test_feeds_can_be_renamed_and_readdressed(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    feed = platform.feed(listing, "old", calendar(event(day[10], day[13])))
    path = f"/feeds/{feed['id']}/"
    assert platform.host.patch(path, {"name": "renamed"}).expect(200)["name"] == "renamed"
    assert platform.host.patch(path, {"url": "ftp://x.example/"}).pointers == ["/url"]
    before = platform.nights(feed)
    dead = platform.calendars.put("dead", "", status=500)
    assert platform.host.patch(path, {"url": dead}).expect(200)["health"] == "waiting"
    assert platform.fetched(feed, 2)["last_outcome"] == "bad_status" and platform.nights(feed) == before
    new = platform.calendars.put("new", calendar(event(day[30], day[31])))
    platform.host.patch(path, {"url": new}).expect(200)
    platform.fetched(feed, 3)
    assert platform.nights(feed) == nights_of([(day[30], day[31])])
    other = platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": new})
    assert other.status == 422 and other.pointers == ["/url"]
    for n in range(9):
        url = platform.calendars.put(f"more{n}", calendar())
        platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": url}).expect(201)
    platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": dead + "?11"}).expect(422)
    taken = platform.host.patch(path, {"url": url})
    assert taken.status == 422 and taken.pointers == ["/url"]


# --------------------------------------------------------------------------------------------- stays here and there


def test_an_overlap_with_a_confirmed_stay_is_told_once_and_changes_nothing(platform):
    listing, guest, day = platform.make.listing(platform.host), platform.api.new_guest(), platform.days()
    stay = platform.make.booking(listing, guest, check_in=10, nights=4)
    feed = platform.feed(listing, "clash", calendar(event(day[12], day[16]), event(day[30], day[40], "Not available")))
    found = platform.conflicts(listing)
    assert [(c["booking_id"], c["from"], c["to"], c["likely_echo"]) for c in found] == [(stay["id"], day[12], day[14], False)]
    platform.again(feed, calendar(event(day[11], day[16]), event(day[30], day[41], "Not available")))
    assert [(c["from"], c["to"], c["found_at"]) for c in platform.conflicts(listing)] == [(day[11], day[14], found[0]["found_at"])]
    assert len(platform.alerts(listing)) == 1 and platform.alerts(listing)[0]["payload"]["host_id"] == platform.host.id
    assert guest.get(f"/bookings/{stay['id']}/").expect(200)["version"] == stay["version"]

    guest.post(f"/bookings/{stay['id']}/cancel/", {}).expect(200)
    assert platform.conflicts(listing) == []
    assert free(platform.api, listing, day[9], day[17]) == [(day[9], day[11]), (day[16], day[17])]
    platform.is_sound()


def test_the_far_end_of_a_closure_may_slide_without_a_word(platform):
    listing = platform.make.listing(platform.host)
    day = platform.days(400)
    feed = platform.feed(listing, "slides", calendar(event(day[200], day[360], "Airbnb (Not available)")))
    events = platform.db.execute("select count(*) from outbox_event").fetchone()
    for n in range(1, 4):
        platform.clock.advance(days=1)
        platform.again(feed, calendar(event(day[200], day[360 + n], "Airbnb (Not available)")))
    assert platform.nights(feed) == nights_of([(day[200], day[363])])
    assert platform.db.execute("select count(*) from outbox_event").fetchone() == events


def test_a_stay_that_the_other_platform_repeats_is_listed_without_an_alarm(platform):
    listing, guest, day = platform.make.listing(platform.host), platform.api.new_guest(), platform.days()
    feed = platform.feed(listing, "echo", calendar(event(day[30], day[32])))
    stay = platform.make.booking(listing, guest, check_in=10, nights=4)
    platform.again(feed, calendar(event(day[30], day[32]), event(day[10], day[14], "Airbnb (Not available)")))
    assert [(c["booking_id"], c["likely_echo"]) for c in platform.conflicts(listing)] == [(stay["id"], True)]
    assert platform.alerts(listing) == []
    # The same nights, but said to be somebody's stay.
    other = platform.make.booking(listing, guest, check_in=20, nights=4)
    platform.again(feed, calendar(event(day[30], day[32]), event(day[10], day[14], "Airbnb (Not available)"),
                                  event(day[20], day[24], "Reserved")))
    assert [c["likely_echo"] for c in platform.conflicts(listing) if c["booking_id"] == other["id"]] == [False]
    assert len(platform.alerts(listing)) == 1


def test_a_request_that_is_confirmed_over_a_feed_is_a_conflict_then(platform):
    listing = platform.make.listing(platform.host, booking_mode="request")
    guest, day = platform.api.new_guest(), platform.days()
    stay = platform.make.booking(listing, guest, check_in=10, nights=4)
    platform.feed(listing, "asked", calendar(event(day[10], day[14])))
    assert stay["status"] == "requested" and platform.conflicts(listing) == []
    platform.host.post(f"/bookings/{stay['id']}/accept/").expect(200)
    assert [c["booking_id"] for c in platform.conflicts(listing)] == [stay["id"]] and len(platform.alerts(listing)) == 1


def free_in_every_way(platform, listing, guest, day):
    """Closes day 10 to 14 here in several ways and lets each go again, while a feed closes them too."""
    blocks = f"/properties/{listing['id']}/blocks/"
    block = platform.host.post(blocks, {"from": day[9], "to": day[12]}).expect(201)
    block = platform.host.post(blocks, {"from": day[12], "to": day[15]}).expect(201)  # merges with the other
    assert (block["from"], block["to"]) == (day[9], day[15])
    platform.host.delete(f"{blocks}{block['id']}/").expect(204)
    return free(platform.api, listing, day[9], day[15])


def test_whoever_frees_nights_a_feed_closes_them_still(platform):
    guest, day = platform.api.new_guest(), platform.days()
    instant = platform.make.listing(platform.host)
    stay = platform.make.booking(instant, guest, check_in=10, nights=4)
    asked = platform.make.listing(platform.host, booking_mode="request")
    declined, expired = (platform.make.booking(asked, guest, check_in=n, nights=2) for n in (10, 20))
    platform.feed(instant, "all", calendar(event(day[10], day[14])))
    platform.feed(asked, "asked-too", calendar(event(day[10], day[22])))
    guest.post(f"/bookings/{stay['id']}/cancel/", {}).expect(200)
    assert free(platform.api, instant, day[9], day[15]) == [(day[9], day[10]), (day[14], day[15])]
    platform.host.post(f"/bookings/{declined['id']}/decline/", {}).expect(200)
    platform.clock.advance(hours=25)
    becomes(guest, expired, "expired")
    assert free(platform.api, asked, day[9], day[24]) == [(day[9], day[10]), (day[22], day[24])]
    assert free_in_every_way(platform, instant, guest, day) == [(day[9], day[10]), (day[14], day[15])]
    platform.is_sound()


def test_a_host_sees_what_feeds_close_and_opens_it_at_the_feed(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    path = f"/properties/{listing['id']}/blocks/"
    feed = platform.feed(listing, "shown", calendar(event(day[10], day[14])))
    by_hand = platform.host.post(path, {"from": day[12], "to": day[13]}).expect(201)

    def seen():
        return [(b["kind"], b["from"], b["to"]) for b in platform.host.get(path).expect(200)["results"]]

    assert seen() == [("feed", day[10], day[12]), ("host", day[12], day[13]), ("feed", day[13], day[14])]
    for block in platform.host.get(path).json["results"]:
        if block["kind"] == "feed":
            platform.host.delete(f"{path}{block['id']}/").expect(409, "wrong_state")
            platform.api.new_host().delete(f"{path}{block['id']}/").expect(403, "not_allowed")
            other = platform.make.listing(platform.host)
            platform.host.delete(f"/properties/{other['id']}/blocks/{block['id']}/").expect(404, "not_found")
    platform.host.delete(f"{path}{by_hand['id']}/").expect(204)
    assert seen() == [("feed", day[10], day[14])], "the feed has its night back"
    platform.host.delete(f"/feeds/{feed['id']}/").expect(204)
    assert seen() == []
    platform.is_sound()


def test_nights_of_a_hold_that_ran_out_are_not_sold_when_a_feed_closes_them(start_server, new_database, new_redis, api_of):
    """Nobody does jobs here, so nobody has swept the hold away."""
    database = new_database()
    server = start_server(database, new_redis(), ROOST_JOBS_IN_PROCESS="false")
    api = api_of(server)
    make, host, guest = Make(api), api.new_host(), api.new_guest()
    closed, control = (make.listing(host, booking_mode="request") for _ in range(2))
    for listing in (closed, control):
        make.booking(listing, guest, check_in=10, nights=4)
        host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": "https://calendar.invalid/"}).expect(201)
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("""insert into feed_block (feed_id, property_id, nights)
                      select id, property_id, daterange(%s, %s) from feed where property_id = %s""",
                   [api.clock.today(10), api.clock.today(14), closed["id"]])
    api.clock.advance(hours=25)
    for listing, status in ((closed, 409), (control, 201)):
        person = api.new_guest()
        book(person, ask(person, listing, api.clock.today(10), api.clock.today(12)).expect(201)).expect(status)
    server.close()


def test_without_the_trigger_they_would_be_free(platform):
    """Control."""
    guest, day = platform.api.new_guest(), platform.days()
    listing = platform.make.listing(platform.host)
    stay = platform.make.booking(listing, guest, check_in=10, nights=4)
    feed = platform.feed(listing, "control", calendar(event(day[10], day[14])))
    platform.db.execute("alter table stay_block disable trigger stay_block_feeds")
    try:
        guest.post(f"/bookings/{stay['id']}/cancel/", {}).expect(200)
        assert free(platform.api, listing, day[10], day[14]) == [(day[10], day[14])]
        assert platform.db.execute(HOLES).fetchall() != []
    finally:
        platform.db.execute("alter table stay_block enable trigger stay_block_feeds")
    platform.again(feed)
    platform.is_sound()  # and the next fetch heals it


def test_nights_that_stay_closed_are_never_free_in_between(platform):
    """A platform gives a closure a new UID and other ends whenever it changes; somebody looks all the time."""
    listing, day = platform.make.listing(platform.host), platform.days()
    feed = platform.feed(listing, "moves", calendar(event(day[10], day[20])))
    seen, stop = [], threading.Event()

    def look():
        with psycopg.connect(platform.server.environment["ROOST_DATABASE_URL"], autocommit=True) as db:
            while not stop.is_set():
                seen.append(db.execute("select count(*) from stay_block where property_id = %s and blocked @> %s::date",
                                       [listing["id"], day[15]]).fetchone()[0])

    watcher = threading.Thread(target=look)
    watcher.start()
    for n in range(6):
        platform.again(feed, calendar(event(day[10 + n % 4], day[17 + n], uid=secrets.token_hex(8))))
    stop.set()
    watcher.join()
    assert set(seen) == {1} and len(seen) > 20


def test_an_import_and_bookers_racing_leave_no_hole_and_no_double_sale(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    feed = platform.feed(listing, "race", calendar(event(day[90], day[91])))
    guests = [platform.api.new_guest() for _ in range(6)]
    for round_number in range(5):
        first = 5 + 12 * round_number
        quotes = [(g, ask(g, listing, day[first + n], day[first + n + 4]).expect(201)) for n, g in enumerate(guests)]
        platform.calendars.put("race", calendar(event(day[first + 2], day[first + 6])))
        platform.clock.advance(seconds=61)
        platform.host.post(f"/feeds/{feed['id']}/refresh/").expect(200)
        threads = [threading.Thread(target=book, args=pair) for pair in quotes]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        platform.fetched(feed, 2 + round_number)
        platform.is_sound()


# --------------------------------------------------------------------------------------------- replays

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=8)
versions = st.lists(st.one_of(
    st.tuples(st.just("stable"), spans), st.tuples(st.just("new uids"), spans), st.tuples(st.just("sliding"), spans),
    st.tuples(st.just("500"), spans), st.tuples(st.just("html"), spans), st.tuples(st.just("cut"), spans),
    st.tuples(st.just("short"), spans), st.tuples(st.just("empty"), spans), st.tuples(st.just("a day passes"), spans),
), min_size=4, max_size=10)


def as_sent(kind, ranges):
    """The calendar, and what else the page does."""
    events = [event(a, b, uid=secrets.token_hex(6) if kind == "new uids" else None) for a, b in ranges]
    text = calendar(*events)
    return {"500": (text, {"status": 503}), "html": ("<html></html>", {}), "cut": (text, {"cut": 1}),
            "short": (text[:-4], {}), "empty": (calendar(), {})}.get(kind, (text, {}))


def replay(platform, listing, feed, script):
    believed = set()
    for kind, drawn in script:
        if kind == "a day passes":
            platform.clock.advance(days=1)
        today = platform.clock.now().astimezone(datetime.timezone.utc).date()
        ranges = [(today + datetime.timedelta(days=a), today + datetime.timedelta(days=a + n)) for a, n in drawn]
        if kind == "sliding":
            ranges.append((today + datetime.timedelta(days=300), today + datetime.timedelta(days=360)))
        text, page = as_sent(kind, ranges)
        platform.again(feed, text, **page)
        if kind in ("stable", "new uids", "sliding", "a day passes"):
            believed = nights_of(ranges)
        # From tomorrow on: the clock has moved with the fetch, and what is past is not free.
        first = platform.clock.now().date() + datetime.timedelta(days=1)
        last = first + datetime.timedelta(days=365)
        assert {n for n in platform.nights(feed) if n >= first} == {n for n in believed if n >= first}, kind
        taken = nights_of([(first, last)]) - nights_of(free(platform.api, listing, first, last))
        assert taken == {n for n in believed if first <= n < last}, kind


def test_what_remains_is_what_the_last_good_version_says(platform):
    @settings(max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(script=versions)
    def run(script):
        listing = platform.make.listing(platform.host, time_zone="UTC")
        feed = platform.feed(listing, f"replay {secrets.token_hex(4)}".replace(" ", "-"), calendar())
        replay(platform, listing, feed, script)
        platform.is_sound()

    run()


def test_rules_repeat_as_the_standard_says(platform):
    """Against dateutil, for random rules; one calendar holds many."""
    import random

    from dateutil.rrule import rrulestr

    listing = platform.make.listing(platform.host, time_zone="UTC")
    feed = platform.feed(listing, "rules", calendar())
    today = platform.clock.now().date()
    end = today + datetime.timedelta(days=1000)
    pick = random.Random(5545)
    names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    def random_rule():
        freq = pick.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
        parts = [f"FREQ={freq}", f"INTERVAL={pick.randint(1, 4)}"]
        if pick.random() < 0.3:
            parts.append("BYMONTH=" + ",".join(map(str, pick.sample(range(1, 13), 3))))
        if freq in ("MONTHLY", "YEARLY") and pick.random() < 0.3:
            parts.append("BYMONTHDAY=" + ",".join(map(str, pick.sample([*range(-31, 0), *range(1, 32)], 3))))
        if pick.random() < 0.4:
            nth = freq in ("MONTHLY", "YEARLY") and pick.random() < 0.5
            parts.append("BYDAY=" + ",".join((str(pick.choice([-5, -2, -1, 1, 2, 5])) if nth else "") + n for n in pick.sample(names, 2)))
            if pick.random() < 0.3:
                parts.append(f"BYSETPOS={pick.choice([-2, -1, 1, 2])}")
        if freq == "YEARLY" and pick.random() < 0.2:
            parts = [parts[0], parts[1], "BYYEARDAY=" + ",".join(map(str, pick.sample([*range(-366, 0), *range(1, 367)], 4)))]
        if freq == "WEEKLY" and pick.random() < 0.5:
            parts.append(f"WKST={pick.choice(names)}")
        ending = pick.random()
        if ending < 0.3:
            parts.append(f"COUNT={pick.randint(1, 30)}")
        elif ending < 0.6:
            parts.append("UNTIL=" + (today + datetime.timedelta(days=pick.randint(0, 900))).strftime("%Y%m%d"))
        return ";".join(parts)

    def random_start(rule):
        """dateutil counts BYSETPOS of the first week from the start, not from the week's: there both are one."""
        start = today + datetime.timedelta(days=pick.randint(-300, 300))
        if "WEEKLY" not in rule or "BYSETPOS" not in rule:
            return start
        first = names.index(rule.split("WKST=")[1][:2]) if "WKST" in rule else 0
        return start - datetime.timedelta(days=(start.weekday() - first) % 7)

    for _ in range(150):
        rules = [(rule := random_rule(), random_start(rule), pick.randint(1, 3)) for _ in range(3)]
        expected = set()
        for rule, start, nights in rules:
            begin = datetime.datetime.combine(start, datetime.time())
            for first in {begin, *rrulestr(rule, dtstart=begin).between(begin, datetime.datetime.combine(end, datetime.time()), inc=True)}:
                expected |= {first.date() + datetime.timedelta(days=n) for n in range(nights)}
        platform.again(feed, calendar(*(event(start, start + datetime.timedelta(days=nights), "Reserved", f"u{i}", f"RRULE:{rule}")
                                        for i, (rule, start, nights) in enumerate(rules))))
        tomorrow = platform.clock.now().date() + datetime.timedelta(days=1)  # the clock moves on with every fetch
        got = platform.nights(feed)
        assert {n for n in got if tomorrow <= n < end} == {n for n in expected if tomorrow <= n < end}, rules
