"""What a stay costs and which stays are taken, from the rules of the business and nothing else. A property is a dict with the
columns of its row; `rules` is the document of its prices, `seasons` and `days` are what was said of dates."""

import datetime

GUEST_FEE_BP = 1200
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def half_up(amount, parts, of):
    return (2 * amount * parts + of) // (2 * of)


def round_halves_down(db):
    """For controls: search's totals in this database become those of another rounding."""
    [(source,)] = [tuple(row.values()) for row in db.execute("select pg_get_functiondef('ruled_stay'::regproc)")]
    other = source.replace("+ 5000) / 10000", "+ 4999) / 10000")
    assert other != source
    db.execute(other)


def stay(first, last):
    return [first + datetime.timedelta(days=n) for n in range((last - first).days)]


def season_of(p, day):
    return next((s for s in p.get("seasons", []) if s["from"] <= day < s["to"]), {})


def said_of(p, day, what):
    """The day before its season; None when neither says anything."""
    said = p.get("days", {}).get(day, {}).get(what)
    return season_of(p, day).get(what) if said is None else said


def price_of_night(p, day):
    price = said_of(p, day, "price")
    rules = p.get("rules") or {}
    if price is None and WEEKDAYS[day.weekday()] in rules.get("weekend", []):
        price = (rules.get("weekend_price") or {}).get("amount")
    return p["nightly_price"] if price is None else price


def total_of(p, first, last, guests=1, ages=()):
    nights, rules = (last - first).days, p.get("rules") or {}
    amount = sum(price_of_night(p, day) for day in stay(first, last))
    best = max((d["basis_points"] for d in rules.get("length_discounts", []) if d["min_nights"] <= nights), default=0)
    amount -= half_up(amount, best, 10000)
    extra = max(guests - rules.get("included_guests", 1), 0) * nights
    amount += extra * (rules.get("extra_guest_fee") or {"amount": 0})["amount"]
    amount += p["cleaning_fee"] or 0
    total = amount + half_up(amount, GUEST_FEE_BP, 10000) + half_up(amount, p["tax_basis_points"], 10000)
    for tax in rules.get("taxes", []):
        taxed = min(nights, tax.get("max_nights") or nights)
        if tax.get("per_person_night"):
            exempt = sum(age < (tax.get("exempt_under_age") or 0) for age in ages)
            total += tax["per_person_night"]["amount"] * taxed * (guests - exempt)
        else:
            total += half_up(amount, tax["basis_points"] * taxed, 10000 * nights)
    return total


def bound(p, day, what):
    said = said_of(p, day, what)
    usual = next((r for r in (p.get("rules") or {}).get("weekday_rules", []) if r["weekday"] == WEEKDAYS[day.weekday()]), {})
    said = usual.get(what) if said is None else said
    return p[what] if said is None else said


def closed(p, day, what):
    said = p.get("days", {}).get(day, {}).get(what)
    weekdays = season_of(p, day).get(what)
    return WEEKDAYS[day.weekday()] in (p[what] if weekdays is None else weekdays) if said is None else said


def takes(p, first, last):
    """Whether lengths and days of arrival and departure allow the stay."""
    nights = (last - first).days
    through = stay(first, last) if (p.get("rules") or {}).get("min_stay_through") else [first]
    return (max(bound(p, day, "min_nights") for day in through) <= nights <= bound(p, first, "max_nights")
            and not closed(p, first, "closed_to_arrival") and not closed(p, last, "closed_to_departure"))


def random_rules(rng, currency, today, span=60):
    """Random `rules`, `seasons` and `days` as a property has them, on and around the days from `today` on."""
    def amount(most=300_000):
        return rng.choice([1, 33, 5000, 9999, rng.randint(1, most)])

    def money(most=300_000):
        return {"amount": amount(most), "currency": currency}

    def some(chance, make):
        return make() if rng.random() < chance else None

    def lengths():
        low = some(0.4, lambda: rng.randint(1, 4))
        return {"min_nights": low, "max_nights": some(0.3, lambda: rng.randint(low or 1, 9))}

    rules = {"weekend": sorted(rng.sample(WEEKDAYS, rng.choice([1, 2, 2, 3])), key=WEEKDAYS.index),
             "weekend_price": some(0.6, money),
             "length_discounts": [{"min_nights": n, "basis_points": rng.choice([1, 1000, 3333, 10000])}
                                  for n in rng.sample([2, 3, 5, 7, 28], rng.randint(0, 3))],
             "included_guests": rng.randint(1, 3), "extra_guest_fee": some(0.5, lambda: money(5000)),
             "taxes": [rng.choice([
                 {"name": "VAT", "basis_points": rng.choice([1, 725, 10000]), "max_nights": some(0.5, lambda: rng.randint(1, 5))},
                 {"name": "City tax", "per_person_night": money(900), "max_nights": some(0.5, lambda: rng.randint(1, 5)),
                  "exempt_under_age": some(0.5, lambda: rng.randint(1, 18))}]) for _ in range(rng.randint(0, 3))],
             "weekday_rules": [{"weekday": w, **lengths()} for w in rng.sample(WEEKDAYS, rng.randint(0, 2))],
             "min_stay_through": rng.random() < 0.2}
    seasons, day = [], today - datetime.timedelta(days=rng.randint(0, 20))
    while len(seasons) < 8 and rng.random() < 0.7 and (day - today).days < span:
        end = day + datetime.timedelta(days=rng.randint(1, 25))
        seasons.append({"name": f"Season {len(seasons)}", "from": day, "to": end, "price": some(0.7, amount), **lengths(),
                        **{way: some(0.3, lambda: rng.sample(WEEKDAYS, rng.randint(0, 3)))
                           for way in ("closed_to_arrival", "closed_to_departure")}})
        day = end + datetime.timedelta(days=rng.choice([0, 0, 3]))
    days = {today + datetime.timedelta(days=n): {
        "price": some(0.6, amount), **lengths(), "closed_to_arrival": some(0.3, lambda: rng.random() < 0.5),
        "closed_to_departure": some(0.3, lambda: rng.random() < 0.5)} for n in rng.sample(range(span), rng.randint(0, span // 3))}
    return {"rules": rules, "seasons": seasons, "days": days}
