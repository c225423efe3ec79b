"""What people are told about money (I7)."""

import secrets

import pytest

from support.mails import Kept
from support.messages import wait_told
from support.payments import becomes, begin, booking_becomes, choose, pay
from support.payouts import paying, share
from support.receipts import plain, receipt


@pytest.fixture
def stay(api, make):
    """stay(…) → (guest, host, booking): of a place that is paid online."""

    def make_one(locale="en", **changes):
        host, guest = api.new_host(), api.new_guest()
        guest.patch("/users/me/", {"locale": locale}).expect(200)
        return guest, host, make.booking(make.listing(host, payment_mode="online", title="Sea view", **changes), guest)

    return make_one


@pytest.mark.parametrize("locale,subject,amount", [
    ("en", "We received your payment for Sea view", "EUR 336.00"), ("fr", "Nous avons reçu votre paiement pour Sea view", "336,00 EUR"),
])  # fmt: skip
def test_a_payment_that_came_is_told_with_the_number_of_its_receipt(api, stay, mails, locale, subject, amount):
    guest, host, booking = stay(locale)
    pay(api, guest, booking)
    mail = mails.wait(guest.email, subject)
    text = plain(mail["text"])
    assert amount in text and receipt(guest, booking)["number"] in text and f"/bookings/{booking['id']}" in text
    (one,) = wait_told(guest, "payment_received")
    assert one["subject_id"] == booking["id"]
    assert not [s for s in mails.subjects(host.email) if "payment" in s], "the host hears that somebody is coming"


def test_a_payment_that_failed_is_told_with_what_to_do(api, stay, mails):
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    choose(api, payment, "decline")
    text = mails.wait(guest.email, "did not go through")["text"]
    assert "it was declined" in text and "You can try again" in text
    assert len(wait_told(guest, "payment_failed")) == 1


def test_a_payment_that_failed_when_it_was_over_does_not_ask_to_try_again(api, stay, mails, clock):
    guest, _, booking = stay("fr")
    payment = begin(guest, booking).expect(201)
    choose(api, payment, "later")
    clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    choose(api, payment, "fail")
    becomes(guest, payment, "failed")
    text = mails.wait(guest.email, "n’a pas abouti")["text"]
    assert "l’argent n’est jamais arrivé" in text and "réessayer" not in text


def test_a_refund_is_told_with_its_own_number(api, stay, mails):
    guest, _, booking = stay()
    payment = pay(api, guest, booking)
    body = {"amount": {"amount": 1234, "currency": "EUR"}, "reason": "The heating was broken."}
    api.as_admin().post(f"/payments/{payment['id']}/refunds/", body, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
    text = mails.wait(guest.email, "We gave EUR 12.34 back to you")["text"]
    _, credit = receipt(guest, booking)["entries"]
    assert f"Credit note: {credit['number']}" in text and f"Receipt: {receipt(guest, booking)['number']}" in text


def test_money_that_came_too_late_is_told_to_come_back(api, stay, mails):
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    choose(api, payment, "later")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    choose(api, payment, "arrive")
    becomes(guest, payment, "refunded")
    mails.wait(guest.email, "Your payment for Sea view is returned")
    text = mails.wait(guest.email, "We gave EUR 336.00 back to you")["text"]
    assert "Credit note" not in text and "Receipt" not in text, "it paid for nothing"
    assert not [s for s in mails.subjects(guest.email) if "We received" in s]


def test_a_refund_that_is_refused_is_told_to_admins_alone(api, stay, mails, db, server):
    server.expect_errors("a provider refuses to give money back")
    admin = api.as_admin()
    guest, _, booking = stay()
    payment = pay(api, guest, booking)
    db.execute("""update sandbox_charge set refunded = captured
                  where id::text = (select provider_reference from payment where id = %s)""", [payment["id"]])  # fmt: skip
    body = {"amount": {"amount": 1234, "currency": "EUR"}, "reason": "The heating was broken."}
    admin.post(f"/payments/{payment['id']}/refunds/", body, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
    text = mails.wait(admin.email, "A refund of EUR 12.34 was refused")["text"]
    assert booking["id"] in text
    assert not [s for s in mails.subjects(guest.email) if "back" in s or "refused" in s]
    # Put right, so that later tests find the provider's books agreeing with ours.
    db.execute("""update sandbox_charge set refunded = 0
                  where id::text = (select provider_reference from payment where id = %s)""", [payment["id"]])  # fmt: skip


def test_hosts_are_told_what_they_are_paid_and_what_came_back(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        mails = Kept(house.server)
        paid, refused = house.host("account_1"), house.host("fails")
        refused.patch("/users/me/", {"locale": "fr"}).expect(200)
        earned = {host: house.earned(host)[1] for host in (paid, refused)}
        house.batch()
        assert [house.payouts(host) for host in (paid, refused)] == [
            [("paid", share(earned[paid]))], [("failed", share(earned[refused]))]]  # fmt: skip
        amount = f"{share(earned[paid]) // 100}.{share(earned[paid]) % 100:02}"
        text = mails.wait(paid.email, f"We have paid you EUR {amount}")["text"]
        assert "/account/payouts" in text
        text = plain(mails.wait(refused.email, "n’a pas abouti")["text"])
        assert f"{amount.replace('.', ',')} EUR" in text and "le compte ne l’a pas accepté" in text and "le bon" in text
        assert len(wait_told(paid, "payout_paid")) == 1 and len(wait_told(refused, "payout_failed")) == 1


def test_a_payout_that_we_keep_back_asks_nobody_to_look_at_an_account(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        host, admin = house.host(), house.api.as_admin()
        house.earned(host)
        # Held between the batch and the job.
        house.db.execute(f"""create function hold() returns trigger language plpgsql as $$ begin
            insert into payout_hold (id, host_id, reason, created_by, created_at)
            values (gen_random_uuid(), new.host_id, 'x', '{admin.id}', now()); return null; end $$""")
        house.db.execute("create trigger hold after insert on payout for each row execute function hold()")
        house.batch()
        text = Kept(house.server).wait(host.email, "did not go through")["text"]
        assert "we have to look into something first" in text and "right one" not in text
