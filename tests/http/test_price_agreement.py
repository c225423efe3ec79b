"""Whatever a host's rules are: quote, search and calendar agree with each other and with the rules of the business."""

import datetime
import zoneinfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from support.make import Make
from support.pricing import bound, closed, price_of_night, random_rules, round_halves_down, takes, total_of
from support.stays import money

DEFAULTS = {"min_nights": 1, "max_nights": 365, "closed_to_arrival": [], "closed_to_departure": []}


def set_rules(host, listing, p, unit, today):
    """What random_rules made, through the API."""
    path = f"/properties/{listing['id']}/"
    host.put(path + "pricing/", p["rules"]).expect(200)
    for old in host.get(path + "seasons/").expect(200)["results"]:
        host.delete(f"{path}seasons/{old['id']}/").expect(204)
    for s in p["seasons"]:
        body = {**s, "from": str(s["from"]), "to": str(s["to"]), "price": s["price"] and money(s["price"], unit)}
        host.post(path + "seasons/", body).expect(201)
    silence = {what: None for what in ("price", "min_nights", "max_nights", "closed_to_arrival", "closed_to_departure")}
    edits = [{"from": str(day), "to": str(day + datetime.timedelta(days=1)),
              **{k: money(v, unit) if k == "price" and v else v for k, v in said.items()}} for day, said in p["days"].items()]
    whole = {"from": str(today), "to": str(today + datetime.timedelta(days=80)), **silence}
    host.patch(path + "calendar/", {"edits": [whole, *edits]}).expect(200)


def new_place(api, make, unit):
    host = api.new_host()
    listing = make.listing(host, nightly_price=money(10050, unit), cleaning_fee=money(777, unit), tax_basis_points=725,
                           capacity=6, time_zone="Europe/Paris")
    return unit, host, listing, api.new_guest()


def in_two_days():
    return datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Paris")).date() + datetime.timedelta(days=2)


def priced(made):
    """What the place and what was said of it come to, as support.pricing reads it."""
    return {"nightly_price": 10050, "cleaning_fee": 777, "tax_basis_points": 725, **DEFAULTS, **made}


@pytest.fixture(scope="module", params=["EUR", "JPY", "KWD"])
def place(request, api, make):
    return new_place(api, make, request.param)


def compare(api, place, p, first, last, guests=1, ages=()):
    unit, host, listing, guest = place
    path = f"/properties/{listing['id']}/"
    asked = {"check_in": str(first), "check_out": str(last), "guests": guests, "child_ages": list(ages)}
    quote = guest.post(path + "quote/", asked)
    ages_given = f"&child_ages={','.join(map(str, ages))}" if ages else ""
    found = api.anonymous.get(f"/properties/?host={host.id}&check_in={first}&check_out={last}&guests={guests}{ages_given}"
                              f"&currency={unit}&ordering=total").expect(200)["results"]
    assert quote.status == (201 if takes(p, first, last) else 422), quote
    assert [r["id"] for r in found] == ([listing["id"]] if quote.status == 201 else [])
    nights = api.anonymous.get(f"{path}calendar/?from={first}&to={last}").expect(200)["nights"]
    for n, day in zip(nights, (first + datetime.timedelta(days=i) for i in range((last - first).days))):
        assert n["price"] == money(price_of_night(p, day), unit)
        assert (n["min_nights"], n["max_nights"]) == (bound(p, day, "min_nights"), bound(p, day, "max_nights"))
        assert (n["closed_to_arrival"], n["closed_to_departure"]) == (
            closed(p, day, "closed_to_arrival"), closed(p, day, "closed_to_departure"))
    if quote.status != 201:
        return
    price = quote.json["price"]
    assert price["total"] == found[0]["total_price"] == money(total_of(p, first, last, guests, ages), unit)
    assert sum(line["amount"]["amount"] for line in price["lines"]) == price["total"]["amount"]
    assert sum(line["amount"]["amount"] for line in price["lines"] if line["kind"] == "nights") == sum(
        n["price"]["amount"] for n in nights)
    assert price["host_payout"]["amount"] + price["host_fee"]["amount"] == sum(
        line["amount"]["amount"] for line in price["lines"] if line["kind"] not in ("guest_fee", "tax"))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False), data=st.data())
def test_quote_search_and_calendar_agree(api, place, rng, data):
    unit, host, listing, _ = place
    today = in_two_days()
    p = priced(random_rules(rng, unit, today))
    set_rules(host, listing, p, unit, today)
    for _ in range(4):
        first = today + datetime.timedelta(days=data.draw(st.integers(0, 45)))
        last = first + datetime.timedelta(days=data.draw(st.integers(1, 12)))
        guests = data.draw(st.integers(1, 6))
        compare(api, place, p, first, last, guests, data.draw(st.lists(st.integers(0, 17), max_size=guests - 1)))


def test_another_rounding_would_be_noticed(start_server, new_database, new_redis, api_of):
    """The control: search that rounds halves down, and a stay whose discount ends in half a unit."""
    server = start_server(new_database(), new_redis())
    api = api_of(server)
    place = new_place(api, Make(api), "EUR")
    first = in_two_days()
    silence = dict.fromkeys(("min_nights", "max_nights", "closed_to_arrival", "closed_to_departure"))
    p = priced({"rules": {"weekend": ["saturday"], "length_discounts": [{"min_nights": 2, "basis_points": 1000}]},
                "seasons": [], "days": {first: {"price": 10055, **silence}}})
    set_rules(place[1], place[2], p, "EUR", first)
    stay = first, first + datetime.timedelta(days=2)
    compare(api, place, p, *stay)
    with psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row) as db:
        round_halves_down(db)
    with pytest.raises(AssertionError):
        compare(api, place, p, *stay)
    server.close()
