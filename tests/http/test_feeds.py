"""Calendars of other platforms close nights here, and only as the last good version of them says (domain rules, 4.5)."""

import datetime
import secrets

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.calendars import DAY, calendar, event, nights_of
from support.processes import wait_until
from support.stays import ask, free


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


def test_what_is_broken_or_over_closes_as_little_as_no_event_at_all(platform):
    listing, day, today = platform.make.listing(platform.host), platform.days(), platform.clock.now().date()
    over = event(today - 20 * DAY, today - 15 * DAY)
    good = calendar(over, event(day[10], day[13]), event(day[20], day[25]))
    feed = platform.feed(listing, "spent", good)
    closed = platform.nights(feed)
    for hollow in (calendar(event(day[13], day[10]), event(day[25], day[20])), calendar(over)):
        held = platform.again(feed, hollow)
        assert (held["health"], held["last_outcome"], platform.nights(feed)) == ("doubtful", "held_empty", closed)
        assert platform.again(feed, good)["health"] == "healthy"
    # Stays that are really cancelled: all but the last at once, the last when it has been gone for long enough.
    platform.again(feed, calendar(over, event(day[20], day[25])))
    assert platform.nights(feed) == nights_of([(day[20], day[25])])
    assert platform.again(feed, calendar(over))["health"] == "doubtful"
    platform.clock.advance(hours=2)
    assert (platform.again(feed)["health"], platform.nights(feed)) == ("healthy", set())


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


def test_validators_that_cannot_be_kept_do_not_keep_a_calendar_from_being_read(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    odd = {"ETag": '"\xe9"', "Last-Modified": "le 1er f\xe9vrier"}
    url = platform.calendars.put("odd", calendar(event(day[10], day[13])), **odd)
    feed = platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "odd", "url": url}).expect(201)
    assert platform.fetched(feed, 1)["last_outcome"] == "read" and platform.nights(feed) == nights_of([(day[10], day[13])])
    assert platform.again(feed)["last_outcome"] == "read"
    assert not {"If-None-Match", "If-Modified-Since"} & platform.calendars.asked[-1][1].keys()


def test_no_fetch_begins_that_would_wait_for_others(platform):
    """A fetch has little time; none of it is spent on waiting for a thread while other platforms are slow."""
    listing, seen = platform.make.listing(platform.host), len(platform.calendars.asked)
    running = "select count(*) as n from job where kind = 'feeds.fetch' and status = 'running'"
    platform.calendars.open.clear()
    try:
        feeds = []
        for n in range(7):
            url = platform.calendars.put(f"slow{n}", calendar())
            feeds.append(platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": url}).expect(201))
        wait_until(lambda: len(platform.calendars.asked) - seen >= 4, 30, "as many fetches as there can be")
        assert platform.db.execute(running).fetchone()["n"] <= 4
    finally:
        platform.calendars.open.set()
    for feed in feeds:
        platform.fetched(feed, 1)


def test_a_feed_is_fetched_when_it_is_due(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    feed = platform.feed(listing, "due", calendar(event(day[10], day[13])))
    platform.calendars.put("due", calendar(event(day[11], day[13])))
    platform.clock.advance(minutes=70)
    platform.fetched(feed, 2)
    assert platform.nights(feed) == nights_of([(day[11], day[13])])


def test_what_is_being_read_is_not_due_as_well(platform):
    listing, seen = platform.make.listing(platform.host), len(platform.calendars.asked)
    url, due = platform.calendars.put("reading", calendar()), {"kind": "feeds.enqueue_due", "key": "now"}
    platform.calendars.open.clear()
    try:
        feed = platform.host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": url}).expect(201)
        wait_until(lambda: len(platform.calendars.asked) > seen, 30, "its first fetch under way")
        platform.db.execute("insert into job (kind, payload, priority, status, unique_key) values (%(kind)s, '{}', 9, 'waiting', %(key)s)", due)
        running = "select from job where kind = %(kind)s and unique_key = %(key)s"
        wait_until(lambda: not platform.db.execute(running, due).fetchall(), 30, "what is due asked for")
    finally:
        platform.calendars.open.set()
    platform.fetched(feed, 1)
    assert platform.idle(feed) and len(platform.history(feed)) == 1


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
