"""Proving an address and resetting a password by tokens that come by mail. Threats T9, T10, T20."""

import concurrent.futures
import secrets

import psycopg
import pytest

from support.mails import Kept, token_in
from support.people import PASSWORD, unique
from support.processes import wait_until

NEW = "quite another battery"


def login(api, person, password=PASSWORD, **headers):
    return api.anonymous.post("/auth/login/", {"username": person.username, "password": password}, headers=headers)


def reset_token(api, mails, person, count=1):
    api.anonymous.post("/auth/password/reset/", {"email": person.email}).expect(204)
    found = mails.wait(person.email, "Set a new password", count)
    return token_in(found if count == 1 else found[0])


def confirm(api, token, password=NEW, **kw):
    return api.anonymous.post("/auth/password/reset/confirm/", {"token": token, "new_password": password}, **kw)


# Proving the address


def test_registering_brings_a_mail_whose_token_proves_the_address_once(api, mails):
    ann = api.new_guest("ann")
    token = token_in(mails.wait(ann.email, "Confirm your e-mail address"))
    assert ann.get("/users/me/").json["email_verified"] is False
    api.anonymous.post("/auth/verify-email/", {"token": token}).expect(204)
    me = ann.get("/users/me/").expect(200)
    assert me["email_verified"] is True and me["version"] == 2
    again = api.anonymous.post("/auth/verify-email/", {"token": token})
    again.expect(422, "invalid_input")
    assert again.pointers == ["/token"]
    ann.post("/auth/verify-email/resend/").expect(409, "wrong_state")


def test_of_two_mails_either_token_proves_the_address_and_then_none_does(api, mails):
    ann = api.new_guest("ann")
    first = token_in(mails.wait(ann.email, "Confirm your e-mail address"))
    ann.post("/auth/verify-email/resend/").expect(204)
    second = token_in(mails.wait(ann.email, "Confirm your e-mail address", 2)[0])
    assert first != second
    api.anonymous.post("/auth/verify-email/", {"token": first}).expect(204)
    api.anonymous.post("/auth/verify-email/", {"token": second}).expect(422)


def test_of_many_who_use_a_token_at_once_one_does(api, mails):
    ann = api.new_guest("ann")
    token = token_in(mails.wait(ann.email, "Confirm your e-mail address"))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: api.anonymous.post("/auth/verify-email/", {"token": token}).status, range(8)))
    assert sorted(statuses) == [204] + 7 * [422]


def test_a_token_is_good_for_its_time_and_its_purpose_only(api, mails, clock):
    ann = api.new_guest("ann")
    verify, reset = token_in(mails.wait(ann.email, "Confirm your e-mail address")), reset_token(api, mails, ann)
    assert confirm(api, verify).pointers == ["/token"]
    assert api.anonymous.post("/auth/verify-email/", {"token": reset}).pointers == ["/token"]
    clock.advance(minutes=59)
    assert confirm(api, reset, "password123").pointers == ["/new_password"], "good until the hour is over"
    clock.advance(minutes=2)
    assert confirm(api, reset).pointers == ["/token"]
    clock.advance(hours=72)
    assert api.anonymous.post("/auth/verify-email/", {"token": verify}).pointers == ["/token"]


@pytest.mark.parametrize("token", ["", "x", "x" * 201, "null\u0000", "' or 1=1 --", "é" * 43, "A" * 43], ids=repr)
def test_what_is_no_token_opens_nothing(api, token):
    assert api.anonymous.post("/auth/verify-email/", {"token": token}).pointers == ["/token"]
    assert confirm(api, token).pointers == ["/token"]


# Resetting the password


def test_a_reset_sets_the_password_ends_all_sessions_and_proves_the_address(api, mails):
    ann = api.new_guest("ann")
    old = ann.sign_in()
    token = reset_token(api, mails, ann)
    weak = confirm(api, token, ann.username + "1")
    assert weak.status == 422 and weak.pointers == ["/new_password"], "the token is not used up by a weak password"
    confirm(api, token).expect(204)
    api.anonymous.get("/users/me/", headers={"Authorization": f"Bearer {old['access_token']}"}).expect(401)
    api.anonymous.post("/auth/refresh/", {"refresh_token": old["refresh_token"]}).expect(401)
    login(api, ann).expect(401)
    login(api, ann, NEW).expect(200)
    assert confirm(api, token).pointers == ["/token"]
    ann.password = NEW
    assert mails.wait(ann.email, "Your password was changed")
    profile = api.anonymous.get(f"/users/{ann.id}/").expect(200)
    assert profile["email_verified"] is True


def test_asking_for_a_reset_says_nothing_about_who_is_registered(api, db):
    ann, closed = api.new_guest("ann"), api.new_guest("closed")
    closed.delete("/users/me/").expect(204)
    addresses = [ann.email, ann.email.upper(), closed.email, f"{unique('nobody')}@example.com"]
    latest = db.execute("select coalesce(max(id), 0) as id from outbox_event").fetchone()["id"]
    replies = [api.anonymous.post("/auth/password/reset/", {"email": a}) for a in addresses]

    def visible(r):
        varying = ("x-request-id", "date", "server-timing")
        return r.status, r.body, sorted((k, v) for k, v in r.headers.items() if k.lower() not in varying)

    assert replies[0].status == 204
    assert all(visible(r) == visible(replies[0]) for r in replies), replies
    written = db.execute(
        "select subject_id from outbox_event where kind = 'account.reset_asked' and id > %s order by id", [latest]
    ).fetchall()
    assert len(written) == 4, "the same work for everybody"
    assert [str(w["subject_id"]) == ann.id for w in written] == [True, True, False, False]


def test_nobody_is_sent_a_mail_for_an_address_that_is_unknown_or_gone(api, mails, db):
    closed = api.new_guest("closed")
    mails.wait(closed.email, "Confirm your e-mail address")
    closed.delete("/users/me/").expect(204)
    stranger = f"{unique('nobody')}@example.com"
    for address in (closed.email, stranger):
        api.anonymous.post("/auth/password/reset/", {"email": address}).expect(204)
    wait_until(
        lambda: db.execute("select count(*) as n from outbox_event where dispatched_at is null").fetchone()["n"] == 0,
        what="all events dispatched",
    )
    assert mails.subjects(stranger) == [] and mails.subjects(closed.email) == ["Confirm your e-mail address"]


def test_mails_are_limited_by_what_was_typed_not_by_who_exists(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis(), ROOST_LIMITS_RESET_ACCOUNT="3", ROOST_LIMITS_VERIFY_ACCOUNT="2",
                          ROOST_LIMITS_TOKEN_NETWORK="5")
    api = api_of(server)
    ann = api.new_guest("ann")
    for address in (ann.email, f"{unique('nobody')}@example.com"):
        spelled = [address, address.upper()] * 3
        statuses = [api.anonymous.post("/auth/password/reset/", {"email": a}).status for a in spelled]
        assert statuses == 3 * [204] + 3 * [429]
    assert [ann.post("/auth/verify-email/resend/").status for _ in range(4)] == [204, 204, 429, 429]
    assert [api.anonymous.post("/auth/verify-email/", {"token": "x"}).status for _ in range(7)] == 5 * [422] + 2 * [429]
    refused = confirm(api, "x")
    assert refused.status == 429 and int(refused.headers["Retry-After"]) >= 1


# New sign-ins


def test_signing_in_from_a_new_device_or_place_is_told_once(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis(), ROOST_HTTP_TRUSTED_PROXIES="127.0.0.1")
    api, mails = api_of(server), Kept(server)
    ann = api.new_guest("ann")
    home, phone = {"User-Agent": "Firefox"}, {"User-Agent": "<script>alert(1)</script>\u00e9"[:25]}
    for headers, known in [
        ({**home, "X-Forwarded-For": "198.51.100.7"}, True),  # the first of all
        ({**home, "X-Forwarded-For": "198.51.100.200"}, True),  # the same /24
        ({**phone, "X-Forwarded-For": "198.51.100.7"}, False),
        ({**phone, "X-Forwarded-For": "198.51.100.9"}, True),
        ({**home, "X-Forwarded-For": "203.0.113.5"}, False),
        ({**home, "X-Forwarded-For": "2001:db8:1:2::7"}, False),
        ({**home, "X-Forwarded-For": "2001:db8:1:2:ffff::9"}, True),  # the same /64
    ]:
        before = len([s for s in mails.subjects(ann.email) if "New sign-in" in s])
        login(api, ann, **headers).expect(200)
        login(api, ann, "wrong password", **{**headers, "User-Agent": "Thief"}).expect(401)
        if known:
            continue
        told = mails.wait(ann.email, "New sign-in", before + 1)
        told = told if before == 0 else told[0]
        assert headers["X-Forwarded-For"] in told["text"]
        assert "<script>" not in told["html"]
    with psycopg.connect(server.environment["ROOST_DATABASE_URL"]) as c:
        wait_until(lambda: c.execute("select count(*) from outbox_event where dispatched_at is null").fetchone()[0] == 0)
    assert len([s for s in mails.subjects(ann.email) if "New sign-in" in s]) == 3
    assert len(api.anonymous.get("/notifications/", headers={"Authorization": f"Bearer {ann.token}"}).json["results"]) >= 3


# Secrets


def test_tokens_and_passwords_stand_in_the_mail_alone(server, api, mails, db):
    ann = api.new_guest("ann")
    verify, reset = token_in(mails.wait(ann.email, "Confirm your e-mail address")), reset_token(api, mails, ann)
    confirm(api, reset, "a most secret battery").expect(204)
    api.anonymous.post("/auth/verify-email/", {"token": verify}).expect(204)
    again = reset_token(api, mails, ann, 2)
    mails.wait(ann.email, "Your password was changed")
    tables = [r["tablename"] for r in db.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()]
    assert {"outbox_event", "job", "mail", "account_token", "notification"} <= set(tables)
    for canary in (verify, reset, again, "a most secret battery"):
        assert canary not in server.log_text()
        found = [
            t for t in tables if t not in ("kept_mail", "spatial_ref_sys")
            and db.execute(f"select 1 from {t} x where x::text like %s limit 1", [f"%{canary}%"]).fetchone()
        ]
        assert found == [], f"in {found}"
    assert db.execute("select 1 from kept_mail x where x::text like %s", [f"%{again}%"]).fetchone(), "the search finds what is there"


def test_a_repeated_reset_under_its_key_gets_the_same_answer(api, mails):
    ann = api.new_guest("ann")
    token, key = reset_token(api, mails, ann), {"Idempotency-Key": secrets.token_hex(16)}
    confirm(api, token, headers=key).expect(204)
    again = confirm(api, token, headers=key)
    assert (again.status, again.headers.get("Idempotent-Replayed")) == (204, "true"), again
    other = confirm(api, token, "still another battery", headers=key)
    assert (other.status, other.headers.get("Idempotent-Replayed")) == (204, "true"), "passwords are not kept to compare"
    login(api, ann, "still another battery").expect(401)
    assert confirm(api, token).pointers == ["/token"], "without the key the token is used up"
    login(api, ann, NEW).expect(200)


def test_the_pages_that_stand_in_for_the_site_are_for_development_only(server, start_server, new_database, new_redis):
    script = server.get("/dev/stand-in.js")
    assert script.status == 200 and script.headers["Content-Type"].startswith("text/javascript")
    for path in ("/verify-email", "/reset-password"):
        page = server.get(path)
        assert page.status == 200 and b'src="/dev/stand-in.js"' in page.body and b"<script>" not in page.body
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "script-src 'self'" in policy and "form-action 'none'" in policy

    production = start_server(new_database(), new_redis(), ROOST_ENVIRONMENT="production")
    for path in ("/verify-email", "/reset-password", "/dev/stand-in.js"):
        assert production.get(path).status == 404
    unsent = [line for line in production.log() if line.get("setting") == "ROOST_MAIL_URL"]
    assert [line["level"] for line in unsent] == ["warn"], "mails stay unsent"
    assert not [line for line in server.log() if line.get("setting") == "ROOST_MAIL_URL"]
