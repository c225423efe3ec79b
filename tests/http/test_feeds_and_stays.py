"""Calendars of other platforms beside stays here: overlaps are told once, and no closed night is sold (domain rules, 4.5)."""

import secrets
import threading

import psycopg

from support.calendars import calendar, event, nights_of
from support.make import Make
from support.other_platform import HOLES
from support.stays import ask, becomes, book, free


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
