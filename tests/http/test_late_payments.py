"""Money that comes when nobody waits for it any more, or comes twice, is used once or goes back whole (V2, 4.1)."""

import datetime
import threading

import pytest

from support.clock import local
from support.payments import assert_sound, becomes, begin, booking_becomes, choose, events, refunds
from support.stays import history, money


@pytest.fixture
def waiting(api, make):
    """waiting(…) → (guest, host, booking, payment): the money is on its way."""

    def make_one(listing=None, **stay):
        host, guest = api.new_host(), api.new_guest()
        booking = make.booking(listing or make.listing(host, payment_mode="online"), guest, **stay)
        payment = begin(guest, booking).expect(201)
        choose(api, payment, "later")
        becomes(guest, payment, "pending")
        return guest, host, booking, payment

    return make_one


def test_a_booking_that_has_expired_is_confirmed_when_its_nights_are_free(api, waiting, clock, db):
    guest, _, booking, payment = waiting()
    clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    choose(api, payment, "arrive")
    assert becomes(guest, payment, "succeeded")["refunded"] == money(0)
    confirmed = booking_becomes(guest, booking, "confirmed")
    assert confirmed["paid"] == payment["amount"] and confirmed["expires_at"] is None
    assert history(guest, booking)[-2:] == [("awaiting_payment", "expired", "system"), ("expired", "confirmed", "system")]
    block = db.execute("select kind from stay_block where booking_id = %s", [booking["id"]]).fetchone()
    assert block["kind"] == "booking"
    assert_sound(db, settled=True)


def test_a_booking_whose_nights_have_gone_gets_its_money_back(api, make, waiting, clock, db):
    host = api.new_host()
    listing = make.listing(host, payment_mode="online")
    guest, _, booking, payment = waiting(listing)
    clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    other = api.new_guest()
    rival = make.booking(listing, other)
    choose(api, payment, "arrive")
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "expired"
    assert other.get(f"/bookings/{rival['id']}/").expect(200)["status"] == "awaiting_payment"
    assert events(db, payment) == ["payment.orphaned", "payment.refunded"]
    assert [r["cause"] for r in refunds(guest, payment)] == ["not_taken"]
    assert_sound(db, settled=True)


@pytest.mark.parametrize("who", ["guest", "host"])
def test_a_booking_that_was_cancelled_gets_its_money_back(api, waiting, db, who):
    guest, host, booking, payment = waiting()
    (guest if who == "guest" else host).post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    choose(api, payment, "arrive")
    becomes(guest, payment, "refunded")
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["paid"] == money(0)
    assert_sound(db, settled=True)


def test_money_that_comes_once_the_stay_would_have_begun_goes_back(api, waiting, clock, db):
    guest, _, booking, payment = waiting(check_in=3)
    clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) + datetime.timedelta(minutes=1))
    booking_becomes(guest, booking, "expired")
    choose(api, payment, "arrive")
    becomes(guest, payment, "refunded")
    assert_sound(db, settled=True)


@pytest.mark.parametrize("booked_at,paid_at", [("16:00", "16:10"), ("14:50", "15:02")])
def test_who_books_on_the_day_pays_after_the_hour_of_check_in_too(api, make, clock, db, booked_at, paid_at):
    day = datetime.date.fromisoformat(clock.today(20))
    clock.set(local("UTC", day, booked_at))
    guest = api.new_guest()
    listing = make.listing(api.new_host(), payment_mode="online", time_zone="UTC", check_in_time="15:00")
    booking = make.booking(listing, guest, check_in=str(day), nights=str(day + datetime.timedelta(days=2)))
    payment = begin(guest, booking).expect(201)
    choose(api, payment, "later")
    clock.set(local("UTC", day, paid_at))
    choose(api, payment, "arrive")
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "in_stay")
    assert history(guest, booking)[1:] == [("awaiting_payment", "confirmed", "system"), ("confirmed", "in_stay", "system")]
    assert_sound(db, settled=True)


@pytest.mark.parametrize("gone", ["property", "host", "guest"])
def test_money_that_comes_late_goes_back_when_nobody_can_keep_to_the_stay(api, waiting, clock, db, gone):
    guest, host, booking, payment = waiting()
    clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    if gone == "property":
        assert host.delete(f"/properties/{booking['property_id']}/").status == 204
    else:
        assert {"host": host, "guest": guest}[gone].delete("/users/me/").status == 204
    choose(api, payment, "arrive")
    admin = api.as_admin()
    becomes(admin, payment, "refunded")
    assert admin.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "expired"
    assert_sound(db, settled=True)


def test_who_pays_twice_gets_one_back(api, make, db):
    guest = api.new_guest()
    booking = make.booking(make.listing(api.new_host(), payment_mode="online"), guest)
    attempts = [begin(guest, booking).expect(201) for _ in range(3)]
    at_once = [threading.Thread(target=choose, args=(api, p, "approve")) for p in attempts]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    ended = [becomes(guest, p, "succeeded", "refunded") for p in attempts]
    ended = [becomes(guest, p, "refunded") if p["to_refund"]["amount"] else p for p in ended]
    assert sorted(p["status"] for p in ended) == ["refunded", "refunded", "succeeded"]
    assert booking_becomes(guest, booking, "confirmed")["paid"] == booking["price"]["total"]
    assert_sound(db, settled=True)


def test_money_for_an_attempt_that_was_given_up_still_pays(api, waiting):
    """It was on its way and could not be called back; the guest wanted the stay."""
    guest, _, booking, payment = waiting()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    choose(api, payment, "arrive")
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert pay_again_is_refused(guest, booking)


def pay_again_is_refused(guest, booking):
    return begin(guest, booking).status == 409
