"""A request that is repeated with its Idempotency-Key has one effect and one answer (T2)."""

import collections
import datetime
import hashlib
import json
import secrets
import threading

import psycopg
import pytest
import redis as redis_client

from support.make import Make, new_property
from support.people import PASSWORD, unique
from support.processes import wait_until
from support.volley import Volley, encode


def key():
    return secrets.token_hex(16)


def book(person, quote, idempotency_key, **body):
    return person.post("/bookings/", {"quote_id": quote["id"], **body}, headers={"Idempotency-Key": idempotency_key})


def replayed(reply):
    return reply.headers.get("Idempotent-Replayed") == "true"


def same_answer(one, other):
    names = ("Location", "ETag", "Content-Type")
    return (one.status, one.body) == (other.status, other.body) and all(one.headers.get(n) == other.headers.get(n) for n in names)


def bookings_of(db, quote):
    return db.execute("select count(*) from booking where quote_id = %s", [quote["id"]]).fetchone()["count"]


def test_32_parallel_posts_with_one_key_have_one_effect(api, make, db):
    guest = api.new_guest()
    for _ in range(10):
        quote, k = make.quote(make.listing(), guest), key()
        request = encode("POST", "/api/v1/bookings/", {"quote_id": quote["id"]},
                         {"Authorization": f"Bearer {guest.token}", "Idempotency-Key": k})
        with Volley(api.port, 32) as volley:
            answers = volley.fire([request] * 32)
        by_status = collections.defaultdict(list)
        for status, body in answers:
            by_status[status].append(body)
        assert set(by_status) <= {201, 409}, by_status
        assert len(set(by_status[201])) == 1, "every success is the same, byte for byte"
        assert all(json.loads(body)["code"] == "request_in_progress" for body in by_status[409])
        assert bookings_of(db, quote) == 1
        again = book(guest, quote, k)
        assert replayed(again) and again.body == by_status[201][0]


def listings_made_at_once(api, database):
    """How many come of 32 posts with one key; nothing but the key keeps a host from having 32."""
    host = api.new_host()
    request = encode("POST", "/api/v1/properties/", new_property(), {"Authorization": f"Bearer {host.token}", "Idempotency-Key": key()})
    with Volley(api.port, 32) as volley:
        answers = volley.fire([request] * 32)
    with psycopg.connect(database) as connection:
        [count] = connection.execute("select count(*) from property where host_id = %s", [host.id]).fetchone()
    return count, answers


def test_32_parallel_posts_with_one_key_make_one_listing(api, database):
    count, answers = listings_made_at_once(api, database)
    assert count == 1 and {status for status, _ in answers} <= {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1


def test_without_the_unique_key_the_same_posts_make_more(start_server, new_database, new_redis, api_of):
    """The control: the key of the table is the whole guarantee."""
    database = new_database()
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("alter table idempotency drop constraint idempotency_pkey")
    server = start_server(database, new_redis())
    count, _ = listings_made_at_once(api_of(server), database)
    assert count > 1
    server.close()


def test_another_body_under_the_same_key_is_refused(api, make, db):
    guest, k = api.new_guest(), key()
    quote = make.quote(make.listing(), guest)
    book(guest, quote, k).expect(201)
    book(guest, quote, k, message="one more word").expect(422, "idempotency_key_reused")
    book(guest, make.quote(make.listing(), guest), k).expect(422, "idempotency_key_reused")
    assert bookings_of(db, quote) == 1


def test_a_booking_without_a_key_is_refused(api, make, db):
    guest = api.new_guest()
    quote = make.quote(make.listing(), guest)
    guest.post("/bookings/", {"quote_id": quote["id"]}).expect(428, "idempotency_key_required")
    assert bookings_of(db, quote) == 0


@pytest.mark.parametrize("bad", ["", "k" * 256, "with space", "tab\there", "caf\u00e9", "\x7f"])
def test_a_key_that_is_none_is_refused(api, make, db, bad):
    guest = api.new_guest()
    quote = make.quote(make.listing(), guest)
    assert book(guest, quote, bad.encode()).expect(400)["code"] == "malformed"
    assert bookings_of(db, quote) == 0


def test_two_keys_at_once_are_refused(api, make, db):
    guest = api.new_guest()
    quote = make.quote(make.listing(), guest)
    request = encode("POST", "/api/v1/bookings/", {"quote_id": quote["id"]}, {"Authorization": f"Bearer {guest.token}"})
    twice = request.replace(b"\r\n\r\n", b"\r\nIdempotency-Key: one\r\nIdempotency-Key: one\r\n\r\n", 1)
    with Volley(api.port, 1) as volley:
        (status, body), = volley.fire([twice])
    assert (status, json.loads(body)["code"]) == (400, "malformed")
    assert bookings_of(db, quote) == 0


def test_the_longest_key_is_accepted(api, make):
    guest = api.new_guest()
    book(guest, make.quote(make.listing(), guest), "k" * 255).expect(201)


def test_somebody_elses_key_is_a_key_of_its_own(api, make):
    """Neither the reply nor that the key was used can be learned by another person."""
    ann, bob, k = api.new_guest("ann"), api.new_guest("bob"), key()
    of_ann = book(ann, make.quote(make.listing(), ann), k, message="canary " + key())
    of_ann.expect(201)
    of_bob = book(bob, make.quote(make.listing(), bob), k)
    of_bob.expect(201)
    assert not replayed(of_bob) and of_bob.json["id"] != of_ann.json["id"]
    stolen = book(bob, {"id": of_ann.json["id"]}, k)
    stolen.expect(422, "idempotency_key_reused")
    assert b"canary" not in of_bob.body + stolen.body


def test_a_refusal_is_not_kept(api, make):
    """What had no effect may be tried again under the same key once the way is free."""
    ann, bob, k = api.new_guest("ann"), api.new_guest("bob"), key()
    listing = make.listing()
    mine, theirs = make.quote(listing, ann), make.quote(listing, bob)
    first = book(bob, theirs, key()).expect(201)
    book(ann, mine, k).expect(409, "dates_taken")
    bob.post(f"/bookings/{first['id']}/cancel/", {}).expect(200)
    assert not replayed(book(ann, mine, k))
    assert replayed(book(ann, mine, k))


def test_the_key_works_where_it_is_not_required(api, make):
    host, k = api.new_host(), key()
    listing = make.listing(host)
    nights = {"from": api.clock.today(10), "to": api.clock.today(12)}
    close = lambda: host.post(f"/properties/{listing['id']}/blocks/", nights, headers={"Idempotency-Key": k})  # noqa: E731
    first, again = close(), close()
    first.expect(201)
    assert replayed(again) and same_answer(first, again)


def test_replies_survive_a_restart_and_an_empty_redis(start_server, new_database, new_redis, api_of):
    database, redis = new_database(), new_redis()
    server = start_server(database, redis)
    api = api_of(server)
    make, guest = Make(api), api.new_guest()
    quote, k = make.quote(make.listing(), guest), key()
    first = book(guest, quote, k)
    first.expect(201)

    server.stop()
    server.start()
    after_restart = book(guest, quote, k)
    server.kill()
    with redis_client.Redis.from_url(redis) as r:
        r.flushall()
    server.start()
    after_kill = book(guest, quote, k)
    with redis_client.Redis.from_url(redis) as r:
        r.flushall()
    after_flush = book(guest, quote, k)
    for again in (after_restart, after_kill, after_flush):
        assert replayed(again) and same_answer(first, again)
    with psycopg.connect(database) as db:
        assert db.execute("select count(*) from booking").fetchone()[0] == 1
    server.close()


def test_keys_of_different_operations_are_different_keys(api, make):
    host, guest, k = api.new_host(), api.new_guest(), key()
    listing = make.listing(host)
    stay = {"check_in": api.clock.today(20), "check_out": api.clock.today(22), "guests": 1}
    quote = guest.post(f"/properties/{listing['id']}/quote/", stay, headers={"Idempotency-Key": k}).expect(201)
    assert not replayed(book(guest, quote, k))


def test_a_reply_is_kept_for_seven_days(api, make, db, clock):
    guest, young, old = api.new_guest(), key(), key()
    for k in (young, old):
        book(guest, make.quote(make.listing(), guest), k).expect(201)
    age = "update idempotency set created_at = now() - interval '7 days' + %s where key = %s"
    db.execute(age, [datetime.timedelta(minutes=1), young])
    db.execute(age, [datetime.timedelta(minutes=-1), old])
    kept = "select key from idempotency where key = any(%s)"
    clock.advance(hours=2)  # it is looked for every hour
    wait_until(lambda: db.execute(kept, [[young, old]]).fetchall() == [{"key": young}], 15, "the old reply gone")


def test_a_repeat_during_the_first_waits_or_is_told_to(api, make, db, database):
    """While the first is still running the second never starts its own effect."""
    guest, k = api.new_guest(), key()
    listing = make.listing()
    quote = make.quote(listing, guest)
    with psycopg.connect(database) as lock:
        lock.execute("select from property where id = %s for update", [listing["id"]])
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(book(guest, quote, k))) for _ in range(2)]
        for t in threads:
            t.start()
        threads[0].join(1)
        lock.rollback()
    for t in threads:
        t.join(30)
    statuses = sorted(r.status for r in replies)
    assert statuses in ([201, 201], [201, 409]), replies
    assert bookings_of(db, quote) == 1


def test_what_is_kept_of_a_key_tells_nothing_of_a_password(api, db):
    name, used = unique("new"), {"Idempotency-Key": key()}
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "display_name": "New"}
    first = api.anonymous.post("/users/", body, headers=used)
    first.expect(201)
    kept = db.execute("select fingerprint from idempotency where key = %s", [used["Idempotency-Key"]]).fetchone()["fingerprint"]

    def guess(**what):
        sent = json.dumps(what, separators=(",", ":"))
        return hashlib.sha256(f"/api/v1/users/\n{sent}".encode()).hexdigest()

    without = {name: value for name, value in body.items() if name != "password"}
    assert kept == guess(**without), "control: whoever has the table can try what goes into it"
    again = api.anonymous.post("/users/", {**body, "password": "quite another battery"}, headers=used)
    assert (again.status, again.body) == (201, first.body) and replayed(again)
    api.anonymous.post("/users/", {**body, "display_name": "Another"}, headers=used).expect(422, "idempotency_key_reused")
