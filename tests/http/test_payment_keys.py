"""One key is one payment and one charge, whoever repeats it, whatever dies in between (S1–S10, I3, I5, I6)."""

import collections
import http.client
import random
import secrets
import threading
import time

import psycopg
import pytest
from psycopg.rows import dict_row

from support.make import Make
from support.payments import assert_sound, becomes, begin, choose
from support.processes import wait_until
from support.volley import Volley, encode

KILLS = 6


def request(guest, booking, key):
    body = {"booking_id": booking["id"], "provider": "sandbox", "method": "card"}
    return encode("POST", "/api/v1/payments/", body, {"Authorization": f"Bearer {guest.token}", "Idempotency-Key": key})


def test_32_parallel_posts_with_one_key_are_one_payment(api, make, db):
    guest, listing = api.new_guest(), make.listing(api.new_host(), payment_mode="online")
    for n in range(5):
        booking, key = make.booking(listing, guest, check_in=5 + 5 * n, nights=2), secrets.token_hex(16)
        with Volley(api.port, 32) as volley:
            answers = volley.fire([request(guest, booking, key)] * 32)
        by_status = collections.defaultdict(set)
        for status, body in answers:
            by_status[status].add(body)
        assert set(by_status) <= {201, 409} and len(by_status[201]) == 1, by_status
        assert all(b'"request_in_progress"' in body for body in by_status[409])
        again = begin(guest, booking, key)
        assert (again.body, again.headers["idempotent-replayed"]) == (by_status[201].pop(), "true")
        assert again.headers["location"] == f"/api/v1/payments/{again.json['id']}/"
        assert db.execute("select count(*) from payment where booking_id = %s", [booking["id"]]).fetchone()["count"] == 1
    begin(guest, make.booking(listing, guest, check_in=60), key).expect(422, "idempotency_key_reused")


def test_a_key_is_required_and_belongs_to_whoever_used_it(api, make):
    guest, host = api.new_guest(), api.new_host()
    booking = make.booking(make.listing(host, payment_mode="online"), guest)
    body = {"booking_id": booking["id"], "provider": "sandbox", "method": "card"}
    guest.post("/payments/", body).expect(428, "idempotency_key_required")
    for bad in ("", "k" * 256, "with space"):
        guest.post("/payments/", body, headers={"Idempotency-Key": bad}).expect(400, "malformed")
    key = secrets.token_hex(8)
    begin(guest, booking, key).expect(201)
    begin(host, booking, key).expect(403)


def test_a_refused_request_leaves_its_key_free(api, make):
    guest, key = api.new_guest(), secrets.token_hex(8)
    on_arrival = make.booking(make.listing(api.new_host()), guest)
    begin(guest, on_arrival, key).expect(409, "wrong_state")
    begin(guest, make.booking(make.listing(api.new_host(), payment_mode="online"), guest), key).expect(201)


@pytest.fixture
def own(start_server, new_database, new_redis, api_of):
    """A server of the test's own whose requests, and so their claims, do not last long."""
    server = start_server(new_database(), new_redis(), ROOST_HTTP_REQUEST_TIMEOUT_MS="3000", ROOST_MARKET_HOLDS_PER_GUEST="1000",
                          ROOST_MARKET_HOLDS_PER_PROPERTY="1000")
    with psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row) as connection:
        yield server, api_of(server), connection
    server.close()


def stopped_after(db, payment_key, step):
    """What a process leaves behind that died after that step of the first request with a key."""
    db.execute("update idempotency set status = null, body = null, location = null, etag = null, lease_until = now() where key = %s",
               [payment_key])  # fmt: skip
    payment = db.execute("select work_id from idempotency where key = %s", [payment_key]).fetchone()["work_id"]
    if step == "claimed":
        db.execute("delete from sandbox_charge where idempotency_key like %s", [f"{payment}%"])
        db.execute("delete from payment where id = %s", [payment])
    elif step == "committed":
        db.execute("delete from sandbox_charge where idempotency_key like %s", [f"{payment}%"])
        db.execute("""update payment set status = 'pending', provider_reference = null, next_action = null, next_check_at = null
                      where id = %s""", [payment])  # fmt: skip
    elif step == "asked":
        db.execute("""update payment set status = 'pending', provider_reference = null, next_action = null, next_check_at = null
                      where id = %s""", [payment])  # fmt: skip


@pytest.mark.parametrize("step", ["claimed", "committed", "asked", "settled"])
def test_a_repetition_goes_on_where_the_first_request_stopped(api, make, db, step):
    guest, key = api.new_guest(), secrets.token_hex(8)
    booking = make.booking(make.listing(api.new_host(), payment_mode="online"), guest)
    first = begin(guest, booking, key).expect(201)
    charge = "select count(*), min(id::text) as id from sandbox_charge where idempotency_key like %s"
    before = db.execute(charge, [f"{first['id']}%"]).fetchone()
    stopped_after(db, key, step)
    second = begin(guest, booking, key).expect(201)
    assert (second["id"], second["status"]) == (first["id"], "requires_action")
    after = db.execute(charge, [f"{first['id']}%"]).fetchone()
    assert after["count"] == 1 and (after == before or step in ("claimed", "committed"))
    again = begin(guest, booking, key)
    assert again.json == second and again.headers["idempotent-replayed"] == "true"


def test_a_key_is_taken_over_only_once_its_lease_has_ended(api, make, db):
    guest, key = api.new_guest(), secrets.token_hex(8)
    booking = make.booking(make.listing(api.new_host(), payment_mode="online"), guest)
    begin(guest, booking, key).expect(201)
    stopped_after(db, key, "asked")
    db.execute("update idempotency set lease_until = now() + interval '1 hour' where key = %s", [key])
    reply = begin(guest, booking, key)
    reply.expect(409, "request_in_progress")
    assert reply.headers["retry-after"]
    begin(guest, booking, key, method="mobile_money").expect(422, "idempotency_key_reused")
    db.execute("update idempotency set lease_until = now() where key = %s", [key])
    begin(guest, booking, key).expect(201)


def test_a_payment_that_nobody_goes_on_with_is_begun_by_a_job(api, make, db):
    """S5: committed, before the provider was called; the client never comes back."""
    guest, key = api.new_guest(), secrets.token_hex(8)
    booking = make.booking(make.listing(api.new_host(), payment_mode="online"), guest)
    payment = begin(guest, booking, key).expect(201)
    stopped_after(db, key, "committed")
    db.execute("update payment set next_check_at = now() where id = %s", [payment["id"]])
    begun = becomes(guest, payment, "requires_action")
    choose(api, begun, "approve")
    becomes(guest, payment, "succeeded")


def test_whatever_is_killed_every_key_is_one_payment_and_one_charge(own):
    """S1–S10: SIGKILL at random moments under load; every client repeats its request until it is answered."""
    server, api, db = own
    make, pick = Make(api), random.Random(11)
    guests = [api.new_guest() for _ in range(4)]
    listings = [make.listing(api.new_host(), payment_mode="online") for _ in range(4)]
    todo = []
    for n in range(80):
        guest, listing = guests[n % 4], listings[n % 4]
        todo.append((guest, make.booking(listing, guest, check_in=3 + 2 * (n // 4), nights=1), secrets.token_hex(8)))
    answered, failures, stop = {}, [], threading.Event()

    def client(mine):
        try:
            for guest, booking, key in mine:
                while not stop.is_set():
                    try:
                        reply = begin(guest, booking, key)
                    except (OSError, http.client.HTTPException):
                        time.sleep(0.05)
                        continue
                    if reply.status == 201:
                        answered[key] = reply.body
                        break
                    if reply.status not in (409, 503):
                        raise AssertionError(reply)
                    time.sleep(0.1)
        except Exception as e:  # told where the test waits
            failures.append(e)

    for guest in guests:
        guest.token
    clients = [threading.Thread(target=client, args=(todo[n::8],)) for n in range(8)]
    for thread in clients:
        thread.start()
    for n in range(KILLS):
        seen = len(answered)
        wait_until(lambda s=seen: len(answered) > s + 2 or failures or len(answered) == len(todo), 120, "answers")
        time.sleep(pick.random() * 0.2)
        server.kill()
        server.start()
    wait_until(lambda: len(answered) == len(todo) or failures, 180, "every request answered")
    stop.set()
    for thread in clients:
        thread.join()
    assert not failures, failures[:3]
    payments = db.execute("select id, booking_id from payment").fetchall()
    assert len(payments) == len({p["booking_id"] for p in payments}) == len(todo), "one payment a key"
    keys = [row["idempotency_key"] for row in db.execute("select idempotency_key from sandbox_charge").fetchall()]
    assert sorted(keys) == sorted(f"{p['id']}/begin" for p in payments), "one charge a payment"
    for guest, booking, key in todo[:10]:
        assert begin(guest, booking, key).body == answered[key], "byte for byte"
    for guest, booking, key in todo[:8]:
        payment = begin(guest, booking, key).expect(201)
        choose(api, payment, "approve")
        becomes(guest, payment, "succeeded")
    assert_sound(db, settled=True)
