"""Providers tell what happened: only they are heard, in any order and any number of times (T3, S11, S12)."""

import itertools
import random
import secrets
import threading

import pytest

from support.client import Client
from support.payments import assert_sound, becomes, begin, choose, events, pay, reference_of, tell
from support.processes import wait_until
from support.signing import code, sign

PATH = "/api/v1/webhooks/sandbox/"


@pytest.fixture
def payment(api, make):
    """payment() → (guest, payment) that waits for the guest."""

    def make_one():
        guest = api.new_guest()
        booking = make.booking(make.listing(api.new_host(), payment_mode="online"), guest)
        return guest, begin(guest, booking).expect(201)

    return make_one


def kept(db, id):
    return db.execute("select count(*) from webhook_event where event_id = %s", [id]).fetchone()["count"]


def nothing_waits(db, payment):
    wait_until(lambda: not db.execute("select 1 from job where kind like 'payments.%%' and payload ->> 'payment_id' = %s",
                                      [payment["id"]]).fetchone(), 60, "no job of the payment")  # fmt: skip


def test_all_orders_of_four_events_end_alike_however_often_they_come(api, payment, db):
    """Whatever is told, the provider is asked: a payment that succeeded succeeds, one that failed fails."""
    kinds = ["charge.second_step", "charge.failed", "charge.processing", "charge.succeeded"]
    for order in itertools.permutations(kinds):
        choice, expected = ("approve", "succeeded") if order[0] < order[1] else ("decline", "failed")
        guest, p = payment()
        choose(api, p, choice)
        reference = reference_of(db, p)
        for kind in order:
            for _ in range(2):
                tell(api, db, reference, kind, id=f"{p['id']} {kind}").expect(200)
        becomes(guest, p, expected)
        nothing_waits(db, p)
        assert guest.get(f"/payments/{p['id']}/").expect(200)["status"] == expected, order
        assert events(db, p) == [f"payment.{expected}"], order
    assert_sound(db, settled=True)


def test_an_event_that_says_more_than_is_true_changes_nothing(api, payment, db):
    guest, p = payment()
    before = guest.get(f"/payments/{p['id']}/").expect(200)
    for kind in ("charge.succeeded", "charge.failed", "charge.cancelled"):
        tell(api, db, reference_of(db, p), kind).expect(200)
    nothing_waits(db, p)
    assert guest.get(f"/payments/{p['id']}/").expect(200) == before


def test_fifty_at_once_are_one_event(api, payment, db):
    guest, p = payment()
    choose(api, p, "approve")
    id, statuses = secrets.token_hex(8), []
    volley = [threading.Thread(target=lambda: statuses.append(tell(api, db_of(api), reference_of(db, p), id=id).status))
              for _ in range(50)]  # fmt: skip
    for thread in volley:
        thread.start()
    for thread in volley:
        thread.join()
    assert statuses == [200] * len(volley) and kept(db, id) == 1
    becomes(guest, p, "succeeded")
    assert events(db, p) == ["payment.succeeded"]


def db_of(api):
    import psycopg
    from psycopg.rows import dict_row

    return psycopg.connect(api.server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row)


def refused(api, db, body, header, status=401):
    headers = {"Content-Type": "application/json"} | ({"Roost-Sandbox-Signature": header} if header is not None else {})
    reply = Client(api.port).post(PATH, body=body, headers=headers)
    assert reply.status == status, reply
    reply.problem


@pytest.fixture
def signed(api, db, payment):
    """(secret, id, body) of an event that would be taken."""
    _, p = payment()
    id = secrets.token_hex(8)
    body = f'{{"id":"{id}","kind":"charge.succeeded","charge":"{reference_of(db, p)}"}}'.encode()
    return db.execute("select secret from sandbox_secret").fetchone()["secret"], id, body


@pytest.mark.parametrize("late,status", [(-290, 200), (290, 200), (-310, 401), (310, 401), (-86_400, 401), (86_400, 401)])
def test_a_signature_is_good_for_five_minutes_either_way(api, db, signed, late, status):
    secret, id, body = signed
    reply = Client(api.port).post(PATH, body=body, headers={"Roost-Sandbox-Signature": sign(secret, body, api.clock.now(), late)})
    assert reply.status == status, reply
    assert kept(db, id) == (status == 200)


def test_what_is_not_signed_by_the_provider_is_refused(api, db, signed):
    secret, id, body = signed
    good = sign(secret, body, api.clock.now())
    time, mac = good.split(",")
    pick = random.Random(7)
    for _ in range(40):  # a bit of the body
        at, bit = pick.randrange(len(body)), 1 << pick.randrange(8)
        refused(api, db, body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :], good)
    for at in range(3, len(mac), 7):  # of the code
        refused(api, db, body, f"{time},{mac[:at]}{'0' if mac[at] != '0' else '1'}{mac[at + 1:]}")
    seconds = int(time[2:])
    for header in (None, "", time, mac, f"{mac}", f"t={seconds + 1},{mac}", f"t=,{mac}", f"t=x{seconds},{mac}", f"t=-1,{mac}",
                   f"t={seconds}9999999999999999999,{mac}", f"{time},v0={mac[3:]}", f"{time},{mac.upper()[0:2]}=", f"{time},v1=",
                   sign("another secret", body, api.clock.now()), sign("", body, api.clock.now())):  # fmt: skip
        refused(api, db, body, header)
    refused(api, db, body.replace(b":", b": "), good)  # read and written again
    refused(api, db, b"", good)
    assert kept(db, id) == 0
    both = f"{time},v1={code('old secret', seconds, body)},{mac}"  # while secrets are changed
    assert Client(api.port).post(PATH, body=body, headers={"Roost-Sandbox-Signature": both}).status == 200
    assert kept(db, id) == 1, "the control: this one is heard"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"nonsense", b'{"id":1,"kind":"x","charge":"y"}', b"\xff\xfe", b"{" * 5000])
def test_what_cannot_be_read_is_refused_even_when_it_is_signed(api, db, body):
    reply = tell(api, db, "", body=body)
    assert reply.status in (400, 422), reply
    reply.problem


def test_events_of_others_and_giants_are_refused(api, db, payment):
    _, p = payment()
    reference = reference_of(db, p)
    for name in ("stripe", "nobody", "sandbox/x", "", "SANDBOX", "%73andbox"):
        assert tell(api, db, reference, path=f"/api/v1/webhooks/{name}").status == 404, name
    assert tell(api, db, reference, path="/api/v1/webhooks/sandbox").status == 200, "also without the last slash"
    giant = f'{{"id":"giant","kind":"{"x" * 70_000}","charge":"{reference}"}}'.encode()
    tell(api, db, reference, body=giant).expect(413, "payload_too_large")
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        reply = Client(api.port).request(method, PATH)
        assert (reply.status, reply.headers["allow"]) == (405, "OPTIONS, POST")


def test_an_event_of_an_unknown_charge_is_taken_and_does_nothing(api, db):
    tell(api, db, "0193e0a0-0000-7000-8000-00000000abcd").expect(200)


def test_no_secret_is_kept_in_jobs_or_logs(api, make, db, server):
    """T20: neither the page's address nor the signing secret."""
    guest = api.new_guest()
    booking = make.booking(make.listing(api.new_host(), payment_mode="online"), guest)
    p = pay(api, guest, booking, "second_step", "approve")
    token, secret = db.execute(
        """select c.token, s.secret from sandbox_charge c, sandbox_secret s, payment p
           where p.id = %s and c.id::text = p.provider_reference""", [p["id"]]).fetchone().values()
    log = "\n".join(line for line in server.log_text().splitlines() if '"path"' not in line)
    assert secret not in log
    assert not db.execute("select 1 from job where payload::text like any (%s)", [[f"%{token}%", f"%{secret}%"]]).fetchone()
    assert not db.execute("select 1 from outbox_event where payload::text like any (%s)",
                          [[f"%{token}%", f"%{secret}%"]]).fetchone()  # fmt: skip
