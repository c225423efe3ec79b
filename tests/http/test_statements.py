"""A host's statement adds up to the last unit, page by page and as a table (I2)."""

import csv
import datetime
import io
import secrets

import pytest

from support.payments import becomes
from support.payouts import adjusted, paying, share


@pytest.fixture(scope="module")
def house(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        yield house


@pytest.fixture(scope="module")
def busy(house):
    """A host who has had everything that a statement knows: (host, the sums in order, the day before and after)."""
    host, admin = house.host("fails"), house.api.as_admin()
    first_day = house.clock.today(-1)
    guest, booking, payment = house.earned(host, amount=10_001)
    house.batch()
    house.account(host)
    house.next_day()
    house.batch()
    part = {"amount": {"amount": 1001, "currency": "EUR"}, "reason": "The heating was broken."}
    admin.post(f"/payments/{payment['id']}/refunds/", part, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
    becomes(guest, payment, "partially_refunded")
    adjusted(house.api, host, 777)
    adjusted(house.api, host, -77)
    house.earned(host, amount=15_001, currency="JPY")
    return host, booking, first_day, house.clock.today(1)


def statement(host, first, last, currency="EUR", **more):
    words = "".join(f"&{name}={value}" for name, value in more.items())
    return host.get(f"/users/me/statements/?from={first}&to={last}&currency={currency}{words}")


def test_opening_balance_and_lines_are_the_closing_balance(house, busy):
    host, booking, first, last = busy
    s = statement(host, first, last).expect(200)
    kinds = [line["kind"] for line in s["lines"]]
    assert kinds == ["booking", "payout", "payout_returned", "payout", "refund", "adjustment", "adjustment"]
    amounts = [line["amount"]["amount"] for line in s["lines"]]
    assert amounts[:4] == [share(booking), -share(booking), share(booking), -share(booking)] and amounts[5:] == [777, -77]
    assert s["lines"][0]["booking_id"] == booking["id"] and s["lines"][1]["payout_id"] == s["lines"][2]["payout_id"]
    total = s["opening_balance"]["amount"]
    for line in s["lines"]:
        total += line["amount"]["amount"]
        assert line["balance"]["amount"] == total
    assert total == s["closing_balance"]["amount"] == house.owed(host)


def test_periods_follow_each_other_without_a_gap(house, busy):
    host, _, first, last = busy
    days = [(datetime.date.fromisoformat(first) + datetime.timedelta(days=n)).isoformat() for n in range(8)]
    days = [day for day in days if day <= last]
    balance, lines = 0, 0
    for day, next_day in zip(days, days[1:]):
        s = statement(host, day, next_day).expect(200)
        assert s["opening_balance"]["amount"] == balance
        balance, lines = s["closing_balance"]["amount"], lines + len(s["lines"])
    assert balance == house.owed(host) and lines == 7


def test_pages_are_the_whole_and_the_table_is_the_same(house, busy):
    host, _, first, last = busy
    whole = statement(host, first, last).expect(200)
    assert whole["next"] is None
    lines, cursor = [], {}
    while True:
        page = statement(host, first, last, limit=2, **cursor).expect(200)
        lines += page["lines"]
        if not page["next"]:
            break
        cursor = {"cursor": page["next"]}
    assert lines == whole["lines"]
    for reply in (statement(host, first, last, format="csv"),
                  host.get(f"/users/me/statements/?from={first}&to={last}&currency=EUR", headers={"Accept": "text/csv"})):  # fmt: skip
        assert reply.status == 200 and reply.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(reply.body.decode(), newline="")))
        assert (rows[0]["kind"], rows[-1]["kind"]) == ("opening_balance", "closing_balance")
        assert [(r["kind"], int(r["amount"]), int(r["balance"]), r["at"]) for r in rows[1:-1]] == [
            (line["kind"], line["amount"]["amount"], line["balance"]["amount"], line["at"]) for line in lines]
        assert int(rows[-1]["balance"]) == whole["closing_balance"]["amount"]
    both = {"Accept": "application/json, text/csv"}
    assert host.get(f"/users/me/statements/?from={first}&to={last}&currency=EUR", headers=both).expect(200) == whole
    host.get("/users/me/balance/", headers={"Accept": "text/csv"}).expect(406)


def test_a_statement_is_of_one_currency_and_of_oneself(house, busy):
    host, _, first, last = busy
    yen = statement(host, first, last, "JPY").expect(200)
    assert [line["kind"] for line in yen["lines"]] == ["booking"] and yen["closing_balance"]["amount"] == house.owed(host, "JPY")
    for person in (house.api.new_guest(), house.host()):
        other = statement(person, first, last).expect(200)
        assert (other["lines"], other["closing_balance"]["amount"]) == ([], 0)


def test_a_period_has_bounds(house, busy):
    host, _, first, last = busy
    for a, b in ((last, first), (first, first), ("2026-01-01", "2027-01-03")):
        assert statement(host, a, b).pointers == ["to"]
    statement(host, "2026-01-01", "2027-01-02").expect(200)
    assert set(host.get("/users/me/statements/").pointers) == {"from", "to", "currency"}
    page = statement(host, first, last, limit=2).expect(200)
    assert statement(host, first, last, "JPY", cursor=page["next"]).expect(422)["errors"][0]["pointer"] == "cursor"
