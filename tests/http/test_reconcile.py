"""What a provider says it has is compared with the ledger, charge by charge."""

import subprocess

import psycopg
import pytest
from psycopg.rows import dict_row

from support.make import Make
from support.payments import becomes, begin, choose, pay, reference_of, refunds
from support.stays import money


@pytest.fixture(scope="module")
def market(start_server, new_database, new_redis, api_of, binary):
    """(api, make, db, reconcile) over a database of their own; reconcile() → (exit code, lines)."""
    url = new_database()
    server = start_server(url, new_redis())
    api = api_of(server)

    def reconcile(*words):
        done = subprocess.run([binary, "payments", "reconcile", *words], env={"ROOST_DATABASE_URL": url, "ROOST_ENVIRONMENT": "test"},
                              capture_output=True, text=True, timeout=60)  # fmt: skip
        return done.returncode, done.stdout.splitlines()

    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as db:
        yield api, Make(api), db, reconcile
    server.close()


def today(db):
    row = db.execute("select current_date::text as first, (current_date + 1)::text as last").fetchone()
    return "--from", row["first"], "--to", row["last"]


@pytest.fixture
def paid(market):
    """paid() → (guest, payment) that went through."""
    api, make, _, _ = market

    def make_one():
        guest = api.new_guest()
        return guest, pay(api, guest, make.booking(make.listing(api.new_host(), payment_mode="online"), guest))

    return make_one


def test_nothing_differs_where_nothing_went_wrong(market, paid):
    api, make, db, reconcile = market
    guest, payment = paid()
    asked = {"amount": money(100), "reason": "Cold."}
    api.as_admin().post(f"/payments/{payment['id']}/refunds/", asked, headers={"Idempotency-Key": "cold"}).expect(201)
    becomes(guest, payment, "partially_refunded")
    assert [r["status"] for r in refunds(guest, payment)] == ["succeeded"]
    declined = begin(guest, make.booking(make.listing(api.new_host(), payment_mode="online"), guest)).expect(201)
    choose(api, declined, "decline")
    becomes(guest, declined, "failed")
    assert reconcile(*today(db)) == (0, ["0 differences"])
    assert reconcile() == (0, ["0 differences"])


@pytest.mark.parametrize(
    ("change", "kind", "figures"),
    [
        ("update sandbox_charge set captured = captured + 1 where id::text = %s", "captured", "{0} here, {1} there"),
        ("update sandbox_charge set refunded = 5 where id::text = %s", "refunded", "0 here, 5 there"),
        ("delete from sandbox_charge where id::text = %s", "unknown_there", "{0} here, 0 there"),
        ("update sandbox_charge set id = gen_random_uuid() where id::text = %s", "unknown_here", "0 here, {0} there"),
    ],
)
def test_a_difference_is_named(market, paid, change, kind, figures):
    _, _, db, reconcile = market
    _, payment = paid()
    reference, amount = reference_of(db, payment), payment["captured"]["amount"]
    row = db.execute("select to_jsonb(c)::text as was from sandbox_charge c where id::text = %s", [reference]).fetchone()
    try:
        db.execute(change, [reference])
        code, lines = reconcile(*today(db))
        assert code == 1
        [line] = [at for at in lines[:-1] if f" {kind} " in at]
        assert figures.format(amount, amount + 1) in line, lines
        assert kind == "unknown_here" or (reference in line and payment["id"] in line)
    finally:  # the others look at the same days
        db.execute("delete from sandbox_charge where idempotency_key = %s", [f"{payment['id']}/begin"])
        db.execute("insert into sandbox_charge select * from jsonb_populate_record(null::sandbox_charge, %s::jsonb)", [row["was"]])
    assert reconcile(*today(db)) == (0, ["0 differences"])


def test_a_day_of_which_one_end_is_missing_is_refused(market):
    *_, reconcile = market
    assert reconcile("--from", "2026-01-01")[0] != 0
    assert reconcile("--from", "yesterday", "--to", "2026-01-01")[0] != 0
