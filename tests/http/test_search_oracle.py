"""Search against a naive reference: random properties, bookings and queries, every page forwards and backwards."""

import contextlib
import datetime
import json
import random
import urllib.parse

import psycopg
import pytest
from psycopg.rows import dict_row

from support.clock import Clock, local
from support.pricing import round_halves_down
from support.search_reference import NOW, PLACES, World, bookable, matches, metres, random_query, sort_key, total_in

QUERIES = 600


def query_string(q, **more):
    def text(v):
        if isinstance(v, bool):
            return "true" if v else "false"
        return ",".join(map(text, v)) if isinstance(v, list) else repr(v) if isinstance(v, float) else str(v)

    return urllib.parse.urlencode({k: text(v) for k, v in {**q, **more}.items() if not k.startswith("_")}, safe=",")


def likeness_of(db, text):
    """How alike and how relevant each property is, computed row by row without any index."""
    rows = db.execute(
        """select id::text, word_similarity(fold_text(%(q)s), search_name) as like,
               (round(1000000 * ts_rank(search_vector, plainto_tsquery('simple', fold_text(%(q)s))))
                   + round(1000 * word_similarity(fold_text(%(q)s), search_name)))::bigint as relevance
           from property""", {"q": text})
    return {r["id"]: r for r in rows}


def pages(api, path, link):
    """Follows next or previous to the end: a list of pages."""
    out = []
    while path:
        page = api.anonymous.get(path).expect(200)
        out.append(page)
        path = page[link] and page[link].removeprefix(api.prefix)
        assert len(out) < 1000
    return out


@pytest.fixture(scope="module")
def new_world(start_server, new_database, new_redis, api_of):
    """`with new_world() as world`, on a server and database of its own."""

    @contextlib.contextmanager
    def begin():
        database = new_database()
        server = start_server(database, new_redis())
        clock = Clock(server)
        clock.set(NOW)
        with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
            yield World(random.Random(20261121), api_of(server, clock), db)
        server.close()

    return begin


@pytest.fixture(scope="module")
def world(new_world):
    with new_world() as world:
        yield world


def check(world, q, limit, count=True):
    now = world.api.clock.now()
    likeness = likeness_of(world.db, q["q"]) if "q" in q else {}
    if "rating_min" in q:
        q = {**q, "_rating_min": round(q["rating_min"] * 100)}
    expected = [p for p in world.properties if matches(p, q, likeness, now)]
    if expected:
        expected.sort(key=lambda p: sort_key(p, q, likeness)[0], reverse=sort_key(expected[0], q, likeness)[1])
    want = [p["id"] for p in expected]
    path = f"/properties/?{query_string(q, limit=limit, **({'count': 'true'} if count else {}))}"
    forward = pages(world.api, path, "next")
    got = [r for page in forward for r in page["results"]]
    assert [r["id"] for r in got] == want, path
    assert {page.get("count") for page in forward} == {len(want) if count else None}, path
    assert all(len(page["results"]) == limit for page in forward[:-1]), path
    for p, r in zip(expected, got):
        if "check_in" in q:
            assert r["total_price"] == {"amount": total_in(p, q), "currency": p["currency"]}
        if "near" in q:
            assert r["distance_m"] == metres(*q["near"], p["latitude"], p["longitude"])
        assert r["rating"] == (p["rating"] / 100 if p["rating_count"] else None)
    if len(forward) > 1:
        back = pages(world.api, forward[-1]["previous"].removeprefix(world.api.prefix), "previous")
        got_back = [r["id"] for page in reversed(back) for r in page["results"]]
        assert got_back == want[:len(want) - len(forward[-1]["results"])], path
    else:
        assert forward[0]["previous"] is None
    return len(want)


def test_search_is_what_the_reference_finds(world):
    found = dated = 0
    for _ in range(QUERIES):
        q = random_query(world.rng, world)
        n = check(world, q, world.rng.choice([3, 10, 50, 100] if len(q) > 4 else [20, 100]))
        found += n > 0
        dated += n > 0 and "check_in" in q
    assert found > QUERIES / 3 and dated > QUERIES / 8, "queries that find nothing prove little"


def test_another_rounding_would_be_noticed(new_world):
    """The control: search that rounds halves down, which quotes and the reference round up."""
    with new_world() as world:
        round_halves_down(world.db)
        with pytest.raises(AssertionError):
            for _ in range(QUERIES):
                check(world, random_query(world.rng, world), 100)


def test_every_ordering_pages_across_ties(world):
    near, first, last = [38.71, -9.13], datetime.date(2026, 12, 4), datetime.date(2026, 12, 6)
    for ordering in ("price", "-price", "total", "-total", "rating", "-rating", "distance", "newest", "relevance"):
        q = {"currency": "EUR", "check_in": first, "check_out": last, "ordering": ordering, "near": near, "radius_km": 500,
             "q": "Lisbon"}
        assert check(world, q, 1) > 2, ordering
        if ordering not in ("distance", "relevance"):
            assert check(world, {k: v for k, v in q.items() if k not in ("near", "radius_km", "q")}, 2) > 20, ordering


@pytest.mark.parametrize("ordering", ["newest", "rating", "-rating"])
def test_everything_that_is_listed_pages_in_order(world, ordering):
    """Without filters and a count it is read by statements of its own."""
    assert check(world, {"ordering": ordering}, 7, count=False) > 20


def test_today_is_the_propertys_own(world):
    """The same check-in, searched as the day ends there and begins elsewhere."""
    clock = world.api.clock
    try:
        for moment in ("2026-12-01T10:20:00+00:00", "2026-12-01T11:20:00+00:00", "2026-12-02T09:40:00+00:00"):
            clock.set(moment)
            for day in (30, 31, 32, 33):
                first = datetime.date(2026, 11, 1) + datetime.timedelta(days=day - 1)
                check(world, {"check_in": first, "check_out": first + datetime.timedelta(days=2)}, 100)
    finally:
        clock.set(NOW)


@pytest.mark.parametrize("query, parameter", [
    ("colour=red", "colour"), ("ordering=title", "ordering"), ("ordering=-newest", "ordering"),
    ("ordering=price", "currency"), ("price_min=1", "currency"), ("ordering=total&currency=EUR", "ordering"),
    ("total_max=5&currency=EUR", "total_max"), ("ordering=distance", "ordering"), ("ordering=relevance", "ordering"),
    ("check_in=2026-12-24", "check_out"), ("check_in=2026-12-24&check_out=2026-12-24", "check_out"),
    ("check_in=2026-12-24&check_out=2029-12-24", "check_out"), ("check_in=24.12.2026&check_out=2026-12-27", "check_in"),
    ("bbox=1,2,3", "bbox"), ("bbox=1,9,2,3", "bbox"), ("bbox=181,0,0,1", "bbox"), ("bbox=nan,0,1,1", "bbox"),
    ("near=91,0", "near"), ("near=1", "near"), ("radius_km=5", "radius_km"), ("near=1,1&radius_km=0", "radius_km"),
    ("amenities=dragon", "amenities"), ("room_type=cave", "room_type"), ("limit=0", "limit"), ("limit=101", "limit"),
    ("cursor=AAAA", "cursor"), ("cursor=" + "A" * 44, "cursor"), ("fields=secret", "fields"), ("guests=0", "guests"),
    ("host=me", "host"), ("currency=XXX", "currency"), ("q=", "q"), ("rating_min=6", "rating_min"),
])
def test_what_makes_no_search_is_refused(world, query, parameter):
    reply = world.api.anonymous.get("/properties/?" + query)
    reply.expect(422)
    assert parameter in reply.pointers, reply


def test_a_cursor_belongs_to_its_search(world):
    page = world.api.anonymous.get("/properties/?limit=5").expect(200)
    cursor = urllib.parse.parse_qs(urllib.parse.urlsplit(page["next"]).query)["cursor"][0]
    world.api.anonymous.get(f"/properties/?limit=7&cursor={cursor}").expect(200)
    world.api.anonymous.get(f"/properties/?limit=5&guests=2&cursor={cursor}").expect(422)
    world.api.anonymous.get(f"/properties/?limit=5&ordering=rating&cursor={cursor}").expect(422)


def test_fields_trim_the_results(world):
    page = world.api.anonymous.get("/properties/?limit=3&fields=id,title").expect(200)
    assert page["results"] and all(r.keys() == {"id", "title"} for r in page["results"])
    following = world.api.anonymous.get(page["next"].removeprefix(world.api.prefix)).expect(200)
    assert all(r.keys() == {"id", "title"} for r in following["results"])


def test_a_quote_says_the_total_that_search_said(world):
    first, last = datetime.date(2026, 12, 4), datetime.date(2026, 12, 6)
    page = world.api.anonymous.get(f"/properties/?check_in={first}&check_out={last}&guests=1&limit=40").expect(200)
    assert len(page["results"]) > 10
    guest = world.api.new_guest("quoting")
    for r in page["results"]:
        quote = guest.post(f"/properties/{r['id']}/quote/",
                           {"check_in": str(first), "check_out": str(last), "guests": 1}).expect(201)
        assert quote["price"]["total"] == r["total_price"], json.dumps(quote)


def test_whatever_is_found_for_today_can_be_quoted(world):
    """In the afternoon, when requests of today come too late for many."""
    today, guest = datetime.date(2026, 12, 2), world.api.new_guest("late")  # NOW is before that everywhere
    known, quoted, too_late = {p["id"]: p for p in world.properties}, [], []
    try:
        for _, _, country, zone, _, _ in PLACES:
            world.api.clock.set(local(zone, today, "16:00"))
            q = {"check_in": today, "check_out": today + datetime.timedelta(days=2), "country": country}
            check(world, q, 100)
            for r in world.api.anonymous.get(f"/properties/?{query_string(q, limit=100)}").expect(200)["results"]:
                guest.post(f"/properties/{r['id']}/quote/", {"check_in": str(today), "check_out": str(q["check_out"]),
                                                             "guests": 1}).expect(201)
                quoted.append(known[r["id"]]["booking_mode"])
            now = world.api.clock.now()
            stay = q["check_in"], q["check_out"], now
            too_late += [p for p in world.properties if p["country"] == country and not bookable(p, *stay)
                         and bookable({**p, "booking_mode": "instant"}, *stay)]
        assert quoted.count("instant") > 5 and "request" in quoted and too_late, "or it proves little"
    finally:
        world.api.clock.set(NOW)
