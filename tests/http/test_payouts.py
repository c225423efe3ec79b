"""Hosts are paid what is payable, once, whatever happens on the way (S17, I2, I3, I6, domain rules 4.10)."""

import datetime
import os
import secrets
import subprocess
import zoneinfo

import psycopg
import pytest

from support.clock import local
from support.payments import BUSY, UNSOUND, assert_sound, entries, found, pay
from support.payouts import balance, paying, set_account, share
from support.processes import wait_until
from support.stays import money


@pytest.fixture(scope="module")
def house(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of, ROOST_PAYOUTS_MINIMUM="CHF:50000") as house:
        yield house


def sandbox(house, host):
    """What the provider did for the host: (state, amount) of each."""
    rows = house.db.execute("""select s.state, s.amount from sandbox_payout s join payout p on p.id::text = s.idempotency_key
                               where p.host_id = %s order by p.day, p.attempt""", [host.id]).fetchall()
    return [(row["state"], row["amount"]) for row in rows]


def test_a_stay_is_paid_to_its_host_once(house):
    host = house.host()
    _, booking, payment = house.earned(host, tax_basis_points=550, cleaning_fee=money(3000))
    assert balance(host) == {"payable": share(booking), "later": 0, "held": 0, "in_transit": 0}
    for _ in range(3):
        house.batch()
    assert house.payouts(host) == [("paid", share(booking))] and sandbox(house, host) == [("paid", share(booking))]
    assert balance(host) == {"payable": 0, "later": 0, "held": 0, "in_transit": 0}
    paid = house.db.execute("select id from payout where host_id = %s", [host.id]).fetchone()
    told = house.db.execute("select kind, payload from outbox_event where subject_id = %s", [paid["id"]]).fetchall()
    assert [(t["kind"], t["payload"]["amount"]) for t in told] == [("payout.paid", share(booking))]
    assert entries(house.db, booking)["host_payable"] == -share(booking), "what a booking has earned is not undone by paying it"
    house.next_day()
    house.batch()
    assert len(house.payouts(host)) == 1, "there is nothing to pay"
    assert_sound(house.db, settled=True)


def test_a_payout_is_due_a_day_after_check_in_and_the_batch_looks_at_its_own_moment(house):
    """The batch of a day is at 9 in UTC, whatever hour it is run at."""
    host = house.host()
    _, booking, _ = house.paid(host, check_in=2, time_zone="Pacific/Kiritimati", location={"latitude": 1.87, "longitude": -157.4})
    due = datetime.datetime.fromisoformat(booking["starts_at"]) + datetime.timedelta(days=1)
    (listed,) = host.get("/users/me/balance/").expect(200)["results"]
    assert datetime.datetime.fromisoformat(listed["later_from"]) == due and listed["later"]["amount"] == share(booking)
    moment = due.replace(hour=9, minute=0)  # check-in is at 15:00 there, which is 01:00 in UTC
    assert moment > due
    house.clock.set(moment - datetime.timedelta(minutes=1))
    assert balance(host)["payable"] == share(booking)
    house.batch()
    assert house.payouts(host) == [], "it was not due when the last batch was"
    house.clock.set(moment + datetime.timedelta(hours=13))  # at the place it is the next day already
    house.batch()
    assert house.payouts(host) == [("paid", share(booking))]
    day = house.db.execute("select day from payout where host_id = %s", [host.id]).fetchone()["day"]
    assert day == moment.date(), "a batch is of a day in UTC"
    assert_sound(house.db, settled=True)


@pytest.mark.parametrize("destination,status,there", [
    ("account_1", "paid", ["paid"]),
    ("fails", "failed", ["failed"]),
    ("slow", "paid", ["paid"]),
    ("unknown", "paid", ["paid"]),  # V1: cut off after it had its effect
    ("lost", "paid", ["paid"]),  # V1: cut off before
    ("returns", "failed", ["returned"]),
])  # fmt: skip
def test_whatever_the_provider_answers_money_goes_once_or_comes_back(house, destination, status, there):
    host = house.host(destination)
    _, booking, _ = house.earned(host)
    house.batch()
    path = "select status from payout where host_id = %s"
    wait_until(lambda: house.db.execute(path, [host.id]).fetchone()["status"] == status, BUSY, status)
    house.decided()
    assert house.payouts(host) == [(status, share(booking))]
    assert [state for state, _ in sandbox(house, host)] == there
    assert house.owed(host) == (share(booking) if status == "failed" else 0)
    assert_sound(house.db, settled=True)


def test_a_failed_payout_goes_back_to_the_balance_and_is_paid_the_next_day(house):
    host = house.host("fails")
    _, booking, _ = house.earned(host)
    house.batch()
    house.batch()
    assert house.payouts(host) == [("failed", share(booking))], "the batch does not try again"
    assert balance(host)["payable"] == share(booking)
    house.account(host)
    house.batch()
    assert len(house.payouts(host)) == 1
    house.next_day()
    house.batch()
    assert house.payouts(host) == [("failed", share(booking)), ("paid", share(booking))]
    assert house.owed(host) == 0
    assert_sound(house.db, settled=True)


def test_an_admin_may_try_a_failed_payout_again_at_once(house):
    host, admin = house.host("fails"), house.api.as_admin()
    _, booking, _ = house.earned(host)
    house.batch()
    (failed,) = admin.get(f"/admin/payouts/?status=failed&host={host.id}").expect(200)["results"]
    assert (failed["failure_reason"], failed["amount"]["amount"]) == ("account_closed", share(booking))
    house.account(host)
    retry = f"/admin/payouts/{failed['id']}/retry/"
    made = admin.post(retry, {"reason": "The account was mistyped."}).expect(201)
    assert (made["attempt"] > 1 or made["day"] != failed["day"]) and made["id"] != failed["id"]
    house.decided()
    assert [p[0] for p in house.payouts(host)] == ["failed", "paid"] and house.owed(host) == 0
    admin.post(retry, {"reason": "Again."}).expect(409, "wrong_state")  # nothing is left
    admin.post(f"/admin/payouts/{made['id']}/retry/", {"reason": "Again."}).expect(409, "wrong_state")
    (noted,) = admin.get(f"/admin/audit/?subject={failed['id']}").expect(200)["results"]
    assert (noted["action"], noted["actor_id"], noted["reason"]) == ("payout.retried", admin.id, "The account was mistyped.")
    assert_sound(house.db, settled=True)


def test_a_negative_balance_is_carried_forward_and_set_off(house):
    host, admin = house.host(), house.api.as_admin()
    _, first, payment = house.earned(host, nights=3)
    house.batch()
    admin.post(f"/payments/{payment['id']}/refunds/", {"reason": "It burnt down."},
               headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)  # fmt: skip
    assert balance(host)["payable"] == -share(first)
    _, small, _ = house.earned(host, nights=1)
    house.next_day()
    house.batch()
    assert len(house.payouts(host)) == 1, "nothing is owed yet"
    _, large, _ = house.earned(host, nights=6)
    left = share(small) + share(large) - share(first)
    assert balance(host)["payable"] == left
    house.next_day()
    house.batch()
    assert house.payouts(host)[1:] == [("paid", left)] and house.owed(host) == 0
    assert_sound(house.db, settled=True)


def test_a_long_stay_is_paid_in_months_that_add_up(house):
    host = house.host()
    _, booking, _ = house.paid(host, amount=10_001, check_in=2, nights=65)
    first = datetime.datetime.fromisoformat(booking["starts_at"])
    paid = []
    for days in (2, 20, 33, 64, 80):
        house.clock.set(first + datetime.timedelta(days=days))
        house.batch()
        paid.append(sum(amount for _, amount in house.payouts(host)))
        b = balance(host)
        assert paid[-1] + b["later"] + b["payable"] == share(booking)
    assert 0 < paid[0] == paid[1] < paid[2] < paid[3] == paid[4] == share(booking), paid
    nights = (add_month(first.date()) - first.date()).days
    assert paid[0] == share(booking) * nights // 65
    assert_sound(house.db, settled=True)


def add_month(day):
    year, month = day.year + day.month // 12, day.month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month, day=last)
        except ValueError:
            pass


def test_a_stay_that_was_cancelled_is_paid_by_its_first_day(house):
    """What the guest has not got back is the host's."""
    host = house.host()
    guest, booking, _ = house.paid(host, check_in=3, nights=40, cancellation_policy="non_refundable")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    house.batch()
    assert house.payouts(host) == [] and balance(host)["later"] == share(booking)
    house.clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) + datetime.timedelta(days=2))
    house.batch()
    assert house.payouts(host) == [("paid", share(booking))]


def test_too_little_waits_for_more(house):
    host = house.host(currency="CHF")
    _, first, _ = house.earned(host, amount=20_000, currency="CHF", nights=2)
    house.batch()
    assert share(first) < 50_000 and house.payouts(host) == [] and balance(host, "CHF")["payable"] == share(first)
    _, second, _ = house.earned(host, amount=20_000, currency="CHF", nights=2)
    house.batch()
    assert house.payouts(host) == [("paid", share(first) + share(second))], "both are enough"


def test_each_currency_is_paid_by_itself(house):
    host = house.host()
    house.account(host, "account_2", "JPY")
    _, euros, _ = house.earned(host)
    _, yen, _ = house.earned(host, amount=15_001, currency="JPY")
    _, dinars, _ = house.earned(host, amount=45_125, currency="KWD")
    house.batch()
    rows = house.db.execute("select currency, amount, destination from payout where host_id = %s order by 1", [host.id]).fetchall()
    assert [tuple(row.values()) for row in rows] == [("EUR", share(euros), "account_1"), ("JPY", share(yen), "account_2")]
    assert balance(host, "KWD")["payable"] == share(dinars), "it has nowhere to go"
    assert_sound(house.db, settled=True)


def test_what_an_admin_holds_is_not_paid(house):
    admin, host, other = house.api.as_admin(), house.host(), house.host()
    _, held, _ = house.earned(host)
    _, free, _ = house.earned(host, nights=3)
    house.earned(other)
    one = admin.post("/admin/payout-holds/", {"booking_id": held["id"], "reason": "Is it real?"}).expect(201)
    admin.post("/admin/payout-holds/", {"booking_id": held["id"], "reason": "Again."}).expect(409, "wrong_state")
    everything = admin.post("/admin/payout-holds/", {"host_id": other.id, "reason": "Is it real?"}).expect(201)
    assert balance(host)["held"] == share(held) and balance(other)["payable"] == 0 < balance(other)["held"]
    house.batch()
    assert house.payouts(host) == [("paid", share(free))] and house.payouts(other) == []
    for hold in (one, everything):
        admin.post(f"/admin/payout-holds/{hold['id']}/release/", {"reason": "It is."}).expect(204)
        admin.post(f"/admin/payout-holds/{hold['id']}/release/", {"reason": "It is."}).expect(404)
    house.next_day()
    house.batch()
    assert house.payouts(host)[1:] == [("paid", share(held))] and len(house.payouts(other)) == 1
    actions = [a["action"] for a in admin.get(f"/admin/audit/?subject={held['id']}").expect(200)["results"]]
    assert actions == ["payouts.released", "payouts.held"]
    for wrong in ({}, {"host_id": host.id, "booking_id": held["id"]}, {"host_id": held["id"]}, {"booking_id": host.id}):
        admin.post("/admin/payout-holds/", {**wrong, "reason": "Hm."}).expect(422)
    assert_sound(house.db, settled=True)


def test_money_waits_before_it_goes_to_another_destination(house, start_server, new_database, new_redis, api_of):
    """Whoever has taken over an account is noticed first. By default that takes a day."""
    with paying(start_server, new_database, new_redis, api_of, ROOST_PAYOUTS_WAIT_HOURS="24") as slow:
        host = slow.host()
        before = set_account(host, "account_1").expect(200)
        assert set_account(host, "account_1").expect(200) == before, "the same is no change"
        slow.clock.set(slow.clock.now().replace(hour=12) + datetime.timedelta(days=1))
        changed = set_account(host, "account_2").expect(200)
        wait = datetime.datetime.fromisoformat(changed["usable_from"]) - datetime.datetime.fromisoformat(changed["updated_at"])
        assert wait == datetime.timedelta(hours=24)
        _, booking, _ = slow.earned(host)
        slow.next_day()  # the batch was at 9
        slow.batch()
        assert slow.payouts(host) == []
        slow.next_day()
        slow.batch()
        assert slow.payouts(host) == [("paid", share(booking))]
        assert slow.db.execute("select destination from payout").fetchone()["destination"] == "account_2"


def test_a_payout_account_is_a_hosts_own_and_checked_in_form(house):
    host, guest = house.host(None), house.api.new_guest()
    set_account(guest, "account_1").expect(403, "not_allowed")
    assert set_account(host, "account_1", provider="stripe").pointers == ["/provider"], "only what is set up is offered"
    assert set_account(host, "Not one!").pointers == ["/destination"]
    for destination, currency in (("account_1", "EUR"), ("account_2", "JPY"), ("account_3", "EUR")):
        set_account(host, destination, currency).expect(200)
    listed = host.get("/users/me/payout-account/").expect(200)["results"]
    assert [(a["currency"], a["destination"]) for a in listed] == [("EUR", "account_3"), ("JPY", "account_2")]
    assert guest.get("/users/me/payout-account/").expect(200)["results"] == []
    host.delete("/users/me/payout-account/?currency=EUR").expect(204)
    assert [a["currency"] for a in host.get("/users/me/payout-account/").expect(200)["results"]] == ["JPY"]
    host.delete("/users/me/payout-account/").expect(204)
    assert host.get("/users/me/payout-account/").expect(200)["results"] == []
    noted = house.api.as_admin().get(f"/admin/audit/?subject={host.id}&actor={host.id}").expect(200)["results"]
    assert [(a["action"], a["reason"]) for a in reversed(noted)] == [
        ("payout_account.set", "EUR sandbox"), ("payout_account.set", "JPY sandbox"), ("payout_account.set", "EUR sandbox"),
        ("payout_account.dropped", "EUR"), ("payout_account.dropped", "JPY")]  # fmt: skip


@pytest.mark.parametrize("zone,day", [
    ("Europe/Paris", "2027-03-27"),  # the next day has 23 hours
    ("Europe/Paris", "2027-10-30"),  # and here 25
    ("America/New_York", "2027-03-13"),
    ("Australia/Lord_Howe", "2027-04-03"),  # 24 and a half
    ("Africa/Nairobi", "2027-03-27"),
])  # fmt: skip
def test_a_day_after_check_in_is_the_same_time_of_the_next_day_there(api, make, db, zone, day):
    """C2: never by adding 24 hours."""
    host, guest, first = api.new_host(), api.new_guest(), datetime.date.fromisoformat(day)
    listing = make.listing(host, payment_mode="online", time_zone=zone)
    booking = make.booking(listing, guest, check_in=day, nights=str(first + datetime.timedelta(days=2)))
    pay(api, guest, booking)
    (b,) = host.get("/users/me/balance/").expect(200)["results"]
    starts = datetime.datetime.fromisoformat(booking["starts_at"]).astimezone(zoneinfo.ZoneInfo(zone))
    assert starts.date() == first
    expected = local(zone, first + datetime.timedelta(days=1), f"{starts:%H:%M}")
    assert datetime.datetime.fromisoformat(b["later_from"]) == expected
    assert_sound(db)


def test_hosts_are_paid_by_the_week_and_after_the_stay_where_that_is_set(start_server, new_database, new_redis, api_of):
    settings = {"ROOST_PAYOUTS_SCHEDULE": "weekly", "ROOST_PAYOUTS_WEEKDAY": "wednesday", "ROOST_PAYOUTS_HOUR": "7",
                "ROOST_PAYOUTS_PAYABLE_FROM": "end"}  # fmt: skip
    with paying(start_server, new_database, new_redis, api_of, **settings) as house:
        host = house.host()
        _, booking, _ = house.paid(host, check_in=9, nights=3)
        due = datetime.datetime.fromisoformat(booking["ends_at"]) + datetime.timedelta(days=2)
        (b,) = host.get("/users/me/balance/").expect(200)["results"]
        assert datetime.datetime.fromisoformat(b["later_from"]) == due
        batch = due.replace(hour=7, minute=0) + datetime.timedelta(days=(2 - due.weekday()) % 7)
        batch += datetime.timedelta(days=7) if batch < due else datetime.timedelta()
        house.clock.set(batch - datetime.timedelta(minutes=5))
        house.batch()
        assert house.payouts(host) == []
        house.clock.set(batch + datetime.timedelta(days=3))
        house.batch()
        assert house.payouts(host) == [("paid", share(booking))]
        assert house.db.execute("select day from payout").fetchone()["day"] == batch.date()
        assert_sound(house.db, settled=True)


@pytest.mark.parametrize("name,value", [("MINIMUM", "EUR"), ("MINIMUM", "EURO:5"), ("MINIMUM", "EUR:-1"), ("ADJUSTMENT_LIMIT", "EUR:1x")])
def test_amounts_that_cannot_be_meant_are_refused_at_the_start(binary, database, name, value):
    environment = {**os.environ, "ROOST_ENVIRONMENT": "test", "ROOST_DATABASE_URL": database, f"ROOST_PAYOUTS_{name}": value}
    done = subprocess.run([binary, "serve"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and f"ROOST_PAYOUTS_{name}" in done.stderr and "EUR:1000" in done.stderr, done


def test_the_invariants_can_fail(house):
    """Control: each breach is found by its own statement."""
    host = house.host()
    _, booking, _ = house.earned(host)
    house.batch()
    payout = house.db.execute("select id from payout where host_id = %s", [host.id]).fetchone()["id"]
    breaches = {
        "a payout is not in the ledger exactly once": f"update payout set amount = amount + 1 where id = '{payout}'",
        "a payout is not its parts": f"delete from payout_item where payout_id = '{payout}'",
        "two payouts of one batch": f"""alter table payout drop constraint payout_once;
            insert into payout select (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid()))).*
            from payout p where id = '{payout}'""",
        "what a booking has earned, or is paid out of it, is counted wrongly":
            f"update host_earning set paid_out = 0 where booking_id = '{booking['id']}'",
        "a host's balance is not what was earned, less what was paid out":
            f"update ledger_balance set balance = balance - 1 where owner = '{host.id}'",
        "something was paid out while it was disputed": f"""
            insert into dispute (id, provider, reference, payment_id, booking_id, currency, amount, status, reason, opened_at)
            select gen_random_uuid(), 'sandbox', 'dp_x', id, booking_id, currency, 1, 'open', '', now() - interval '1 hour'
            from payment where booking_id = '{booking['id']}'""",
        "something was paid out while it was held": f"""
            insert into payout_hold (id, host_id, reason, created_by, created_at)
            select gen_random_uuid(), id, '', id, now() - interval '1 hour' from app_user where id = '{host.id}'""",
        "a dispute's reserve is not what was taken back": f"""
            insert into dispute (id, provider, reference, payment_id, booking_id, currency, amount, withdrawn, status, reason, opened_at)
            select gen_random_uuid(), 'sandbox', 'dp_x', id, booking_id, currency, 1, 1, 'open', '', now() + interval '1 year'
            from payment where booking_id = '{booking['id']}'""",
        "what the booking says of disputes is not so": f"update booking set disputed = true where id = '{booking['id']}'",
    }  # fmt: skip
    assert found(house.db, UNSOUND) == {}
    with psycopg.connect(house.server.environment["ROOST_DATABASE_URL"]) as connection:
        for what, breach in breaches.items():
            connection.execute(breach)
            rows = connection.execute(UNSOUND[what]).fetchall()
            connection.rollback()
            assert rows, what
    house.db.execute("select 1")
    with pytest.raises(psycopg.errors.UniqueViolation):  # and this is what keeps the first of all
        house.db.execute("""insert into payout select (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid()))).*
                            from payout p where id = %s""", [payout])
