"""Reviews: who may write one and when, what is seen of it meanwhile, and what becomes of it (domain rules, 4.4; T7)."""

import datetime
import zoneinfo

import psycopg
import pytest
from psycopg.rows import dict_row

from support.make import Make
from support.processes import wait_until
from support.stays import becomes, over

NOTHING = {"written": False, "review": None}


def write(person, booking, rating=5, **more):
    return person.post("/reviews/", {"booking_id": booking["id"], "rating": rating, **more})


def about(person, booking):
    return person.get(f"/bookings/{booking['id']}/reviews/").expect(200)


def listed(api, listing, query=""):
    return api.anonymous.get(f"/properties/{listing['id']}/reviews/{query}").expect(200)["results"]


def rating_of(listing, host):
    """As stored, without the cache of public properties."""
    mine = host.get("/users/me/properties/?limit=100").expect(200)["results"]
    [found] = [p for p in mine if p["id"] == listing["id"]]
    return found["rating"], found["rating_count"]


def shown(review):
    return review["rating"], review["comment"]


@pytest.fixture
def stayed(api, make, clock, db):
    """stayed(…) → (guest, host, listing, booking): a stay that ended yesterday."""

    def make_one(listing=None, guest=None, host=None, days_ago=1, **changes):
        host = host or api.new_host()
        guest = guest or api.new_guest()
        listing = listing or make.listing(host, **changes)
        booking = make.booking(listing, guest, check_in=20, nights=2)
        over(db, booking, clock.now(), days_ago)
        return guest, host, listing, booking

    return make_one


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


# ------------------------------------------------------------------------------------------- replies and moderation


@pytest.fixture
def published(stayed):
    """published(stars) → (guest, host, listing, booking, the guest's public review)."""

    def make_one(stars=2, **stay):
        guest, host, listing, booking = stayed(**stay)
        review = write(guest, booking, stars, comment=f"{stars} stars").expect(201)
        write(host, booking).expect(201)
        return guest, host, listing, booking, review

    return make_one


def test_who_was_reviewed_replies_once_and_nobody_else(api, published):
    guest, host, listing, _, review = published()
    path = f"/reviews/{review['id']}/reply/"
    for person in (guest, api.new_host(), api.as_admin()):
        person.post(path, {"reply": "I say."}).expect(403, "not_allowed")
    host.post(path, {"reply": ""}).expect(422)
    replied = host.post(path, {"reply": "We have a heater now."}).expect(200)
    assert replied["reply"] == "We have a heater now." and replied["replied_at"]
    host.post(path, {"reply": "And another thing."}).expect(409, "wrong_state")
    assert listed(api, listing)[0]["reply"] == "We have a heater now."


def test_a_reported_review_is_hidden_and_shown_again_with_reasons(api, published, db):
    guest, host, listing, booking, review = published(1)
    path, admin, reader = f"/reviews/{review['id']}/", api.as_admin(), api.new_guest()
    guest.post(path + "report/", {"reason": "Mine."}).expect(403, "not_allowed")
    for person in (host, reader):
        person.post(path + "report/", {"reason": "It is about another place."}).expect(204)
        person.post(path + "report/", {"reason": "Again."}).expect(409, "wrong_state")

    def mine(answered):
        rows = admin.get(f"/reviews/reports/?limit=100&answered={answered}").expect(200)["results"]
        return [r for r in rows if r["review_id"] == review["id"]]

    assert [(r["reporter_id"], r["reason"], r["rating"], r["comment"]) for r in mine("false")] == [
        (p.id, "It is about another place.", 1, "1 stars") for p in (host, reader)]

    assert admin.post(path + "hide/", {"reason": "Wrong place."}).expect(200)["status"] == "hidden"
    admin.post(path + "hide/", {"reason": "Wrong place."}).expect(409, "wrong_state")
    assert listed(api, listing) == [] and rating_of(listing, host) == (None, 0)
    reader.get(path).expect(404)
    assert guest.get(path).expect(200)["status"] == "hidden"
    host.post(path + "reply/", {"reply": "Ha."}).expect(409, "wrong_state")
    assert mine("false") == [] and len(mine("true")) == 2

    admin.post(path + "restore/", {"reason": "Right place after all."}).expect(200)
    assert [r["id"] for r in listed(api, listing)] == [review["id"]] and rating_of(listing, host) == (1.0, 1)
    admin.post(path + "restore/", {"reason": "Nothing to do."}).expect(409, "wrong_state")
    audit = db.execute("select action, reason, admin_id::text from review_moderation where review_id = %s order by id",
                       [review["id"]]).fetchall()
    assert [tuple(r.values()) for r in audit] == [("hide", "Wrong place.", admin.id), ("restore", "Right place after all.", admin.id)]


def test_a_report_is_answered_by_letting_the_review_stay(api, published):
    _, _, listing, _, review = published()
    path, admin = f"/reviews/{review['id']}/", api.as_admin()
    api.new_guest().post(path + "report/", {"reason": "I do not like it."}).expect(204)
    admin.post(path + "restore/", {"reason": "It is an opinion."}).expect(200)
    open_ones = admin.get("/reviews/reports/?limit=100").expect(200)["results"]
    assert review["id"] not in [r["review_id"] for r in open_ones]
    assert [r["id"] for r in listed(api, listing)] == [review["id"]]


def test_what_is_hidden_while_blind_stays_hidden(api, clock, stayed):
    guest, host, listing, booking = stayed()
    review = write(guest, booking, 1).expect(201)
    api.as_admin().post(f"/reviews/{review['id']}/hide/", {"reason": "Insults."}).expect(200)
    clock.advance(days=16)
    assert listed(api, listing) == [] and rating_of(listing, host) == (None, 0)
    clock.advance(seconds=1)
    api.as_admin().post(f"/reviews/{review['id']}/restore/", {"reason": "Mild ones."}).expect(200)
    assert [r["id"] for r in listed(api, listing)] == [review["id"]] and rating_of(listing, host) == (1.0, 1)


# ------------------------------------------------------------------------------------------------------------ lists


def pages(client, path, limit, query=""):
    """All results by way of `next`, then all of them by way of `previous`."""
    forth, back, at = [], [], f"{path}?limit={limit}{query}"
    while at:
        page = client.get(at).expect(200)
        forth += page["results"]
        last, at = page, page["next"] and page["next"].removeprefix("/api/v1")
    at, back = last["previous"], [last["results"]]
    while at:
        page = client.get(at.removeprefix("/api/v1")).expect(200)
        back.insert(0, page["results"])
        at = page["previous"]
    assert [r for results in back for r in results] == forth
    return forth


@pytest.fixture(scope="module")
def many(api, make, database):
    """A property with reviews of 12 guests, 7 of which have stars and words; the rest are imported."""
    host = api.new_host()
    listing = make.listing(host)
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        for n in range(7):
            guest = api.new_guest()
            booking = make.booking(listing, guest, check_in=20, nights=2)
            over(db, booking, api.clock.now(), days_ago=n + 1)
            write(guest, booking, n % 5 + 1, comment=f"number {n}").expect(201)
            write(host, booking).expect(201)
        for n in range(5):
            db.execute("""insert into review (id, property_id, direction, subject_id, author_name, source, external_id,
                              comment, published_at, created_at, updated_at)
                          values (gen_random_uuid(), %s, 'guest_to_property', %s, 'Somebody', 'test', %s, 'imported',
                              now() - %s * interval '1 year', now(), now())""",
                       [listing["id"], host.id, f"{listing['id']} {n}", n + 1])
    return host, listing


@pytest.mark.parametrize("ordering", ["newest", "oldest", "rating", "-rating"])
@pytest.mark.parametrize("limit", [1, 5, 100])
def test_lists_are_in_order_and_pages_fit_together(api, many, ordering, limit):
    host, listing = many
    rows = pages(api.anonymous, f"/properties/{listing['id']}/reviews/", limit, f"&ordering={ordering}")
    assert len({r["id"] for r in rows}) == 12
    if ordering in ("newest", "oldest"):
        assert rows == sorted(rows, key=lambda r: (r["published_at"], r["id"]), reverse=ordering == "newest")
    else:
        stars = [r["rating"] for r in rows if r["rating"]]
        assert stars == sorted(stars, reverse=ordering == "-rating")
        assert [r["rating"] for r in rows[7:]] == [None] * 5, "without stars is last"


def test_lists_are_filtered_and_counted(api, many):
    host, listing = many
    path = f"/properties/{listing['id']}/reviews/"
    assert sorted(r["rating"] for r in pages(api.anonymous, path, 2, "&rating_min=3")) == [3, 4, 5]
    assert api.anonymous.get(path + "?count=true&limit=1").expect(200)["count"] == 12
    assert api.anonymous.get(path + "?count=true&rating_min=2").expect(200)["count"] == 5
    page = api.anonymous.get(path + "?limit=2").expect(200)
    foreign = page["next"].removeprefix("/api/v1") + "&rating_min=3"
    api.anonymous.get(foreign).expect(422)
    everybody = pages(api.anonymous, f"/users/{host.id}/reviews/", 5)
    assert {r["id"] for r in everybody} == {r["id"] for r in pages(api.anonymous, path, 100)}
    assert pages(api.anonymous, f"/users/{host.id}/reviews/", 5, "&direction=host_to_guest") == []
    for direction, count in (("guest_to_property", 12), ("host_to_guest", 0)):
        page = api.anonymous.get(f"/users/{host.id}/reviews/?count=true&limit=1&direction={direction}").expect(200)
        assert page["count"] == count


def test_the_admins_list_is_paged(api, many):
    host, listing = many
    admin = api.as_admin()
    for review in listed(api, listing)[:4]:
        api.new_guest().post(f"/reviews/{review['id']}/report/", {"reason": "Hm."}).expect(204)
    rows = pages(admin, "/reviews/reports/", 3)
    assert [r["id"] for r in rows] == sorted(r["id"] for r in rows) and len(rows) >= 4


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


def test_reviews_of_what_is_not_public_are_its_hosts(api, published):
    _, host, listing, _, _ = published()
    host.patch(f"/properties/{listing['id']}/", {"status": "unlisted"}).expect(200)
    path = f"/properties/{listing['id']}/reviews/"
    api.anonymous.get(path).expect(404)
    api.new_guest().get(path).expect(404)
    for person in (host, api.as_admin()):
        assert len(person.get(path).expect(200)["results"]) == 1


def test_a_closed_account_leaves_its_words_without_its_name(api, published):
    guest, _, listing, _, review = published()
    assert listed(api, listing)[0]["author_name"] == "Guest"
    guest.delete("/users/me/").expect(204)
    assert [(r["id"], r["author_name"]) for r in listed(api, listing)] == [(review["id"], None)]
    api.anonymous.get(f"/users/{guest.id}/reviews/").expect(404)


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
