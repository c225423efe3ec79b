"""What Stripe tells: only Stripe is heard, of the key's mode, in any order and any number of times (T3)."""

import itertools
import json
import random
import threading

import pytest

from support.payments import becomes, booking_becomes, events
from support.processes import wait_until
from support.signing import code, sign
from support.stays import money
from support.stripe_place import StripePlace


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = StripePlace(start_server, new_database(), new_redis(), api_of)
    yield place
    place.close()


@pytest.fixture
def place(_place):
    _place.stripe.telling = False
    yield _place
    _place.after_a_test()


@pytest.fixture
def succeeded(place):
    """(payment, the event that tells of it), not told yet."""
    _, _, _, payment = place.begun()
    place.pay(payment)
    return payment, latest(place)


def latest(place):
    return place.stripe.events[-1]


def kept(place, event):
    return place.db.execute("select count(*) from webhook_event where event_id = %s", [event.json["id"]]).fetchone()["count"]


def refused(place, event, body=None, header=None):
    headers = {} if header is None else {"Stripe-Signature": header}
    reply = place.stripe.tell(event, body=body, headers=headers)
    assert reply.status == 401, reply
    reply.problem


def test_all_orders_of_four_events_end_alike_however_often_they_come(place):
    for order in itertools.permutations(range(4)):
        guest, _, booking, payment = place.begun()
        first = len(place.stripe.events) - 1
        place.pay(payment, "pm_card_authenticationRequired")
        place.stripe.decide(payment["next_action"]["client_secret"], well=False)
        place.pay(payment)
        told = place.stripe.events[first:]
        assert [e.json["type"].partition(".")[2] for e in told] == ["created", "requires_action", "payment_failed", "succeeded"]
        for n in order:
            for _ in range(2):
                place.stripe.tell(told[n]).expect(200)
        becomes(guest, payment, "succeeded")
        place.wait_idle(payment)
        assert events(place.db, payment) == ["payment.succeeded"], order
        assert [kept(place, e) for e in told] == [1, 1, 1, 1]
    place.assert_sound()


def test_fifty_at_once_are_one_event(place, succeeded):
    payment, event = succeeded
    volley = [threading.Thread(target=place.stripe.tell, args=[event]) for _ in range(50)]
    for thread in volley:
        thread.start()
    for thread in volley:
        thread.join()
    assert event.statuses == [200] * len(volley) and kept(place, event) == 1
    place.wait_idle(payment)
    assert events(place.db, payment) == ["payment.succeeded"]
    assert len(place.stripe.asked(f"GET /v1/payment_intents/{place.intent(payment)['id']}")) == 1, "and it was asked once"


@pytest.mark.parametrize("late,status", [(-301, 401), (-290, 200), (299, 200), (310, 401)])
def test_a_signature_is_good_for_five_minutes_either_way(place, succeeded, late, status):
    """To the second in unit tests: here time passes while it is on its way."""
    payment, event = succeeded
    header = sign(place.stripe.secret, event.body, place.stripe.now(), late)
    assert place.stripe.tell(event, headers={"Stripe-Signature": header}).status == status
    assert kept(place, event) == (status == 200)


def test_what_is_not_signed_by_stripe_is_refused(place, succeeded):
    payment, event = succeeded
    body = event.body
    good = place.stripe.sign(body)["Stripe-Signature"]
    time, mac = good.split(",")
    seconds = int(time[2:])
    pick = random.Random(11)
    classes = {"digits": b"0123456789", "letters": b"abcdefghijklmnopqrstuvwxyz", "structure": b'{}[]":,', "spaces": b" "}
    for members in classes.values():
        places = [at for at, byte in enumerate(body) if byte in members]
        for at in pick.sample(places, 6):
            changed = body[:at] + bytes([body[at] ^ 1 << pick.randrange(8)]) + body[at + 1 :]
            refused(place, event, changed, good)
    for at in range(3, len(mac), 7):
        refused(place, event, body, f"{time},{mac[:at]}{'0' if mac[at] != '0' else '1'}{mac[at + 1:]}")
    for header in (None, "", time, mac, f"t={seconds + 1},{mac}", f"t={seconds - 1},{mac}", f"t=,{mac}", f"t=x{seconds},{mac}",
                   f"{time},v0={mac[3:]}", f"{time},v2={mac[3:]}", f"{time},v1=", f"{time},v1={mac[3:-1]}", f"{time};{mac}",
                   sign("whsec_another", body, place.stripe.now()), sign("", body, place.stripe.now())):  # fmt: skip
        refused(place, event, body, header)
    refused(place, event, json.dumps(event.json, separators=(",", ":")).encode(), good)  # read and written again
    refused(place, event, body + b"\n", good)
    refused(place, event, b"", good)
    assert kept(place, event) == 0
    both = f"{time},v1={code('whsec_old', seconds, body)},{mac}"
    place.stripe.tell(event, headers={"Stripe-Signature": both}).expect(200)
    assert kept(place, event) == 1, "the control: one of two codes is good"


def test_while_secrets_are_changed_both_are_good(place, start_server, new_database, new_redis):
    old = "whsec_that_goes"
    settings = place.stripe.environment() | {"ROOST_STRIPE_WEBHOOK_SECRETS": f"{old},{place.stripe.secret}"}
    server = start_server(new_database(), new_redis(), **settings)
    event = place.stripe.happened({"id": "evt_two_secrets", "object": "event", "type": "ping", "livemode": False,
                                   "data": {"object": {"id": "x", "object": "x"}}})  # fmt: skip
    headers = {"Content-Type": "application/json"}
    for secret, status in ((old, 200), (place.stripe.secret, 200), ("whsec_neither", 401)):
        headers["Stripe-Signature"] = sign(secret, event.body, place.stripe.now())
        assert server.post("/api/v1/webhooks/stripe/", body=event.body, headers=headers).status == status
    server.close()


def test_an_event_of_the_other_mode_is_refused(place, succeeded):
    payment, event = succeeded
    live = json.dumps({**event.json, "livemode": True}).encode()
    assert place.stripe.tell(event, body=live).status == 401
    without = json.dumps({name: value for name, value in event.json.items() if name != "livemode"}).encode()
    assert place.stripe.tell(event, body=without).status in (400, 422)
    assert kept(place, event) == 0
    place.stripe.tell(event).expect(200)


@pytest.mark.parametrize("lie", [{"amount_received": 1, "amount": 1}, {"currency": "usd"}, {"status": "canceled"},
                                 {"amount_received": 999_999_99}])  # fmt: skip
def test_what_an_event_says_besides_is_not_believed(place, succeeded, lie):
    payment, event = succeeded
    told = event.json
    told["data"]["object"] |= lie
    place.stripe.tell(event, body=json.dumps(told).encode()).expect(200)
    place.wait_idle(payment)
    row = place.db.execute("select status, captured, amount from payment where id = %s", [payment["id"]]).fetchone()
    assert (row["status"], row["captured"]) == ("succeeded", row["amount"])
    place.assert_sound()


def test_an_event_that_says_more_than_is_true_changes_nothing(place):
    guest, _, booking, payment = place.begun()
    before = guest.get(f"/payments/{payment['id']}/").expect(200)
    forged = latest(place).json
    forged["data"]["object"]["status"] = "succeeded"
    for n, kind in enumerate(("succeeded", "payment_failed", "canceled")):
        forged |= {"id": f"evt_{payment['id']}_{n}", "type": f"payment_intent.{kind}"}
        place.stripe.tell(latest(place), body=json.dumps(forged).encode()).expect(200)
    place.wait_idle(payment)
    assert guest.get(f"/payments/{payment['id']}/").expect(200) == before


def test_events_about_everything_are_taken(place):
    """Each kind that is handled, and some that nobody asked for; none of them is an error."""
    guest, _, booking, payment = place.paid_quietly()
    intent = place.intent(payment)
    made = len(place.stripe.events)
    place.stripe.dispute(intent)
    admin = place.api.as_admin()
    admin.post(f"/payments/{payment['id']}/refunds/", {"amount": money(500), "reason": "Noise."},
               headers={"Idempotency-Key": payment["id"]}).expect(201)  # fmt: skip
    becomes(guest, payment, "partially_refunded")
    others = [{"object": "account", "id": "acct_1Host", "metadata": {}}, {"object": "payout", "id": "po_1"},
              {"object": "transfer", "id": "tr_1", "metadata": {}}, {"object": "refund", "id": "re_1", "metadata": None},
              {"object": "charge", "id": "ch_1", "payment_intent": None},
              {"object": "payment_intent", "id": "pi_of_another_shop", "metadata": {"roost_payment": "no id"}}]  # fmt: skip
    for n, thing in enumerate(others):
        place.stripe.happened({"id": f"evt_{payment['id']}_{n}", "object": "event", "type": f"{thing['object']}.updated",
                               "livemode": False, "data": {"object": thing}})  # fmt: skip
    told = place.stripe.events[made:]
    for event in told:
        place.stripe.tell(event).expect(200)
    abouts = {row["kind"]: row["about"] for row in place.db.execute(
        "select kind, about from webhook_event where event_id = any (%s)", [[e.json["id"] for e in told]])}  # fmt: skip
    assert abouts == {"charge.dispute.created": "dispute", "refund.created": "refund", "charge.refunded": "payment",
                      "account.updated": "nothing", "payout.updated": "nothing", "transfer.updated": "nothing",
                      "refund.updated": "nothing", "charge.updated": "nothing", "payment_intent.updated": "payment"}  # fmt: skip


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b"\xff\xfe", b"{" * 5000, b'{"id":1,"type":"x"}',
                                  b'{"id":"evt_1","type":"x","livemode":false,"data":{}}',
                                  b'{"id":"","type":"x","livemode":false,"data":{"object":{"id":"a","object":"b"}}}'])  # fmt: skip
def test_what_cannot_be_read_is_refused_even_when_it_is_signed(place, succeeded, body):
    reply = place.stripe.tell(succeeded[1], body=body)
    assert reply.status in (400, 422), reply
    reply.problem


def test_a_giant_is_refused(place, succeeded):
    place.stripe.tell(succeeded[1], body=b" " * 70_000).expect(413, "payload_too_large")


def test_events_that_never_come_are_not_missed(place):
    guest, _, booking, payment = place.begun()
    place.pay(payment)
    place.clock.advance(seconds=20)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_an_event_that_comes_days_late_changes_nothing(place, succeeded):
    payment, event = succeeded
    place.clock.advance(seconds=20)
    wait_until(lambda: events(place.db, payment) == ["payment.succeeded"], 60, "it being asked for")
    place.clock.advance(days=2)
    place.stripe.tell(event).expect(200)
    place.wait_idle(payment)
    assert events(place.db, payment) == ["payment.succeeded"]
