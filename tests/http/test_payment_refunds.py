"""Money goes back as the terms say, whole and once, and every unit of it is accounted for (S16, I2, I3, domain rules 4.3, 4.9)."""

import datetime
import secrets

import psycopg
import pytest

from support.payments import (UNSOUND, assert_sound, becomes, begin, booking_becomes, choose, entries, events, found, pay,
                              refunds)  # fmt: skip
from support.processes import wait_until

PRICES = [(12_050, "EUR"), (15_001, "JPY"), (45_125, "KWD")]  # 2, 0 and 3 decimals


@pytest.fixture
def paid(api, make):
    """paid(…) → (guest, host, booking, payment): a booking that was paid through the provider."""

    def make_one(amount=10_000, currency="EUR", check_in=30, nights=3, **changes):
        host, guest = api.new_host(), api.new_guest()
        price = {"amount": amount, "currency": currency}
        listing = make.listing(host, payment_mode="online", nightly_price=price, **changes)
        booking = make.booking(listing, guest, check_in=check_in, nights=nights)
        payment = pay(api, guest, booking)
        return guest, host, booking_becomes(guest, booking, "confirmed"), payment

    return make_one


def given_back(person, payment):
    """The payment once everything that was decided has been given back."""
    path = f"/payments/{payment['id']}/"
    return wait_until(lambda: (p := person.get(path).expect(200))["refunded"] == p["to_refund"] and p, 60, path)


@pytest.mark.parametrize("amount,currency", PRICES)
@pytest.mark.parametrize("policy,days,who", [
    ("flexible", 30, "guest"), ("firm", 10, "guest"), ("moderate", 3, "guest"), ("non_refundable", 30, "guest"),
    ("firm", 10, "host"),
])  # fmt: skip
def test_a_cancellation_gives_back_what_the_terms_say(paid, clock, db, policy, days, who, amount, currency):
    fees = {"cleaning_fee": {"amount": 777, "currency": currency}, "tax_basis_points": 550}
    guest, host, booking, payment = paid(amount, currency, check_in=60, cancellation_policy=policy, **fees)
    clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) - datetime.timedelta(days=days, hours=-1))
    due = (guest if who == "guest" else host).post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)["refund"]["due"]
    after = given_back(guest, payment)
    assert after["refunded"] == due
    expected = {0: "succeeded", payment["amount"]["amount"]: "refunded"}.get(due["amount"], "partially_refunded")
    assert after["status"] == expected
    seen = guest.get(f"/bookings/{booking['id']}/").expect(200)
    assert seen["paid"]["amount"] == payment["amount"]["amount"] - due["amount"] and seen["amount_due"]["amount"] == 0
    assert [(r["cause"], r["status"], r["amount"]) for r in refunds(guest, payment)] == (
        [("cancellation", "succeeded", due)] if due["amount"] else [])
    if expected == "refunded":
        assert entries(db, booking).keys() == {"gateway_cash", "gateway_fee"}, "only the provider's fee is gone"
    assert_sound(db, settled=True)


def test_a_no_show_gives_back_what_the_terms_say(paid, clock, db):
    guest, host, booking, payment = paid(check_in=5, nights=4, cancellation_policy="flexible")
    clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) + datetime.timedelta(hours=25))
    booking_becomes(guest, booking, "in_stay")
    due = host.post(f"/bookings/{booking['id']}/no-show/", {}).expect(200)["refund"]["due"]
    assert due["amount"] > 0 and given_back(guest, payment)["refunded"] == due
    assert_sound(db, settled=True)


def change(guest, host, booking, clock, nights):
    """The stay is so many nights from now on, as both agree."""
    last = datetime.date.fromisoformat(booking["check_in"]) + datetime.timedelta(days=nights)
    path = f"/bookings/{booking['id']}/alterations/"
    proposed = guest.post(path, {"check_out": str(last)}).expect(201)
    return host.post(f"{path}{proposed['id']}/accept/").expect(200)


def test_a_change_to_a_lower_price_gives_back_the_difference(paid, clock, db):
    guest, host, booking, payment = paid(nights=5)
    changed = change(guest, host, booking, clock, 3)
    after = given_back(guest, payment)
    assert after["refunded"]["amount"] == -changed["difference"]["amount"] > 0
    assert [r["cause"] for r in refunds(host, payment)] == ["alteration"]
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["amount_due"]["amount"] == 0
    assert_sound(db, settled=True)


def test_a_change_to_a_higher_price_is_paid_by_another_payment_and_both_go_back(api, paid, clock, db):
    guest, host, booking, payment = paid(nights=3)
    changed = change(guest, host, booking, clock, 5)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["amount_due"] == changed["difference"]
    second = begin(guest, booking).expect(201)
    assert (second["purpose"], second["alteration_id"]) == ("alteration", changed["id"])
    assert second["amount"] == changed["difference"]
    choose(api, second, "approve")
    becomes(guest, second, "succeeded")
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["amount_due"]["amount"] == 0
    begin(guest, booking).expect(409, "wrong_state")
    assert_sound(db, settled=True)

    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert {given_back(guest, p)["status"] for p in (payment, second)} == {"refunded"}
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["paid"]["amount"] == 0
    assert_sound(db, settled=True)


def test_an_admin_gives_back_a_part_and_never_more_than_is_left(api, paid, db):
    guest, host, booking, payment = paid()
    admin, path = api.as_admin(), f"/payments/{payment['id']}/refunds/"

    def ask(who, key=None, **body):
        return who.post(path, {"reason": "The heating was broken.", **body},
                        headers={"Idempotency-Key": key or secrets.token_hex(8)})

    whole, part = payment["amount"], {**payment["amount"], "amount": 1_001}
    for person in (guest, host, api.new_guest()):
        ask(person, amount=part).expect(403, "not_allowed")
    assert ask(admin, amount={**part, "amount": whole["amount"] + 1}).pointers == ["/amount/amount"]
    assert ask(admin, amount={**part, "currency": "USD"}).pointers == ["/amount/currency"]
    for bad in (0, -1):
        ask(admin, amount={**part, "amount": bad}).expect(422)

    first = ask(admin, amount=part)
    assert first.expect(201)["amount"] == part
    assert given_back(guest, payment)["status"] == "partially_refunded"
    rest = ask(admin).expect(201)
    assert rest["amount"]["amount"] == whole["amount"] - part["amount"]
    assert given_back(guest, payment)["status"] == "refunded"
    ask(admin).expect(409, "wrong_state")
    assert [r["cause"] for r in refunds(guest, payment)] == ["admin", "admin"]
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "confirmed"
    assert_sound(db, settled=True)


def test_what_was_given_back_out_of_goodwill_is_not_paid_with_a_change(api, paid, clock, db):
    guest, host, booking, payment = paid(nights=3)
    admin = api.as_admin()
    part = {**payment["amount"], "amount": 1_500}
    admin.post(f"/payments/{payment['id']}/refunds/", {"amount": part, "reason": "No hot water."},
               headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)  # fmt: skip
    given_back(guest, payment)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["amount_due"]["amount"] == 0
    changed = change(guest, host, booking, clock, 5)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["amount_due"] == changed["difference"]
    assert guest.get(f"/bookings/{booking['id']}/receipt/").expect(200)["due"] == changed["difference"]
    second = begin(guest, booking).expect(201)
    assert second["amount"] == changed["difference"]
    choose(api, second, "approve")
    becomes(guest, second, "succeeded")
    seen = guest.get(f"/bookings/{booking['id']}/").expect(200)
    assert seen["amount_due"]["amount"] == 0
    assert seen["paid"]["amount"] == payment["amount"]["amount"] - 1_500 + changed["difference"]["amount"]
    begin(guest, booking).expect(409, "wrong_state")
    assert_sound(db, settled=True)


def test_a_refund_is_ordered_once_however_often_it_is_asked_for(api, paid, db):
    guest, _, _, payment = paid()
    key = {"Idempotency-Key": secrets.token_hex(8)}
    body = {"amount": {**payment["amount"], "amount": 500}, "reason": "Cold."}
    path = f"/payments/{payment['id']}/refunds/"
    replies = {api.as_admin().post(path, body, headers=key).expect(201)["id"] for _ in range(3)}
    assert len(replies) == 1 and given_back(guest, payment)["refunded"]["amount"] == 500
    assert events(db, payment).count("payment.refunded") == 1


def test_cancelling_again_gives_nothing_back_again(paid, db):
    guest, _, booking, payment = paid(cancellation_policy="firm")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(409, "wrong_state")
    given_back(guest, payment)
    assert len(refunds(guest, payment)) <= 1
    assert_sound(db, settled=True)


def test_nobody_changes_the_ledger(paid, db):
    _, _, booking, _ = paid()
    (journal,) = db.execute("select id from ledger_journal where booking_id = %s", [booking["id"]]).fetchall()
    for statement in ("update ledger_entry set amount = amount + 1 where journal_id = %(id)s",
                      "delete from ledger_entry where journal_id = %(id)s",
                      "update ledger_journal set kind = 'refund_paid' where id = %(id)s",
                      "delete from ledger_journal where id = %(id)s",
                      "truncate ledger_entry", "truncate ledger_journal, ledger_entry"):  # fmt: skip
        with pytest.raises(psycopg.errors.RestrictViolation):
            db.execute(statement, {"id": journal["id"]})


def add(db, payment, amounts):
    """A journal of the payment's with these entries."""
    with db.transaction():
        (journal,) = db.execute(
            """insert into ledger_journal (id, kind, dedupe_key, currency, booking_id, payment_id, at)
               select gen_random_uuid(), 'capture', gen_random_uuid(), currency, booking_id, id, now() from payment
               where id = %s returning id""", [payment["id"]]).fetchall()
        for amount in amounts:
            db.execute("""insert into ledger_entry (journal_id, account, owner, amount)
                          values (%s, 'guest_receivable', '', %s)""", [journal["id"], amount])


@pytest.mark.parametrize("amounts", [[100, -99], [100], [], [5, 5, -9]])
def test_a_journal_that_does_not_add_up_is_refused(paid, db, amounts):
    with pytest.raises(psycopg.errors.CheckViolation):
        add(db, paid()[3], amounts)
    assert_sound(db)


def test_the_same_event_is_not_posted_twice(paid, db):
    _, _, booking, _ = paid()
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("""insert into ledger_journal (id, kind, dedupe_key, currency, booking_id, payment_id, at)
                      select gen_random_uuid(), kind, dedupe_key, currency, booking_id, payment_id, at
                      from ledger_journal where booking_id = %s""", [booking["id"]])


def test_the_checks_would_notice_money_that_does_not_add_up(paid, db):
    """The control: what no request can do, done behind the server's back, and put right again."""
    _, _, booking, payment = paid()
    for damage, repair, noticed in [
        ("update booking set paid = paid + 1 where id = %(booking)s", "update booking set paid = paid - 1 where id = %(booking)s",
         "a booking's money belongs to nobody"),
        ("update payment set to_refund = 1 where id = %(payment)s", "update payment set to_refund = 0 where id = %(payment)s",
         "what is owed to guests is not what is still to be given back"),
        ("update payment set captured = captured - 1 where id = %(payment)s",
         "update payment set captured = captured + 1 where id = %(payment)s",
         "captured less refunded is not what lies at the provider"),
        ("update ledger_balance set balance = balance + 1 where account = 'tax_payable' or account = 'host_payable'",
         "update ledger_balance set balance = balance - 1 where account = 'tax_payable' or account = 'host_payable'",
         "a balance is not the sum of its entries (I2)"),
    ]:  # fmt: skip
        ids = {"booking": booking["id"], "payment": payment["id"]}
        db.execute(damage, ids)
        assert noticed in found(db, UNSOUND), noticed
        db.execute(repair, ids)
    add_unchecked(db, payment)
    assert_sound(db)


def add_unchecked(db, payment):
    """Entries of nothing but themselves: with the triggers off, the sum that is looked at is noticed too."""
    with pytest.raises(RuntimeError), db.transaction():
        db.execute("set local session_replication_role = replica")
        add(db, payment, [7])
        assert "a journal is not zero (I2)" in found(db, UNSOUND)
        raise RuntimeError("to be rolled back")
