"""A naive reference for search: random properties, bookings and queries, and what each query ought to find."""

import datetime
import json
import math
import re
import uuid
import zoneinfo

from .clock import local
from .pricing import WEEKDAYS, random_rules, takes, total_of

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
    property_type, room_type, booking_mode, check_in_time, time_zone, title, city, region, country, amenities, description"""


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
        "check_in_time": rng.choice(["15:00", "15:00", "00:10", "10:00", "11:30", "22:00", "23:59"]),
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
        "payment_mode": "on_arrival", "cancellation_terms": "{}", "time_zone": "UTC", "check_in_time": "15:00", "starts_at": first,
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
            and (ahead > 0 or p["booking_mode"] == "instant" or now < local(p["time_zone"], first, p["check_in_time"]))
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
