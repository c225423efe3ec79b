"""Reviews: who may write one and when, what is seen of it meanwhile, and how it changes (domain rules, 4.4; T7)."""

import datetime
import zoneinfo

import psycopg
import pytest
from psycopg.rows import dict_row

from support.make import Make
from support.processes import wait_until
from support.reviews import about, listed, rating_of, write
from support.stays import becomes, over

NOTHING = {"written": False, "review": None}


def shown(review):
    return review["rating"], review["comment"]


# --------------------------------------------------------------------------------------------------- who and when


def test_a_stay_is_reviewed_once_it_is_over(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    booking = make.booking(listing, guest, check_in=5, nights=2)
    for moment, status in ((clock.now(), "confirmed"), (booking["starts_at"], "in_stay")):
        clock.set(moment)
        clock.advance(seconds=2)
        becomes(guest, booking, status)
        for person in (guest, host):
            write(person, booking).expect(409, "wrong_state")
        state = about(guest, booking)
        assert (state["open"], state["guest_to_property"], state["host_to_guest"]) == (False, NOTHING, NOTHING)
    clock.set(booking["ends_at"])
    clock.advance(seconds=2)
    becomes(guest, booking, "completed")
    assert about(guest, booking)["open"]
    reply = write(guest, booking, 4, cleanliness=5, value=3, comment="Bright & quiet.")
    review = reply.expect(201)
    assert reply.headers["Location"] == f"/api/v1/reviews/{review['id']}/"
    assert (review["direction"], review["status"], review["rating"], review["cleanliness"], review["value"],
            review["accuracy"], review["comment"], review["imported"]) == (
        "guest_to_property", "pending", 4, 5, 3, None, "Bright & quiet.", False)
    assert (review["author_id"], review["subject_id"], review["property_id"], review["booking_id"]) == (
        guest.id, host.id, listing["id"], booking["id"])
    write(guest, booking, 1).expect(409, "wrong_state")
    assert write(host, booking, 5).expect(201)["direction"] == "host_to_guest"
    write(host, booking, 1).expect(409, "wrong_state")


def test_only_those_who_were_there_review(api, stayed):
    guest, host, _, booking = stayed()
    absent = {"id": "01890000-0000-7000-8000-000000000000"}
    for person in (api.new_guest(), api.as_admin(), api.new_host()):
        for what in (booking, absent):
            assert write(person, what).expect(422)["errors"][0]["pointer"] == "/booking_id"
    api.new_guest().get(f"/bookings/{booking['id']}/reviews/").expect(404)
    assert about(guest, booking)["guest_to_property"] == NOTHING


def test_a_cancelled_stay_is_not_reviewed(api, make):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host), guest)
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    for person in (guest, host):
        write(person, booking).expect(409, "wrong_state")


def test_a_guest_is_not_asked_about_as_a_place(stayed):
    guest, host, _, booking = stayed()
    refused = write(host, booking, accuracy=5, check_in=4, location=3, value=2, cleanliness=1)
    refused.expect(422)
    assert refused.pointers == ["/accuracy", "/check_in", "/location", "/value"]
    made = write(host, booking, cleanliness=4, communication=5).expect(201)
    assert (made["cleanliness"], made["communication"]) == (4, 5)
    assert host.patch(f"/reviews/{made['id']}/", {"value": 3}).pointers == ["/value"]


# -------------------------------------------------------------------------------------------------------- blindness


@pytest.mark.parametrize("first_is", ["guest", "host"])
def test_neither_side_reads_the_other_before_writing(api, stayed, first_is):
    guest, host, listing, booking = stayed()
    first, second = (guest, host) if first_is == "guest" else (host, guest)
    sides = ("guest_to_property", "host_to_guest") if first_is == "guest" else ("host_to_guest", "guest_to_property")
    mine = write(first, booking, 2, comment="only mine").expect(201)
    path = f"/reviews/{mine['id']}/"
    assert about(first, booking)[sides[0]] == {"written": True, "review": mine}
    for reader in (second, api.new_guest(), api.anonymous):
        reader.get(path).expect(404)
    assert about(second, booking)[sides[0]] == {"written": True, "review": None}
    assert listed(api, listing) == [] and rating_of(listing, host) == (None, 0)
    profile = api.anonymous.get(f"/users/{guest.id}/").expect(200)
    assert (profile["guest_rating"], profile["guest_rating_count"]) == (None, 0)
    for verb, body in (("reply", {"reply": "No!"}), ("report", {"reason": "No!"})):
        second.post(f"{path}{verb}/", body).expect(404)

    theirs = write(second, booking, 4, comment="only theirs").expect(201)
    assert theirs["status"] == "published"
    for reader in (first, second, api.new_guest(), api.anonymous):
        seen = reader.get(path).expect(200)
        assert (seen["comment"], seen["status"], seen["rating"]) == ("only mine", "published", 2)
        assert (seen["booking_id"] is None) == (reader not in (first, second))
    about_place, about_guest = (mine, theirs) if first_is == "guest" else (theirs, mine)
    assert [r["id"] for r in listed(api, listing)] == [about_place["id"]]
    assert rating_of(listing, host) == (float(about_place["rating"]), 1)
    profile = api.anonymous.get(f"/users/{guest.id}/").expect(200)
    assert (profile["guest_rating"], profile["guest_rating_count"]) == (float(about_guest["rating"]), 1)
    assert [r["id"] for r in api.anonymous.get(f"/users/{guest.id}/reviews/").expect(200)["results"]] == [about_guest["id"]]
    assert [r["id"] for r in api.anonymous.get(f"/users/{host.id}/reviews/").expect(200)["results"]] == [about_place["id"]]


@pytest.mark.parametrize("zone,check_out", [
    ("Europe/Paris", "2027-03-20"),  # summer time begins before the deadline
    ("America/New_York", "2027-10-30"),  # and ends
    ("Africa/Cairo", "2027-04-15"),  # that midnight is skipped
    ("Pacific/Kiritimati", "2027-05-01"), ("Pacific/Pago_Pago", "2027-05-01")])
def test_what_one_side_wrote_is_public_from_midnight_there_after_two_weeks(api, make, clock, zone, check_out):
    day = datetime.date.fromisoformat(check_out)
    deadline = datetime.datetime.combine(day + datetime.timedelta(days=15), datetime.time(), zoneinfo.ZoneInfo(zone))
    clock.set(datetime.datetime.combine(day - datetime.timedelta(days=5), datetime.time(12), datetime.timezone.utc))
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, time_zone=zone)
    booking = make.booking(listing, guest, check_in=str(day - datetime.timedelta(days=2)), nights=check_out)
    clock.set(booking["ends_at"])
    clock.advance(seconds=2)
    becomes(guest, booking, "completed")
    assert datetime.datetime.fromisoformat(about(guest, booking)["closes_at"]) == deadline.astimezone(datetime.timezone.utc)
    review = write(guest, booking, 3).expect(201)

    clock.set(deadline - datetime.timedelta(minutes=1))
    assert about(host, booking)["open"] and listed(api, listing) == []
    guest.patch(f"/reviews/{review['id']}/", {"rating": 4}).expect(200)
    clock.set(deadline + datetime.timedelta(seconds=1))
    write(host, booking).expect(409, "wrong_state")
    guest.patch(f"/reviews/{review['id']}/", {"rating": 1}).expect(409, "wrong_state")
    [seen] = listed(api, listing)
    assert (seen["id"], seen["rating"]) == (review["id"], 4)
    assert datetime.datetime.fromisoformat(seen["published_at"]) == deadline.astimezone(datetime.timezone.utc)
    assert rating_of(listing, host) == (4.0, 1)
    assert not about(host, booking)["open"] and about(host, booking)["guest_to_property"]["review"]["rating"] == 4


def test_a_host_who_moves_west_has_no_more_time_than_the_guest(api, clock, stayed):
    guest, host, listing, booking = stayed(time_zone="Europe/Paris")
    review = write(guest, booking, 2, comment="Cold.").expect(201)
    host.patch(f"/properties/{listing['id']}/", {"time_zone": "Pacific/Pago_Pago"}).expect(200)
    assert about(host, booking)["closes_at"] == review["closes_at"]
    clock.set(review["closes_at"])
    clock.advance(seconds=1)
    assert [r["id"] for r in listed(api, listing)] == [review["id"]]
    assert not about(host, booking)["open"] and about(host, booking)["closes_at"] == review["closes_at"]
    write(host, booking, 1, comment="They would say that.").expect(409, "wrong_state")


@pytest.mark.parametrize("reader", ["list", "review", "booking", "person"])
def test_no_reader_waits_for_the_job(api, clock, stayed, reader):
    guest, host, listing, booking = stayed()
    review = write(guest, booking, 5).expect(201)
    clock.advance(days=16)
    if reader == "list":
        assert [r["id"] for r in listed(api, listing)] == [review["id"]]
    elif reader == "review":
        assert api.anonymous.get(f"/reviews/{review['id']}/").expect(200)["status"] == "published"
    elif reader == "booking":
        assert about(host, booking)["guest_to_property"]["review"]["status"] == "published"
    else:
        assert [r["id"] for r in api.anonymous.get(f"/users/{host.id}/reviews/").expect(200)["results"]] == [review["id"]]
    assert rating_of(listing, host) == (5.0, 1), "counted in the same transaction"


def test_the_job_counts_what_nobody_reads(clock, stayed):
    guest, host, listing, booking = stayed()
    write(guest, booking, 5).expect(201)
    clock.advance(days=16)
    wait_until(lambda: rating_of(listing, host) == (5.0, 1), 40, "the job", every=0.5)


# ---------------------------------------------------------------------------------------------------------- changes


def test_a_blind_review_is_changed_under_its_etag_and_a_published_one_never(stayed):
    guest, host, listing, booking = stayed()
    reply = write(guest, booking, 2, comment="So so.", value=1)
    review = reply.expect(201)
    path, etag = f"/reviews/{review['id']}/", reply.headers["ETag"]
    host.patch(path, {"rating": 5}).expect(404)
    guest.patch(path, {"rating": 6}).expect(422)
    changed = guest.patch(path, {"rating": 3, "value": None, "accuracy": 4}, headers={"If-Match": etag})
    assert changed.expect(200) == {**review, "rating": 3, "value": None, "accuracy": 4, "version": review["version"] + 1,
                                   "updated_at": changed.json["updated_at"]}
    guest.patch(path, {"rating": 4}, headers={"If-Match": etag}).expect(412, "version_mismatch")
    guest.patch(path, {"comment": "Fine."}, headers={"If-Match": changed.headers["ETag"]}).expect(200)
    write(host, booking).expect(201)
    guest.patch(path, {"rating": 5}).expect(409, "wrong_state")
    host.patch(path, {"rating": 5}).expect(403, "not_allowed")
    assert shown(guest.get(path).expect(200)) == (3, "Fine.")
    assert rating_of(listing, host) == (3.0, 1)


def test_a_later_stays_review_takes_the_place_of_the_earlier(api, stayed, db):
    guest, host, listing, first_stay = stayed(days_ago=9)
    _, _, _, second_stay = stayed(listing, guest, host, days_ago=4)
    other = stayed(listing, None, host)
    first = write(guest, first_stay, 1, comment="Cold.").expect(201)
    for person in (host, other[0]):
        write(person, first_stay if person is host else other[3], 5).expect(201)
    write(host, other[3], 5).expect(201)
    assert rating_of(listing, host) == (3.0, 2)

    second = write(guest, second_stay, 4, comment="Warm.").expect(201)
    assert second["status"] == "pending"
    assert first["id"] in [r["id"] for r in listed(api, listing)], "until the new one is public, the old one stands"
    api.anonymous.get(f"/reviews/{second['id']}/").expect(404)
    assert rating_of(listing, host) == (3.0, 2)

    write(host, second_stay, 5).expect(201)
    assert sorted(shown(r) for r in listed(api, listing)) == [(4, "Warm."), (5, "")]
    assert rating_of(listing, host) == (4.5, 2)
    api.anonymous.get(f"/reviews/{first['id']}/").expect(404)
    for person in (guest, host):  # the history stays with those whose it is
        assert shown(person.get(f"/reviews/{first['id']}/").expect(200)) == (1, "Cold.")
        assert about(person, first_stay)["guest_to_property"]["review"]["status"] == "superseded"
    count = db.execute("select guest_rating_count from app_user where id = %s", [guest.id]).fetchone()
    assert count["guest_rating_count"] == 2, "hosts review each stay"


def test_an_earlier_stay_is_not_reviewed_after_a_later_one(api, stayed):
    guest, host, listing, first_stay = stayed(days_ago=9)
    _, _, _, second_stay = stayed(listing, guest, host, days_ago=4)
    write(guest, second_stay, 4).expect(201)
    write(guest, first_stay, 1).expect(409, "wrong_state")
    assert about(guest, first_stay)["guest_to_property"] == NOTHING


def test_an_earlier_review_that_is_still_blind_never_comes_out_after_a_later_one(api, clock, stayed):
    guest, host, listing, first_stay = stayed(days_ago=9)
    _, _, _, second_stay = stayed(listing, guest, host, days_ago=4)
    first = write(guest, first_stay, 1).expect(201)
    second = write(guest, second_stay, 4).expect(201)
    write(host, second_stay).expect(201)
    clock.advance(days=20)
    assert [r["id"] for r in listed(api, listing)] == [second["id"]]
    assert guest.get(f"/reviews/{first['id']}/").expect(200)["status"] == "superseded"
    host.get(f"/reviews/{first['id']}/").expect(404)
    assert rating_of(listing, host) == (4.0, 1)


def test_where_every_stay_counts_each_has_its_review(start_server, new_database, new_redis, api_of):
    database = new_database()
    server = start_server(database, new_redis(), ROOST_MARKET_REVIEW_SCOPE="booking")
    api = api_of(server)
    make, host, guest = Make(api), api.new_host(), api.new_guest()
    listing = make.listing(host)
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        stays = [make.booking(listing, guest, check_in=20, nights=2)]
        over(db, stays[0], api.clock.now(), 9)
        stays.append(make.booking(listing, guest, check_in=20, nights=2))
        over(db, stays[1], api.clock.now(), 4)
    for stay, stars in zip(reversed(stays), (5, 2)):  # the order does not matter either
        write(guest, stay, stars).expect(201)
        write(host, stay).expect(201)
    assert sorted(r["rating"] for r in listed(api, listing)) == [2, 5]
    assert rating_of(listing, host) == (3.5, 2)
    server.close()


# ------------------------------------------------------------------------------------------------------- and beside


def test_everybody_sees_the_new_stars_of_a_cached_property(api, stayed):
    guest, host, listing, booking = stayed()
    path = f"/properties/{listing['id']}/"
    for _ in range(3):
        before = api.anonymous.get(path)
    write(guest, booking, 4).expect(201)
    write(host, booking).expect(201)
    after = wait_until(lambda: (r := api.anonymous.get(path)).json["rating_count"] and r, 5, "the cache's lease")
    assert (after.json["rating"], after.json["rating_count"]) == (4.0, 1)
    assert after.headers["ETag"] != before.headers["ETag"], "or caches would keep the old stars"
    found = api.anonymous.get(f"/properties/?host={host.id}&rating_min=4").expect(200)["results"]
    assert [p["id"] for p in found] == [listing["id"]]
    assert api.anonymous.get(f"/properties/?host={host.id}&rating_min=4.5").expect(200)["results"] == []


def test_the_other_side_hears_of_a_review_and_of_nothing_in_it(api, stayed, db):
    guest, host, listing, booking = stayed()
    review = write(guest, booking, 1, comment="secret words").expect(201)

    def events(review):
        rows = db.execute("select kind, payload from outbox_event where subject_id = %s order by id", [review["id"]])
        return [(r["kind"], r["payload"]) for r in rows.fetchall()]

    told = {"property_id": listing["id"], "booking_id": booking["id"], "direction": "guest_to_property",
            "author_id": guest.id, "subject_id": host.id}
    assert events(review) == [("review.received", told)]
    other = write(host, booking, 5).expect(201)
    assert events(review) == [("review.received", told), ("review.published", told)]
    assert [kind for kind, _ in events(other)] == ["review.received", "review.published"]
    host.post(f"/reviews/{review['id']}/reply/", {"reply": "Oh."}).expect(200)
    assert events(review)[-1] == ("review.replied", told)
