"""Lists of reviews: their order, pages, filters and counts."""

import psycopg
import pytest
from psycopg.rows import dict_row

from support.reviews import listed, write
from support.stays import over


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
