"""Search against a naive reference: random properties, bookings and queries, every page forwards and backwards."""

import datetime
import json
import math
import random
import re
import urllib.parse
import uuid
import zoneinfo

import psycopg
import pytest
from psycopg.rows import dict_row

from support.clock import Clock
from support.pricing import WEEKDAYS, random_rules, takes, total_of

QUERIES = 600
PROPERTIES = 350
NOW = "2026-12-01T10:20:00+00:00"  # the 2nd in Kiritimati, still the 30th in Pago Pago a little later
WORDS = ["sunny", "loft", "harbour", "garden", "quiet", "studio", "castle", "beach", "view", "old"]
AMENITIES = ["wifi", "kitchen", "pool", "washer", "tv"]
# city, region, country, zone, latitude, longitude
PLACES = [
    ("Lisbon", "Alfama", "PT", "Europe/Lisbon", 38.71, -9.13),
    ("Köln", "Ehrenfeld", "DE", "Europe/Berlin", 50.94, 6.96),
    ("New York", "Williamsburg", "US", "America/New_York", 40.71, -73.95),
    ("Savusavu", "Cakaudrove", "FJ", "Pacific/Fiji", -16.78, 179.97),
    ("London", "Line Islands", "KI", "Pacific/Kiritimati", 1.98, -157.47),
    ("Pago Pago", "Tutuila", "AS", "Pacific/Pago_Pago", -14.28, -170.70),
]
COLUMNS = """id, host_id, status, created_at, updated_at, currency, nightly_price, cleaning_fee, tax_basis_points, capacity,
    bedrooms, beds, bathrooms, min_nights, max_nights, advance_notice_days, same_day_cutoff_hour, preparation_nights,
    booking_window_days, closed_to_arrival, closed_to_departure, rating_points, rating_count, latitude, longitude,
    property_type, room_type, booking_mode, time_zone, title, city, region, country, amenities, description"""


def random_property(rng, hosts):
    city, region, country, zone, latitude, longitude = rng.choice(PLACES)
    longitude += rng.uniform(-0.1, 0.1)
    reviews = rng.choice([0, 0, 1, 2, 3])
    return {
        "id": str(uuid.UUID(int=rng.getrandbits(128))),
        "host_id": rng.choice(hosts),
        "status": rng.choices(["listed", "draft", "unlisted", "deleted"], [16, 1, 1, 1])[0],
        "created_at": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
                      + datetime.timedelta(microseconds=rng.randrange(30)),
        "currency": rng.choice(["EUR", "EUR", "USD", "JPY"]),
        "nightly_price": rng.choice([1, 33, 5000, 5000, 7500, 9999, 12345, 250000]),
        "cleaning_fee": rng.choice([None, 0, 1500, 2501]),
        "tax_basis_points": rng.choice([0, 0, 625, 1234]),
        "capacity": rng.randint(1, 6),
        "bedrooms": rng.randint(0, 3),
        "beds": rng.randint(0, 4),
        "bathrooms": rng.choice([0.5, 1, 1.5, 2]),
        "min_nights": rng.choice([1, 1, 2, 3, 5]),
        "max_nights": rng.choice([5, 7, 30, 365]),
        "advance_notice_days": rng.choice([0, 0, 0, 1, 2]),
        "same_day_cutoff_hour": rng.choice([24, 24, 18, 10, 0]),
        "preparation_nights": rng.choice([0, 0, 1, 2]),
        "booking_window_days": rng.choice([365, 365, 30, 5]),
        "closed_to_arrival": rng.sample(WEEKDAYS, rng.choice([0, 0, 0, 1, 3])),
        "closed_to_departure": rng.sample(WEEKDAYS, rng.choice([0, 0, 0, 1, 3])),
        "rating_points": sum(rng.randint(1, 5) * 100 for _ in range(reviews)),
        "rating_count": reviews,
        "latitude": latitude + rng.uniform(-0.1, 0.1),
        "longitude": longitude - 360 if longitude > 180 else longitude,
        "property_type": rng.choice(["apartment", "house", "loft"]),
        "room_type": rng.choice(["entire_home", "private_room", "shared_room"]),
        "booking_mode": rng.choice(["instant", "request"]),
        "time_zone": zone,
        "title": " ".join(rng.sample(WORDS, 3)).capitalize(),
        "city": city,
        "region": region,
        "country": country,
        "amenities": sorted(rng.sample(AMENITIES, rng.randint(0, 5))),
        "description": " ".join(rng.sample(WORDS, 4)),
    }


def random_blocks(rng, property_, today):
    """Non-overlapping nights, as the constraint wants them: [(from, to, kind, expires_at)]."""
    blocks, day = [], today + datetime.timedelta(days=rng.randint(-5, 6))
    while len(blocks) < 8 and rng.random() < 0.8:
        end = day + datetime.timedelta(days=rng.randint(1, 5))
        kind = rng.choice(["host", "imported", "booking", "hold"])
        # Holds that ended long ago, and such that last.
        expires = None if kind != "hold" else datetime.datetime.fromisoformat(NOW) + rng.choice([-1, 3]) * datetime.timedelta(days=1)
        blocks.append((day, end, kind, expires))
        day = end + datetime.timedelta(days=rng.choice([0, 0, 1, 2, 4]))
    return blocks


def insert_booking(db, property_, guest, first, last):
    """The least a block of a stay needs to refer to."""
    booking = uuid.uuid4()
    values = {
        "id": booking, "property_id": property_["id"], "guest_id": guest, "host_id": property_["host_id"],
        "quote_id": uuid.uuid4(), "status": "confirmed", "check_in": first, "check_out": last, "guests": 1,
        "currency": "EUR", "lines": "[]", "accommodation": 0, "guest_fee": 0, "tax": 0, "total": 0, "host_payout": 0, "cancellation_policy": "flexible",
        "cancellation_terms": "{}", "time_zone": "UTC", "check_in_time": "15:00", "starts_at": first,
        "ends_at": last, "created_at": first, "updated_at": first}
    required = {r["column_name"] for r in db.execute(
        "select column_name from information_schema.columns where table_name = 'booking' and is_nullable = 'NO'"
        " and column_default is null and is_identity = 'NO'")}
    assert required <= values.keys(), f"the test does not know {required - values.keys()}"
    db.execute(f"insert into booking ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})", list(values.values()))
    return booking


def insert_rules(db, p):
    db.execute("update property set has_rules = true where id = %s", [p["id"]])
    db.execute("insert into property_rules values (%s, %s)", [p["id"], json.dumps(p["rules"])])
    for s in p["seasons"]:
        db.execute("insert into property_season values (gen_random_uuid(), %s, %s, daterange(%s, %s), %s, %s, %s, %s, %s)",
                   [p["id"], s["name"], s["from"], s["to"], s["price"], s["min_nights"], s["max_nights"],
                    s["closed_to_arrival"], s["closed_to_departure"]])
    for day, said in p["days"].items():
        db.execute("insert into property_day values (%s, %s, %s, %s, %s, %s, %s)",
                   [p["id"], day, said["price"], said["min_nights"], said["max_nights"], said["closed_to_arrival"],
                    said["closed_to_departure"]])


class World:
    def __init__(self, rng, api, db):
        self.api, self.db, self.rng = api, db, rng
        hosts = [api.new_host().id for _ in range(4)]
        guest = api.new_guest().id
        today = datetime.date.fromisoformat(NOW[:10])
        self.properties = [random_property(rng, hosts) for _ in range(PROPERTIES)]
        for p in self.properties:
            row = {**p, "updated_at": p["created_at"]}
            names = [n.strip() for n in COLUMNS.split(",")]
            db.execute(f"insert into property ({COLUMNS}) values ({', '.join(['%s'] * len(names))})", [row[n] for n in names])
            if rng.random() < 0.4:
                p.update(random_rules(rng, p["currency"], today, span=50))
                insert_rules(db, p)
            p["blocks"] = random_blocks(rng, p, today)
            p["rating"] = round_half_up(p["rating_points"], p["rating_count"]) if p["rating_count"] else 0
            for first, last, kind, expires in p["blocks"]:
                booking = insert_booking(db, p, guest, first, last) if kind in ("booking", "hold") else None
                db.execute("insert into stay_block (id, property_id, blocked, kind, booking_id, expires_at, created_at)"
                           " values (%s, %s, daterange(%s, %s), %s, %s, %s, now())",
                           [uuid.uuid4(), p["id"], first, last, kind, booking, expires])
        db.execute("analyze property, stay_block")


def round_half_up(share, whole):
    return (2 * share + whole) // (2 * whole)


def metres(lat1, lng1, lat2, lng2):
    a, b, d = math.radians(lat1), math.radians(lat2), math.radians(lng2 - lng1)
    across = math.hypot(math.cos(b) * math.sin(d), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(d))
    along = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(d)
    return round(math.atan2(across, along) * 6371008.7714150598)


def bookable(p, first, last, now):
    there = now.astimezone(zoneinfo.ZoneInfo(p["time_zone"]))
    ahead = (first - there.date()).days
    end = last + datetime.timedelta(days=p["preparation_nights"])
    return (takes(p, first, last)
            and 0 <= ahead and p["advance_notice_days"] <= ahead <= p["booking_window_days"]
            and (ahead > 0 or there.hour < p["same_day_cutoff_hour"])
            and not any(b[0] < end and first < b[1] for b in p["blocks"] if b[3] is None or b[3] > now))


def total_in(p, q):
    return total_of(p, q["check_in"], q["check_out"], q.get("guests", 1), q.get("child_ages", ()))


def fold(text):
    return text.lower().replace("ö", "o")


def words(text):
    return set(re.findall(r"\w+", fold(text)))


def matches(p, q, likeness, now):
    """Whether the property is a result of the query, condition by condition."""
    def at_least(value, name):
        return name not in q or value >= q[name]

    def at_most(value, name):
        return name not in q or value <= q[name]

    if p["status"] != "listed":
        return False
    text = f"{p['title']} {p['city']} {p['region']} {p['description']}"
    if "q" in q and not (words(q["q"]) <= words(text) or likeness[p["id"]]["like"] >= 0.6):
        return False
    if "bbox" in q:
        west, south, east, north = q["bbox"]
        inside = west <= p["longitude"] <= east if west <= east else p["longitude"] >= west or p["longitude"] <= east
        if not (inside and south <= p["latitude"] <= north):
            return False
    if "near" in q and metres(*q["near"], p["latitude"], p["longitude"]) > q.get("radius_km", 10) * 1000:
        return False
    if "check_in" in q:
        total = total_in(p, q)
        if not (bookable(p, q["check_in"], q["check_out"], now) and at_least(total, "total_min") and at_most(total, "total_max")):
            return False
    return (("city" not in q or fold(q["city"]) == fold(p["city"]))
            and q.get("country", p["country"]) == p["country"]
            and q.get("currency", p["currency"]) == p["currency"]
            and q.get("host", p["host_id"]) == p["host_id"]
            and at_least(p["capacity"], "guests")
            and at_least(p["nightly_price"], "price_min") and at_most(p["nightly_price"], "price_max")
            and set(q.get("amenities", [])) <= set(p["amenities"])
            and p["property_type"] in q.get("property_type", [p["property_type"]])
            and p["room_type"] in q.get("room_type", [p["room_type"]])
            and at_least(p["bedrooms"], "bedrooms_min") and at_least(p["beds"], "beds_min")
            and at_least(p["bathrooms"], "bathrooms_min")
            and at_least(p["rating"], "_rating_min")
            and ("instant_book" not in q or q["instant_book"] == (p["booking_mode"] == "instant")))


def sort_key(p, q, likeness):
    by = q.get("ordering") or ("relevance" if "q" in q else "distance" if "near" in q else "newest")
    name = by.lstrip("-")
    value = {
        "price": lambda: p["nightly_price"],
        "total": lambda: total_in(p, q),
        "rating": lambda: p["rating"],
        "distance": lambda: metres(*q["near"], p["latitude"], p["longitude"]),
        "newest": lambda: p["created_at"],
        "relevance": lambda: likeness[p["id"]]["relevance"],
    }[name]()
    return (value, p["id"]), by.startswith("-") or name in ("newest", "relevance")


def random_query(rng, world):
    q = {}
    today = datetime.date.fromisoformat(NOW[:10])
    chosen = rng.choice(PLACES)

    def maybe(chance, name, make):
        if rng.random() < chance:
            q[name] = make()

    if rng.random() < 0.6:
        q["check_in"] = today + datetime.timedelta(days=rng.choice([-2, -1, 0, 0, 1, 2, 3, 5, 8, 13, 40]))
        q["check_out"] = q["check_in"] + datetime.timedelta(days=rng.choice([1, 1, 2, 3, 4, 6, 8]))
    maybe(0.3, "guests", lambda: rng.randint(1, 6))
    if q.get("guests", 1) > 1:
        maybe(0.5, "child_ages", lambda: [rng.randint(0, 17) for _ in range(rng.randint(1, q["guests"] - 1))])
    maybe(0.6, "currency", lambda: rng.choice(["EUR", "USD", "JPY"]))
    if "currency" in q:
        maybe(0.3, "price_min", lambda: rng.choice([0, 33, 5000, 7500]))
        maybe(0.3, "price_max", lambda: rng.choice([5000, 9999, 300000]))
        if "check_in" in q:
            some = total_in(rng.choice(world.properties), q)  # often somebody's exactly
            maybe(0.2, "total_min", lambda: some)
            maybe(0.2, "total_max", lambda: some)
    maybe(0.15, "q", lambda: " ".join(rng.sample(WORDS, rng.choice([1, 1, 2]))) if rng.random() < 0.6
          else rng.choice(["wiliamsburg", "KÖLN", "lisbn", "garden!", "zzz"]))
    maybe(0.2, "city", lambda: rng.choice([chosen[0], chosen[0].upper(), "Koln", "Atlantis"]))
    maybe(0.1, "country", lambda: chosen[2])
    if rng.random() < 0.3:
        lat, lng, size = chosen[4], chosen[5], rng.choice([0.02, 0.06, 0.3])
        q["bbox"] = [lng - size, lat - size, lng + size, lat + size]
        q["bbox"] = [x - 360 if x > 180 else x for x in q["bbox"]]
        if rng.random() < 0.3:  # an edge through somebody's door
            p = rng.choice(world.properties)
            q["bbox"][0], q["bbox"][1] = p["longitude"], min(p["latitude"], q["bbox"][3])
    if rng.random() < 0.3:
        q["near"] = [chosen[4] + rng.uniform(-0.05, 0.05), min(180, chosen[5] + rng.uniform(-0.02, 0.02))]
        maybe(0.7, "radius_km", lambda: rng.choice([1, 5, 12.5, 500]))
    maybe(0.2, "amenities", lambda: rng.sample(AMENITIES, rng.randint(1, 3)))
    maybe(0.1, "property_type", lambda: rng.sample(["apartment", "house", "loft"], rng.randint(1, 2)))
    maybe(0.1, "room_type", lambda: rng.sample(["entire_home", "private_room"], rng.randint(1, 2)))
    maybe(0.1, "bedrooms_min", lambda: rng.randint(0, 3))
    maybe(0.1, "beds_min", lambda: rng.randint(0, 4))
    maybe(0.1, "bathrooms_min", lambda: rng.choice([1, 1.5, 2]))
    maybe(0.1, "rating_min", lambda: rng.choice([0, 2.5, 3.67, 4, 5]))
    maybe(0.1, "instant_book", lambda: rng.choice([True, False]))
    maybe(0.1, "host", lambda: rng.choice(world.properties)["host_id"])
    possible = ["rating", "-rating", "newest"]
    if "currency" in q:
        possible += ["price", "-price"] + (["total", "-total"] * 2 if "check_in" in q else [])
    possible += ["distance"] * 2 if "near" in q else []
    possible += ["relevance"] * 2 if "q" in q else []
    maybe(0.85, "ordering", lambda: rng.choice(possible))
    return q


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
def world(start_server, new_database, new_redis, api_of):
    database = new_database()
    server = start_server(database, new_redis())
    clock = Clock(server)
    clock.set(NOW)
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        yield World(random.Random(20261121), api_of(server, clock), db)
    server.close()


def check(world, q, limit):
    now = world.api.clock.now()
    likeness = likeness_of(world.db, q["q"]) if "q" in q else {}
    if "rating_min" in q:
        q = {**q, "_rating_min": round(q["rating_min"] * 100)}
    expected = [p for p in world.properties if matches(p, q, likeness, now)]
    if expected:
        expected.sort(key=lambda p: sort_key(p, q, likeness)[0], reverse=sort_key(expected[0], q, likeness)[1])
    want = [p["id"] for p in expected]
    path = f"/properties/?{query_string(q, limit=limit, count='true')}"
    forward = pages(world.api, path, "next")
    got = [r for page in forward for r in page["results"]]
    assert [r["id"] for r in got] == want, path
    assert {page["count"] for page in forward} == {len(want)}, path
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


def test_every_ordering_pages_across_ties(world):
    near, first, last = [38.71, -9.13], datetime.date(2026, 12, 4), datetime.date(2026, 12, 6)
    for ordering in ("price", "-price", "total", "-total", "rating", "-rating", "distance", "newest", "relevance"):
        q = {"currency": "EUR", "check_in": first, "check_out": last, "ordering": ordering, "near": near, "radius_km": 500,
             "q": "Lisbon"}
        assert check(world, q, 1) > 2, ordering
        if ordering not in ("distance", "relevance"):
            assert check(world, {k: v for k, v in q.items() if k not in ("near", "radius_km", "q")}, 2) > 20, ordering


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
