"""A property's own calendar, as other platforms read it, and two properties that read each other's."""

import datetime
import secrets

import icalendar
import pytest

from support.calendars import calendar, event
from support.stays import free


def address(host, listing, name="Elsewhere"):
    """The secret address, as a path for `read`."""
    made = host.post(f"/properties/{listing['id']}/ical/", {"name": name}).expect(201)
    return made, "/" + made["url"].split("/", 3)[3]


def events(reply):
    assert reply.status == 200 and reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    parsed = icalendar.Calendar.from_ical(reply.body)
    assert parsed.errors == [] and parsed["VERSION"] == "2.0" and parsed["PRODID"]
    return [e for e in parsed.walk("VEVENT")]


def spans(found):
    return [(str(e.decoded("dtstart")), str(e.decoded("dtend")), str(e["summary"])) for e in found]


def test_the_calendar_says_which_nights_are_closed_and_nothing_of_anybody(api, make, server, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, title="Flat; by the canal, " + "é漢😀" * 25)
    day = [clock.today(n) for n in range(60)]
    stay = make.booking(listing, guest, check_in=10, nights=4)
    host.post(f"/properties/{listing['id']}/blocks/", {"from": day[20], "to": day[25]}).expect(201)
    made, path = address(host, listing)
    assert made["url"].startswith(f"http://127.0.0.1:{server.port}/ical/")
    reply = server.get(path)
    found = events(reply)
    assert spans(found) == [(day[10], day[14], "Reserved"), (day[20], day[25], "Not available")]
    for person in (guest, host):
        assert person.username not in reply.body.decode() and person.id not in reply.body.decode()
    assert reply.body.endswith(b"\r\n")
    for line in reply.body[:-2].split(b"\r\n"):
        assert 0 < len(line) <= 75 and b"\n" not in line and line.decode()
    assert str(icalendar.Calendar.from_ical(reply.body)["X-WR-CALNAME"]) == listing["title"]
    assert len({str(e["uid"]) for e in found}) == 2 and all(e["sequence"] == 0 and e["dtstamp"] for e in found)
    assert found[0].decoded("dtstart").__class__ is datetime.date

    again = server.get(path)
    assert again.body == reply.body and again.headers["ETag"] == reply.headers["ETag"]
    assert reply.headers["Cache-Control"].startswith("private")
    assert server.get(path, headers={"If-None-Match": reply.headers["ETag"]}).status == 304
    assert server.head(path).status == 200 and server.head(path).body == b""
    assert server.post(path).status == 405

    guest.post(f"/bookings/{stay['id']}/cancel/", {}).expect(200)
    after = server.get(path, headers={"If-None-Match": reply.headers["ETag"]})
    assert spans(events(after)) == [(day[20], day[25], "Not available")]


def test_an_entry_keeps_its_uid_while_its_sequence_grows(api, make, server, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, booking_mode="request", time_zone="UTC")
    _, path = address(host, listing)
    stay = make.booking(listing, guest, check_in=3, nights=2)
    assert events(server.get(path)) == []  # not sure yet
    host.post(f"/bookings/{stay['id']}/accept/").expect(200)
    before = events(server.get(path))[0]
    assert before["sequence"] == 1 and before["uid"].startswith(f"stay-{stay['id']}")


def test_addresses_are_secret_many_and_revocable(api, make, server, db, clock):
    host, listing = api.new_host(), None
    listing = make.listing(host)
    one, first = address(host, listing, "One")
    two, second = address(host, listing, "Two")
    rows = host.get(f"/properties/{listing['id']}/ical/").expect(200)["results"]
    assert [(r["id"], r["name"], r["last_read_at"]) for r in rows] == [(one["id"], "One", None), (two["id"], "Two", None)]
    secret = first.split("?s=")[1]
    assert secret not in str(rows) and secret not in str(db.execute("select secret_hash, * from ical_address").fetchall())
    assert server.get(first).status == server.get(second).status == 200
    assert secret not in server.log_text(), "the secret is in the query, which is not logged"
    read = host.get(f"/properties/{listing['id']}/ical/").expect(200)["results"]
    assert all(r["last_read_at"] for r in read)

    for wrong in (first[:-1] + ("A" if first[-1] != "A" else "B"), first.split("?")[0], first.split("?")[0] + "?s=",
                  second.split("?")[0] + "?s=" + secret, "/ical/", "/ical/x.ics?s=" + secret, f"/ical/{one['id']}?s={secret}",
                  first + "&a=b", f"/ical/{secrets.token_hex(16)}.ics?s={secret}"):
        assert server.get(wrong).expect(404)["code"] == "not_found"
    host.delete(f"/properties/{listing['id']}/ical/{one['id']}/").expect(204)
    host.delete(f"/properties/{listing['id']}/ical/{one['id']}/").expect(404)
    assert (server.get(first).status, server.get(second).status) == (404, 200)
    for _ in range(9):
        address(host, listing)
    host.post(f"/properties/{listing['id']}/ical/", {}).expect(422)
    host.delete(f"/properties/{listing['id']}/").expect(204)
    assert server.get(second).status == 404


def test_what_feeds_close_is_not_exported(platform):
    listing, day = platform.make.listing(platform.host), platform.days()
    _, path = address(platform.host, listing)
    platform.feed(listing, "in", calendar(event(day[10], day[14])))
    assert events(platform.server.get(path)) == []


def test_two_calendars_that_read_each_other_settle_and_free_nights_again(platform):
    """Ours, twice, as each other's platform: nothing goes round, whatever the order."""
    host, guest, day = platform.host, platform.api.new_guest(), platform.days()
    a, b = platform.make.listing(host), platform.make.listing(host)
    urls = [address(host, listing)[0]["url"] for listing in (a, b)]
    feeds = [host.post(f"/properties/{listing['id']}/feeds/", {"name": "other", "url": url}).expect(201)
             for listing, url in ((a, urls[1]), (b, urls[0]))]
    for feed in feeds:
        platform.fetched(feed, 1)
    stay = platform.make.booking(a, guest, check_in=10, nights=4)
    for _ in range(2):
        for feed in feeds:
            platform.again(feed)
    for listing in (a, b):
        assert free(platform.api, listing, day[9], day[15]) == [(day[9], day[10]), (day[14], day[15])]
        assert platform.conflicts(listing) == []
    guest.post(f"/bookings/{stay['id']}/cancel/", {}).expect(200)
    platform.again(feeds[1])
    assert platform.host.get(f"/feeds/{feeds[1]['id']}/").expect(200)["health"] == "doubtful"
    platform.clock.advance(hours=3)
    for feed in feeds:
        platform.again(feed)
    for listing in (a, b):
        assert free(platform.api, listing, day[9], day[15]) == [(day[9], day[15])]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_past_nights_leave_the_calendar_by_the_propertys_own_day(api, make, server, clock, zone):
    host, listing = api.new_host(), None
    listing = make.listing(host, time_zone=zone)
    _, path = address(host, listing)
    host.post(f"/properties/{listing['id']}/blocks/", {"from": clock.today(5), "to": clock.today(7)}).expect(201)
    assert len(events(server.get(path))) == 1
    clock.advance(days=8)
    assert events(server.get(path)) == []
