"""Who asks for a stay may have the money held: it is taken when the host accepts, and let go when not."""

import pytest

from support.client import Client
from support.payments import assert_sound, becomes, begin, booking_becomes, choose, page_of, state_of
from support.stays import history, money


@pytest.fixture
def asked(api, make):
    """asked(hold=True) → (guest, host, booking, payment): a request, and the money for it held."""

    def make_one(hold=True):
        host, guest = api.new_host(), api.new_guest()
        listing = make.listing(host, payment_mode="online", booking_mode="request")
        booking = make.booking(listing, guest)
        payment = begin(guest, booking).expect(201)
        assert (booking["status"], payment["capture"]) == ("requested", "manual")
        if hold:
            assert state_of(choose(api, payment, "approve")) == "authorized"
            becomes(guest, payment, "authorized")
        return guest, host, booking, payment

    return make_one


def accept(host, booking):
    return host.post(f"/bookings/{booking['id']}/accept/").expect(200)


def at_provider(api, payment):
    return state_of(Client(api.port).get(page_of(payment)))


def test_what_is_held_is_taken_when_the_host_accepts(api, asked, db):
    guest, host, booking, payment = asked()
    held = guest.get(f"/bookings/{booking['id']}/").expect(200)
    assert (held["status"], held["paid"]) == ("requested", money(0)), "held is not paid"
    assert accept(host, booking)["status"] == "awaiting_payment"
    assert becomes(guest, payment, "succeeded")["captured"] == payment["amount"]
    booking_becomes(guest, booking, "confirmed")
    assert history(guest, booking)[1:] == [("requested", "awaiting_payment", "host"), ("awaiting_payment", "confirmed", "system")]
    assert_sound(db, settled=True)


def test_how_a_request_is_paid_is_agreed_when_it_is_made(api, asked, make, db):
    guest, host, booking, payment = asked()
    host.patch(f"/properties/{booking['property_id']}/", {"payment_mode": "on_arrival"}).expect(200)
    assert accept(host, booking)["status"] == "awaiting_payment"
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert_sound(db, settled=True)

    listing = make.listing(host, payment_mode="on_arrival", booking_mode="request")
    on_arrival = make.booking(listing, guest)
    host.patch(f"/properties/{listing['id']}/", {"payment_mode": "online"}).expect(200)
    begin(guest, on_arrival).expect(409, "wrong_state")
    assert accept(host, on_arrival)["status"] == "confirmed"


def test_what_is_held_is_let_go_when_the_host_declines(api, asked, db):
    guest, host, booking, payment = asked()
    host.post(f"/bookings/{booking['id']}/decline/", {}).expect(200)
    assert becomes(guest, payment, "cancelled")["captured"] == money(0)
    assert at_provider(api, payment) == "cancelled"
    assert_sound(db, settled=True)


def test_what_is_held_is_let_go_when_the_guest_cancels(api, asked):
    guest, _, booking, payment = asked()
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "cancelled")


def test_what_is_held_is_let_go_when_the_host_does_not_answer(api, asked, clock):
    guest, _, booking, payment = asked()
    clock.advance(hours=25)
    booking_becomes(guest, booking, "expired")
    becomes(guest, payment, "cancelled")
    assert at_provider(api, payment) == "cancelled"


def test_an_accepted_request_without_money_waits_for_it(api, asked):
    guest, host, booking, payment = asked(hold=False)
    assert accept(host, booking)["status"] == "awaiting_payment"
    choose(api, payment, "approve")
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")


def test_only_one_payment_is_held_for_a_request(api, asked):
    guest, host, booking, _ = asked()
    begin(guest, booking).expect(409, "wrong_state")


def test_of_two_that_are_held_one_is_let_go(api, asked):
    guest, host, booking, first = asked(hold=False)
    second = begin(guest, booking).expect(201)
    choose(api, first, "approve")
    becomes(guest, first, "authorized")
    choose(api, second, "approve")
    becomes(guest, second, "cancelled")
    accept(host, booking)
    becomes(guest, first, "succeeded")


def test_a_request_that_is_paid_on_arrival_takes_no_money(api, make):
    guest = api.new_guest()
    booking = make.booking(make.listing(api.new_host(), booking_mode="request"), guest)
    begin(guest, booking).expect(409, "wrong_state")
