"""Events of PayPal are those that a certificate of its own has signed, in any order and any number of times (T3, T4)."""

import datetime
import itertools
import json
import random
import secrets
import threading

import pytest

from support.payments import becomes, booking_becomes, events
from support.paypal_calls import CERTIFICATES
from support.paypal_certificates import YEARS, Authority
from support.paypal_place import PayPalPlace
from support.simulator import Event, status
from support.stays import money


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    place = PayPalPlace(tmp_path_factory.mktemp("paypal"), start_server, new_database(), new_redis(), api_of)
    yield place
    place.close()


@pytest.fixture
def place(_place):
    _place.paypal.telling = False
    yield _place
    _place.after_a_test()


@pytest.fixture
def signed(place):
    """(id, body, headers) of an event that would be taken."""
    event = place.paypal.event("CHECKOUT.ORDER.APPROVED", {"id": "5O190127TN364715T"})
    return event.json["id"], event.body, place.paypal.sign(event.body)


def kept(place, id):
    return place.db.execute("select count(*) from webhook_event where event_id = %s", [id]).fetchone()["count"]


def send(place, body, headers):
    return place.paypal.tell(Event(body), headers=headers)


def refused(place, body, headers, answer=401):
    reply = send(place, body, headers)
    assert reply.status == answer, reply
    reply.problem


def changed(value, at):
    return value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]


def tell_in(place, order, told):
    for n in order:
        for _ in range(2):
            place.paypal.tell(told[n]).expect(200)


def test_all_orders_of_four_events_end_alike_however_often_they_come(place):
    """Half of them lie; PayPal is asked."""
    for order in itertools.permutations(range(4)):
        guest, _, booking, payment = place.begun()
        place.pay(payment)
        movement = {"id": "3C679366HH908993F", "custom_id": payment["id"], "status": "ANY",
                    "supplementary_data": {"related_ids": {"order_id": place.order(payment)["id"]}}}  # fmt: skip
        told = [place.paypal.events[-1], *(place.paypal.event(f"PAYMENT.CAPTURE.{kind}", movement)
                                           for kind in ("PENDING", "DENIED", "COMPLETED"))]  # fmt: skip
        tell_in(place, order, told)
        becomes(guest, payment, "succeeded")
        place.wait_idle(payment)
        assert events(place.db, payment) == ["payment.succeeded"], order
        assert [kept(place, e.json["id"]) for e in told] == [1, 1, 1, 1], order
        assert booking_becomes(guest, booking, "confirmed")["paid"] == payment["amount"], order
        assert len(set(place.tries(payment))) == 1, order
    place.assert_sound()


def test_all_orders_of_what_is_told_of_a_request_end_alike(place):
    """Held, taken and given back, all of it true."""
    for order in itertools.permutations(range(4)):
        guest, host, booking, payment = place.begun(booking_mode="request")
        first = len(place.paypal.events)
        place.pay(payment)
        place.paypal.tell(place.paypal.events[first]).expect(200)
        becomes(guest, payment, "authorized")
        host.post(f"/bookings/{booking['id']}/accept/").expect(200)
        becomes(guest, payment, "succeeded")
        place.give_back(payment)
        becomes(guest, payment, "refunded")
        told = place.paypal.events[first:]
        assert [e.json["event_type"] for e in told] == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.AUTHORIZATION.CREATED",
                                                        "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"]  # fmt: skip
        tell_in(place, order, told)
        place.wait_idle(payment)
        assert place.status(guest, payment) == "refunded", order
        assert events(place.db, payment) == ["payment.succeeded", "payment.refunded"], order
        assert len(place.paypal.tries("refund", place.capture(payment))) == 1, order
    place.assert_sound()


def test_what_an_event_says_besides_is_not_believed(place):
    guest, _, booking, payment = place.begun()
    order = place.order(payment)
    lie = {"id": "3C679366HH908993F", "custom_id": payment["id"], "status": "COMPLETED", "amount": order["purchase_units"][0]["amount"],
           "supplementary_data": {"related_ids": {"order_id": order["id"]}}}  # fmt: skip
    for kind in ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED", "PAYMENT.AUTHORIZATION.CREATED"):
        place.paypal.tell(place.paypal.event(kind, lie)).expect(200)
    place.paypal.tell(place.paypal.event("CHECKOUT.ORDER.APPROVED", {**order, "status": "APPROVED"})).expect(200)
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    assert booking_becomes(guest, booking, "awaiting_payment")
    assert not place.tries(payment)


def test_what_is_not_signed_by_paypal_is_refused(place, signed):
    id, body, good = signed
    pick = random.Random(7)
    for _ in range(40):  # a bit of the body
        at, bit = pick.randrange(len(body)), 1 << pick.randrange(8)
        refused(place, body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :], good)
    signature = good["PayPal-Transmission-Sig"]
    for at in range(0, len(signature) - 4, 31):
        refused(place, body, {**good, "PayPal-Transmission-Sig": changed(signature, at)})
    refused(place, body, {**good, "PayPal-Transmission-Id": changed(good["PayPal-Transmission-Id"], 3)})
    refused(place, body, {**good, "PayPal-Transmission-Time": good["PayPal-Transmission-Time"].replace("Z", ".5Z")})
    for name in good:
        refused(place, body, {n: v for n, v in good.items() if n != name})
        for value in ("", "x", "x" * 5_000, "' or 1=1"):
            refused(place, body, {**good, name: value})
    for algorithm in ("SHA1withRSA", "none", "sha256withrsa"):
        refused(place, body, {**good, "PayPal-Auth-Algo": algorithm})
    for other in (body.replace(b": ", b":"), body + b" ", json.dumps(json.loads(body), indent=1).encode(), b""):
        refused(place, other, good)  # read and written again
    refused(place, body, place.paypal.sign(body, webhook_id="8PT597110X687430LKGECATB"))
    refused(place, body, place.paypal.sign(body, signer=Authority().signer()))
    assert kept(place, id) == 0
    assert send(place, body, good).status == 200 and kept(place, id) == 1, "the control: this one is heard"


def test_what_was_heard_once_is_heard_no_more(place):
    """A replay, with its own signature, as long as it is good."""
    guest, _, _, payment = place.begun()
    place.pay(payment)
    event = place.paypal.events[-1]
    headers = place.paypal.sign(event.body)
    place.paypal.tell(event, headers=headers).expect(200)
    becomes(guest, payment, "succeeded")
    place.wait_idle(payment)
    looks = len(place.paypal.asked(f"GET /v2/checkout/orders/{place.order(payment)['id']}"))
    for _ in range(3):
        place.paypal.tell(event, headers=headers).expect(200)
    place.wait_idle(payment)
    assert kept(place, event.json["id"]) == 1
    assert len(place.paypal.asked(f"GET /v2/checkout/orders/{place.order(payment)['id']}")) == looks, "nobody asks again"


def test_certificates_come_from_one_place_alone(place, signed):
    id, body, good = signed
    right = place.paypal.url + CERTIFICATES
    before = len(place.paypal.journal)
    for at in ("https://api.paypal.com.evil.example" + CERTIFICATES, "https://evil.example" + CERTIFICATES, "file:///etc/passwd?",
               right.replace("127.0.0.1", "localhost"), right.replace("://", "://x@"), right + "../", right + "..%2f",
               right + "a/", right.upper(), right[1:], right + "?", right.replace("certs", "cert")):  # fmt: skip
        refused(place, body, {**good, "PayPal-Cert-Url": at + "CERT-one"})
    for name in ("", "CERT-one?x=1", "CERT-one#x", "x" * 101):
        refused(place, body, {**good, "PayPal-Cert-Url": right + name})
    assert len(place.paypal.journal) == before, "nothing was asked for"
    refused(place, body, {**good, "PayPal-Cert-Url": right + "CERT-none"})
    assert len(place.paypal.asked(f"GET {CERTIFICATES}CERT-none")) == 1, "the control: it would have been"
    assert send(place, body, good).status == 200 and kept(place, id) == 1


@pytest.mark.parametrize("signer", [
    lambda own, other: other.signer(),
    lambda own, other: own.signer("messageverificationcerts.paypal.com.evil.example"),
    lambda own, other: own.signer("notpaypal.com"),
    lambda own, other: own.signer("paypal.com"),
    lambda own, other: own.signer(begins=-2 * YEARS, ends=-YEARS / 3650),
    lambda own, other: own.signer(begins=YEARS / 3650),
    lambda own, other: own.signer().signer(),
], ids=["other authority", "longer name", "other name", "parent", "expired", "not yet", "no authority"])  # fmt: skip
def test_certificates_that_are_not_paypals_own_are_refused(place, signer):
    it, name = signer(place.paypal.authority, Authority()), "CERT-" + secrets.token_hex(4)
    place.paypal.certificates[name] = it.pem()
    body = place.paypal.event("CHECKOUT.ORDER.APPROVED", {"id": "5O190127TN364715T"}).body
    for _ in range(2):
        refused(place, body, place.paypal.sign(body, certificate=name, signer=it))
    good = place.paypal.authority.signer()  # the control
    place.paypal.certificates[name] = good.pem()
    assert send(place, body, place.paypal.sign(body, certificate=name, signer=good)).status == 200


def test_a_certificate_of_another_than_signed_is_refused(place, signed):
    _, body, _ = signed
    other = place.paypal.authority.signer()
    place.paypal.certificates["CERT-two"] = other.pem()
    refused(place, body, place.paypal.sign(body, certificate="CERT-one", signer=other))
    assert send(place, body, place.paypal.sign(body, certificate="CERT-two", signer=other)).status == 200, "the control"


def test_a_certificate_is_fetched_once_and_what_is_none_is_asked_for_again(place, signed):
    _, body, _ = signed
    name, it = "CERT-" + secrets.token_hex(4), place.paypal.authority.signer()
    line = f"GET {CERTIFICATES}{name}"
    place.paypal.certificates[name] = b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"
    refused(place, body, place.paypal.sign(body, certificate=name, signer=it))
    place.paypal.certificates[name] = it.pem()
    place.paypal.fail(line, status(500))
    refused(place, body, place.paypal.sign(body, certificate=name, signer=it), 503)
    for _ in range(5):
        assert send(place, body, place.paypal.sign(body, certificate=name, signer=it)).status == 200
    assert len(place.paypal.asked(line)) == 3


def test_a_certificate_that_has_ended_since_it_was_fetched_is_refused(place, signed):
    _, body, _ = signed
    name, it = "CERT-" + secrets.token_hex(4), place.paypal.authority.signer(ends=datetime.timedelta(days=2))
    place.paypal.certificates[name] = it.pem()
    assert send(place, body, place.paypal.sign(body, certificate=name, signer=it)).status == 200
    place.clock.advance(days=3)
    refused(place, body, place.paypal.sign(body, certificate=name, signer=it))


def test_only_some_certificates_are_kept(place, signed):
    _, body, _ = signed
    it = place.paypal.authority.signer()

    def heard(name):
        assert send(place, body, place.paypal.sign(body, certificate=name, signer=it)).status == 200
        return len(place.paypal.asked(f"GET {CERTIFICATES}{name}"))

    names = [f"CERT-{n}-{secrets.token_hex(4)}" for n in range(9)]
    place.paypal.certificates.update(dict.fromkeys(names, it.pem()))
    assert [heard(name) for name in names] == [1] * 9
    assert heard(names[8]) == 1 and heard(names[0]) == 2, "the oldest has gone"


def test_forged_events_cause_few_requests(start_server, new_database, new_redis, api_of, tmp_path):
    """And what PayPal tells goes on being heard."""
    place = PayPalPlace(tmp_path, start_server, new_database(), new_redis(), api_of)
    event = place.paypal.event("CHECKOUT.ORDER.APPROVED", {"id": "5O190127TN364715T"})
    place.paypal.tell(event).expect(200)
    forged = [place.paypal.sign(event.body, certificate=f"CERT-{n}", signer=place.paypal.signers["CERT-one"]) for n in range(100)]
    answers = [send(place, event.body, headers).status for headers in forged]
    assert set(answers) == {401, 503} and answers.index(503) >= 59
    assert len(place.paypal.asked(f"GET {CERTIFICATES}.*")) < 100, "unless it took more than a minute"
    place.paypal.tell(place.paypal.event("CHECKOUT.ORDER.APPROVED", {"id": "5O190127TN364715T"})).expect(200)
    place.close()


@pytest.mark.parametrize("late,answer", [({"days": -3, "hours": -23}, 200), ({"minutes": 4}, 200), ({"days": -4, "minutes": -1}, 401),
                                         ({"minutes": 6}, 401)])  # fmt: skip
def test_an_event_is_good_for_as_long_as_paypal_repeats_it(place, signed, late, answer):
    id, body, _ = signed
    assert send(place, body, place.paypal.sign(body, datetime.timedelta(**late))).status == answer
    assert kept(place, id) == (answer == 200)


def test_many_at_once_are_one_event(place, signed):
    id, body, headers = signed
    statuses = []
    volley = [threading.Thread(target=lambda: statuses.append(send(place, body, headers).status)) for _ in range(20)]
    for thread in volley:
        thread.start()
    for thread in volley:
        thread.join()
    assert statuses == [200] * len(volley) and kept(place, id) == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"id":1,"event_type":"x"}', b"\xff\xfe", b"{" * 5_000,
                                  b'{"id":"x","event_type":"PAYMENT.CAPTURE.COMPLETED"}',
                                  b'{"id":"x","event_type":"CHECKOUT.ORDER.APPROVED","resource":{"id":7}}'])  # fmt: skip
def test_what_cannot_be_read_is_refused_even_when_it_is_signed(place, body):
    reply = send(place, body, place.paypal.sign(body))
    assert reply.status in (400, 422), reply
    reply.problem


@pytest.mark.parametrize("kind,resource,about,reference", [
    ("PAYMENT.PAYOUTS-ITEM.SUCCEEDED", {"sender_batch_id": "0193e0a0-0000-7000-8000-00000000abcd"}, "payout",
     "0193e0a0-0000-7000-8000-00000000abcd"),
    ("CUSTOMER.DISPUTE.UPDATED", {"dispute_id": ""}, "nothing", ""),
    ("PAYMENT.CAPTURE.REFUNDED", {"id": "1JU08902781691411", "custom_id": "0193e0a0-0000-7000-8000-00000000abcd"}, "refund",
     "0193e0a0-0000-7000-8000-00000000abcd"),
    ("PAYMENT.REFUND.PENDING", {"id": "1JU08902781691411"}, "nothing", ""),
    ("PAYMENT.AUTHORIZATION.VOIDED", {"id": "x", "custom_id": "y", "supplementary_data": {"related_ids": {"order_id": "z"}}},
     "payment", "z"),
    ("CHECKOUT.ORDER.COMPLETED", {"id": "a", "purchase_units": []}, "payment", "a"),
    ("BILLING.PLAN.CREATED", {"id": 7}, "nothing", ""),
])  # fmt: skip
def test_an_event_says_what_to_ask_for(place, kind, resource, about, reference):
    """Also of what is not ours, which changes nothing."""
    event = place.paypal.event(kind, resource)
    place.paypal.tell(event).expect(200)
    row = place.db.execute("select about, reference from webhook_event where event_id = %s", [event.json["id"]]).fetchone()
    assert (row["about"], row["reference"]) == (about, reference)


def test_a_refund_that_was_made_in_paypals_dashboard_changes_nothing_here(place):
    """It carries the payment's id as its own."""
    place.paypal.telling = True
    guest, _, _, payment = place.paid()
    made = {"id": "1JU08902781691411", "custom_id": payment["id"], "status": "COMPLETED", "amount": {"value": "1.00", "currency_code": "EUR"}}
    place.paypal.tell(place.paypal.event("PAYMENT.CAPTURE.REFUNDED", made)).expect(200)
    place.wait_idle(payment)
    assert guest.get(f"/payments/{payment['id']}/").expect(200)["refunded"] == money(0)
    place.assert_sound()
