"""Guests pay by M-Pesa: the prompt on their phone, what becomes of it, and late money (4.8, T4, I3, I4, V2)."""

import re

import pytest

from support.mpesa import SHORT_CODE
from support.mpesa_place import MSISDN, PHONE, MPesaPlace
from support.payments import BUSY, becomes, booking_becomes, entries, events
from support.processes import wait_until
from support.stays import money


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    place = MPesaPlace(start_server, new_database(), new_redis(), api_of, tmp_path_factory.mktemp("mpesa"))
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    _place.after_a_test()


def test_a_payment_that_goes_through_confirms_the_booking(place):
    guest, host, booking, payment = place.begun()
    total = booking["price"]["total"]["amount"]
    push = place.push(payment)
    assert payment["next_action"] == {"kind": "instruction", "redirect_url": None, "client_secret": None,
                                      "instruction": "Check your phone: M-Pesa asks for your PIN."}  # fmt: skip
    assert host.get(f"/payments/{payment['id']}/").expect(200).get("next_action") is None
    asked = push["asked"]
    assert (asked["Amount"], asked["PhoneNumber"], asked["PartyB"]) == (total // 100, MSISDN, SHORT_CODE)
    assert re.fullmatch(rf"payment\.result\.{payment['id']}\.[0-9a-f]{{64}}", push["path"]), "nothing in it that filters take for a command"

    place.end(payment)
    paid = becomes(guest, payment, "succeeded")
    assert paid["captured"] == paid["amount"] and paid.get("next_action") is None
    assert booking_becomes(guest, booking, "confirmed")["paid"] == paid["amount"]
    assert events(place.db, payment) == ["payment.succeeded"]
    assert place.receipt(payment) == push["receipt"]
    assert entries(place.db, booking)["gateway_cash"] == total
    place.assert_sound()


@pytest.mark.parametrize("currency,method", [("EUR", "mobile_money"), ("KES", "card"), ("KES", "bank_transfer")])
def test_only_mobile_money_in_shillings_is_offered(place, currency, method):
    guest, _, booking = place.stay(nightly_price=money(10_000, currency))
    reply = place.begin(guest, booking, method=method)
    assert reply.expect(422) and reply.pointers == ["/method"]


@pytest.mark.parametrize("price,phone,pointer", [
    (1_000_050, PHONE, "/provider"), (100_000_000, PHONE, "/provider"), (1_000_000, "+33612345678", "/phone"),
    (1_000_000, "+254212345678", "/phone"), (1_000_000, "+25471234567", "/phone"), (1_000_000, None, "/phone"),
])  # fmt: skip
def test_what_m_pesa_cannot_take_is_refused_before_anything_is_made(place, price, phone, pointer):
    """Cents, more than a transaction may be, and phones that are not in Kenya."""
    guest, _, booking = place.stay(nightly_price=money(price, "KES"), stay={"nights": 1})
    reply = place.begin(guest, booking, phone=phone)
    assert reply.expect(422) and reply.pointers == [pointer]
    assert place.db.execute("select 1 from payment where booking_id = %s", [booking["id"]]).fetchone() is None
    control = place.begin(*place.stay()[::2]).expect(201)
    assert len(place.pushes(control)) == 1, "the control: others go out"


def test_the_guests_own_number_is_asked_when_none_is_given(place):
    guest, _, booking = place.stay()
    guest.patch("/users/me/", {"phone": "+254112345678"}).expect(200)
    payment = place.begin(guest, booking, phone=None).expect(201)
    assert place.push(payment)["asked"]["PhoneNumber"] == "254112345678"


def test_a_repetition_makes_no_second_prompt(place):
    guest, _, booking = place.stay()
    first = place.begin(guest, booking, key="again").expect(201)
    assert place.begin(guest, booking, key="again").expect(201) == first
    assert len(place.pushes(first)) == 1


def test_a_request_is_paid_once_the_host_has_accepted(place):
    """M-Pesa holds nothing."""
    guest, host, booking = place.stay(booking_mode="request")
    assert place.begin(guest, booking).status == 409
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    place.end(place.begin(guest, booking).expect(201))
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("result,reason", [("1", "insufficient_funds"), ("4", "limit"), ("17", "too_soon"), ("1001", "busy"),
                                           ("1019", "expired"), ("1032", "declined"), ("1037", "unreachable"), ("2001", "wrong_pin")])  # fmt: skip
def test_what_comes_to_nothing_fails_with_its_reason(place, result, reason, told):
    guest, _, booking, payment = place.begun()
    place.end(payment, result, told=told)
    if not told:
        place.later()
    assert becomes(guest, payment, "failed")["failure_reason"] == reason
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
    place.end(place.begin(guest, booking).expect(201))
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_a_result_that_is_not_known_decides_nothing(place):
    guest, _, _, payment = place.begun()
    place.mpesa.query_says[place.push(payment)["checkout"]] = "77"
    place.later()
    wait_until(lambda: place.mpesa.asked("POST /mpesa/stkpushquery/.*"), BUSY, "it being asked for")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    place.mpesa.query_says.clear()
    place.end(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_while_the_prompt_is_open_the_guest_is_told_so(place):
    """500 is M-Pesa's way to say so, and no reason to leave it alone."""
    guest, _, _, payment = place.begun()
    for n in range(8):  # more than it takes to leave somebody alone
        before = len(place.mpesa.asked("POST /mpesa/stkpushquery/.*"))
        place.later(seconds=40)
        wait_until(lambda before=before: len(place.mpesa.asked("POST /mpesa/stkpushquery/.*")) > before, BUSY, f"question {n}")
        place.wait_idle(payment)
    assert guest.get(f"/payments/{payment['id']}/").expect(200)["next_action"] == payment["next_action"]
    place.end(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_what_is_not_told_is_asked_for(place):
    guest, _, booking, payment = place.begun()
    place.end(payment, told=False)
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert place.receipt(payment) is None
    place.assert_sound()


# Money that nobody waits for

def test_a_prompt_that_is_given_up_is_over_by_itself(place):
    guest, _, booking, payment = place.begun()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action", "a prompt cannot be called back"
    place.end(payment, "1037", told=False)
    place.later()
    becomes(guest, payment, "cancelled")
    place.assert_sound()


def test_a_prompt_that_is_given_up_and_paid_all_the_same_confirms(place):
    guest, _, booking, payment = place.begun()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    place.end(payment)
    becomes(guest, payment, "succeeded", "refunded")
    place.assert_sound()


def test_late_money_after_a_timeout_confirms_while_the_nights_are_free(place):
    """T4: 1037, then success."""
    guest, _, booking, payment = place.begun()
    place.end(payment, "1037")
    becomes(guest, payment, "failed")
    place.end(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_late_money_for_nights_that_are_gone_goes_back(place):
    """T4: exactly one of confirmed and refunded."""
    guest, _, booking, payment = place.begun()
    place.end(payment, "1037")
    becomes(guest, payment, "failed")
    place.later(minutes=20)
    booking_becomes(guest, booking, "expired")
    other = place.api.new_guest()
    listing = guest.get(f"/bookings/{booking['id']}/").expect(200)["property_id"]
    taken = place.make.booking({"id": listing}, other, check_in=booking["check_in"], nights=booking["check_out"])
    place.end(place.begin(other, taken).expect(201))
    booking_becomes(other, taken, "confirmed")
    place.end(payment)
    becomes(guest, payment, "refunded")
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "expired"
    assert "payment.orphaned" in events(place.db, payment)
    place.assert_sound()


def test_the_second_of_two_payments_goes_back(place):
    guest, _, booking, first = place.begun()
    second = place.begin(guest, booking).expect(201)
    place.end(second)
    becomes(guest, second, "succeeded")
    place.end(first)
    becomes(guest, first, "refunded")
    place.assert_sound()
