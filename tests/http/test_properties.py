"""Properties through the API: drafts, listing, changes, deletion, and who may do what."""

import secrets

import pytest

from support.make import new_property
from support.processes import wait_until


def test_a_draft_is_its_hosts_alone(api, make):
    host, stranger = api.as_host(), api.new_host()
    draft = make.draft(host)
    path = f"/properties/{draft['id']}/"
    assert draft["status"] == "draft" and draft["version"] == 1
    assert host.get(path).expect(200) == draft
    assert api.as_admin().get(path).expect(200) == draft
    api.anonymous.get(path).expect(404, "not_found")
    stranger.get(path).expect(404, "not_found")
    stranger.patch(path, {"title": "Mine now"}).expect(404, "not_found")
    stranger.delete(path).expect(404, "not_found")


def test_only_hosts_create(api):
    api.as_guest().post("/properties/", new_property()).expect(403, "not_allowed")
    api.anonymous.post("/properties/", new_property()).expect(401, "not_signed_in")


def test_creation_answers_with_a_place_and_keeps_everything(api):
    body = new_property(cleaning_fee={"amount": 2500, "currency": "EUR"}, tax_basis_points=625, house_rules="No shoes.",
                        images=["https://images.example/2.jpg", "https://images.example/1.jpg"],
                        check_in_time="16:30", check_out_time="10:00", cancellation_policy="firm", bathrooms=1.5,
                        stay_rules={"min_nights": 2, "preparation_nights": 1, "closed_to_arrival": ["sunday"]})
    reply = api.as_host().post("/properties/", body)
    made = reply.expect(201)
    assert reply.headers["location"] == f"/api/v1/properties/{made['id']}/"
    assert api.as_host().get(f"/properties/{made['id']}/").expect(200) == made
    for name, value in body.items():
        if name == "stay_rules" or name == "address":
            assert value.items() <= made[name].items()
        elif name == "amenities":
            assert sorted(value) == made[name]
        else:
            assert made[name] == value, name
    assert made["host_id"] == api.as_host().id and made["rating"] is None


def test_a_draft_may_be_empty_and_listing_tells_all_that_is_missing(api):
    host = api.as_host()
    draft = host.post("/properties/", {}).expect(201)
    reply = host.patch(f"/properties/{draft['id']}/", {"status": "listed"})
    reply.expect(422)
    assert reply.pointers == ["/address/city", "/address/country", "/location", "/nightly_price", "/title"]


def test_the_time_zone_is_derived_from_the_place(api):
    host = api.as_host()
    body = new_property(location={"latitude": 40.7128, "longitude": -74.0060})
    del body["time_zone"]
    made = host.post("/properties/", body).expect(201)
    assert made["time_zone"] == "America/New_York"
    path = f"/properties/{made['id']}/"
    moved = host.patch(path, {"location": {"latitude": 35.68, "longitude": 139.76}}).expect(200)
    assert moved["time_zone"] == "Asia/Tokyo"
    assert host.patch(path, {"time_zone": "Asia/Seoul"}).expect(200)["time_zone"] == "Asia/Seoul"
    assert host.patch(path, {"time_zone": None}).expect(200)["time_zone"] == "Asia/Tokyo"


def test_a_patch_merges(api, make):
    host = api.as_host()
    listed = make.listing(host)
    path = f"/properties/{listed['id']}/"
    changed = host.patch(path, {"address": {"line": "14 Quai de Jemmapes"}, "cleaning_fee": {"amount": 1, "currency": "EUR"}},
                         headers={"Content-Type": "application/merge-patch+json"}).expect(200)
    assert changed["address"] == {**listed["address"], "line": "14 Quai de Jemmapes"}
    assert changed["version"] == listed["version"] + 1 and changed["updated_at"] > listed["updated_at"]
    assert host.patch(path, {"cleaning_fee": None}).expect(200)["cleaning_fee"] is None
    host.patch(path, {"nightly_price": None}).expect(422)
    assert api.anonymous.get(path).expect(200)["nightly_price"] == listed["nightly_price"]


def test_if_match_guards_changes(api, make):
    host = api.as_host()
    listed = make.listing(host)
    path = f"/properties/{listed['id']}/"
    tag = host.get(path).headers["etag"]
    assert tag == f'"{listed["version"]}"'
    host.patch(path, {"beds": 3}, headers={"If-Match": tag}).expect(200)
    host.patch(path, {"beds": 4}, headers={"If-Match": tag}).expect(412, "version_mismatch")
    host.delete(path, headers={"If-Match": tag}).expect(412, "version_mismatch")
    host.patch(path, {"beds": 5}, headers={"If-Match": "*"}).expect(200)
    fresh = api.anonymous.get(path).headers["etag"]
    assert api.anonymous.get(path, headers={"If-None-Match": fresh}).status == 304
    assert api.anonymous.get(path, headers={"If-None-Match": tag}).status == 200


def test_others_may_look_but_not_touch(api, make):
    listed = make.listing()
    path = f"/properties/{listed['id']}/"
    assert api.anonymous.get(path).expect(200)["title"] == listed["title"]
    api.anonymous.patch(path, {"beds": 1}).expect(401)
    api.as_guest().patch(path, {"beds": 1}).expect(403, "not_allowed")
    api.new_host().delete(path).expect(403, "not_allowed")
    assert api.as_admin().patch(path, {"status": "unlisted"}).expect(200)["status"] == "unlisted"


def test_unlisted_is_gone_for_others_and_from_search(api, make):
    host = api.new_host()
    listed = make.listing(host)
    path = f"/properties/{listed['id']}/"
    assert len(api.anonymous.get(f"/properties/?host={host.id}").expect(200)["results"]) == 1
    host.patch(path, {"status": "unlisted"}).expect(200)
    api.anonymous.get(path).expect(404)
    assert api.anonymous.get(f"/properties/?host={host.id}").expect(200)["results"] == []
    assert host.get(path).expect(200)["status"] == "unlisted"
    host.patch(path, {"status": "draft"}).expect(409, "wrong_state")
    host.patch(path, {"status": "deleted"}).expect(409, "wrong_state")
    host.patch(path, {"status": "listed"}).expect(200)
    api.anonymous.get(path).expect(200)


def test_deletion_waits_for_the_last_guest(api, make):
    host = api.new_host()
    listed = make.listing(host)
    path = f"/properties/{listed['id']}/"
    booking = make.booking(listed)
    host.delete(path).expect(409, "has_live_bookings")
    api.anonymous.get(path).expect(200)
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    host.delete(path).expect(204)
    host.get(path).expect(404)
    host.delete(path).expect(404)
    host.patch(path, {"beds": 1}).expect(404)
    assert host.get("/users/me/properties/").expect(200)["results"] == []


def test_who_leaves_takes_the_properties_off_the_list(api, make):
    host = api.new_host()
    path = f"/properties/{make.listing(host)['id']}/"
    booked = make.listing(host)
    booking = make.booking(booked)
    host.delete("/users/me/").expect(409, "has_live_bookings")
    assert len(api.anonymous.get(f"/properties/?host={host.id}").expect(200)["results"]) == 2
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    host.delete("/users/me/").expect(204)
    assert api.anonymous.get(f"/properties/?host={host.id}").expect(200)["results"] == []
    wait_until(lambda: api.anonymous.get(path).status == 404, 2, "the property to be gone")


def test_a_hosts_own_list_pages_both_ways_through_every_status(api, make):
    host = api.new_host()
    mine = [make.draft(host)["id"] for _ in range(7)]
    host.patch(f"/properties/{mine[2]}/", {"status": "listed"}).expect(200)
    pages, path = [], "/users/me/properties/?limit=3&count=true&fields=id"
    while path:
        page = host.get(path).expect(200)
        pages.append([r["id"] for r in page["results"]])
        assert page["count"] == 7
        path, last = page["next"] and page["next"].removeprefix(host.prefix), page
    assert sum(pages, []) == mine[::-1] and list(map(len, pages)) == [3, 3, 1]
    back = host.get(last["previous"].removeprefix(host.prefix)).expect(200)
    assert [r["id"] for r in back["results"]] == pages[1]
    first = host.get(back["previous"].removeprefix(host.prefix)).expect(200)
    assert [r["id"] for r in first["results"]] == pages[0] and first["previous"] is None
    assert [r["id"] for r in host.get("/users/me/properties/?status=listed").expect(200)["results"]] == [mine[2]]
    other = api.new_host()
    assert other.get("/users/me/properties/").expect(200)["results"] == []
    cursor = last["previous"].split("cursor=")[1]
    other.get(f"/users/me/properties/?limit=3&cursor={cursor}").expect(422)


@pytest.mark.parametrize("change, pointer", [
    ({"title": "ab"}, "/title"), ({"title": "x" * 121}, "/title"), ({"capacity": 0}, "/capacity"),
    ({"capacity": 51}, "/capacity"), ({"bathrooms": 1.25}, "/bathrooms"), ({"amenities": ["dragon"]}, "/amenities"),
    ({"images": ["javascript:alert(1)"]}, "/images/0"), ({"images": ["https://a.example/ b"]}, "/images/0"),
    ({"location": {"latitude": 91, "longitude": 0}}, "/location/latitude"),
    ({"location": {"latitude": 5, "longitude": None}}, "/location"), ({"address": {"country": "XX"}}, "/address/country"),
    ({"time_zone": "Europe/Atlantis"}, "/time_zone"), ({"nightly_price": {"amount": 0, "currency": "EUR"}},
     "/nightly_price/amount"),
    ({"cleaning_fee": {"amount": 5, "currency": "USD"}}, "/cleaning_fee/currency"), ({"check_in_time": "24:00"}, "/check_in_time"),
    ({"stay_rules": {"min_nights": 9, "max_nights": 8}}, "/stay_rules/max_nights"),
    ({"stay_rules": {"preparation_nights": 3}}, "/stay_rules/preparation_nights"),
    ({"stay_rules": {"closed_to_arrival": ["someday"]}}, "/stay_rules/closed_to_arrival/0"), ({"rating": 5}, "/rating"),
    ({"host_id": "x"}, "/host_id"), ({"status": "sold"}, "/status"),
])
def test_what_no_property_can_be_is_refused(api, change, pointer):
    reply = api.as_host().post("/properties/", new_property(**change))
    reply.expect(422)
    assert reply.pointers == [pointer]


def test_a_repeated_creation_makes_one(api):
    host = api.new_host()
    key = {"Idempotency-Key": secrets.token_hex(16)}
    first = host.post("/properties/", new_property(title="Only once"), headers=key)
    again = host.post("/properties/", new_property(title="Only once"), headers=key)
    assert first.expect(201) == again.expect(201) and again.headers["idempotent-replayed"] == "true"
    assert len(host.get("/users/me/properties/").expect(200)["results"]) == 1


def test_the_amenity_vocabulary_is_public(api):
    codes = [a["code"] for a in api.anonymous.get("/amenities/").expect(200)["results"]]
    assert codes == sorted(codes) and {"wifi", "kitchen"} <= set(codes)
