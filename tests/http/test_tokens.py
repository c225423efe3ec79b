"""Sessions and tokens: T12 (forged access tokens) and T13 (stolen refresh tokens), cookies."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import time

import jwt
import psycopg
import pytest
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.people import PASSWORD
from support.processes import wait_until


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def me(api, token):
    return api.anonymous.get("/users/me/", headers=bearer(token)).status


def refresh(api, token):
    return api.anonymous.post("/auth/refresh/", {"refresh_token": token})


# Access tokens


def test_a_stranger_verifies_our_tokens_with_the_published_keys(api, server):
    """PyJWT, which nobody here wrote, reads the JWKS and the token."""
    ann = api.new_host("ann")
    token = ann.sign_in()["access_token"]
    reply = server.get("/.well-known/jwks.json")
    assert "max-age" in reply.headers["Cache-Control"]
    keys = jwt.PyJWKSet.from_dict(reply.expect(200))
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": header["kid"]}
    [key] = [k for k in keys.keys if k.key_id == header["kid"]]
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"], audience="roost-api", issuer="roost",
                        options={"require": ["exp", "nbf", "iat", "sub", "jti"]})
    assert claims["sub"] == ann.id and claims["roles"] == ["guest", "host"] and claims["exp"] - claims["iat"] == 900
    assert all("d" not in k for k in reply.json["keys"]), "no private part is published"


def forgeries(token, public_x):
    header, payload, signature = token.split(".")
    said, claims = json.loads(unb64(header)), json.loads(unb64(payload))
    own = Ed25519PrivateKey.generate()
    own_x = b64(own.public_key().public_bytes_raw())

    def signed(head, body=claims, key=own):
        text = f"{b64(head)}.{b64(body)}"
        return f"{text}.{b64(key.sign(text.encode()))}"

    def hs256(key):
        text = f"{b64({**said, 'alg': 'HS256'})}.{payload}"
        return f"{text}.{b64(hmac.new(key, text.encode(), hashlib.sha256).digest())}"

    now = int(time.time())
    yield "unsigned, none", f"{b64({'alg': 'none', 'typ': 'at+jwt'})}.{payload}."
    yield "unsigned, None", f"{b64({**said, 'alg': 'None'})}.{payload}."
    yield "unsigned, nOnE with our signature", f"{b64({**said, 'alg': 'nOnE'})}.{payload}.{signature}"
    yield "HS256 with the public key", hs256(unb64(public_x))
    yield "HS256 with the public key's text", hs256(public_x.encode())
    yield "HS256 with nothing", hs256(b"")
    yield "ES256 with a zero signature", f"{b64({**said, 'alg': 'ES256'})}.{payload}.{b64(bytes(64))}"
    yield "a zero signature", f"{header}.{payload}.{b64(bytes(64))}"
    yield "no signature", f"{header}.{payload}."
    yield "two segments", f"{header}.{payload}"
    yield "another key under our kid", signed(said)
    yield "another key under its own kid", signed({**said, "kid": "mine"})
    yield "a key in the header", signed({**said, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": own_x}})
    yield "jku", signed({**said, "jku": "http://127.0.0.1/keys"})
    yield "x5u", signed({**said, "x5u": "http://127.0.0.1/keys"})
    for kid in ("../../../../dev/null", "' or '1'='1", "", None, 7, ["a"], "\u0000", said["kid"] + "\u0000"):
        yield f"kid {kid!r}", signed({**said, "kid": kid})
    for claim, value in [("sub", "01a1fced-4cf8-774f-a596-d22b84186552"), ("roles", ["guest", "admin"]), ("aud", "other"), ("iss", "other"),
                         ("exp", now + 10**6), ("exp", None), ("sid", claims["jti"])]:
        changed = {**claims, claim: value}
        yield f"{claim} changed, our signature", f"{header}.{b64(changed)}.{signature}"
        yield f"{claim} changed, another key", signed(said, changed)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    yield "base64 with stray bits", token[:-1] + last[last.index(token[-1]) ^ 1]
    yield "base64 with padding", token + "=="
    yield "standard base64", f"{header}.{payload}.{base64.b64encode(unb64(signature)).decode()}"
    yield "a fourth segment", token + ".AAAA"
    yield "cut", token[:-2]
    yield "64 KB... of the longest a head may be", "a" * 12_000
    yield "nothing", ""
    yield "a dot", "."
    yield "two dots", ".."
    yield "not base64", "ä.ö.ü".encode().decode("latin-1")


def test_forged_access_tokens_are_refused(api, server):
    ann = api.new_guest("ann")
    token = ann.sign_in()["access_token"]
    x = server.get("/.well-known/jwks.json").json["keys"][0]["x"]
    assert me(api, token) == 200, "the control"
    for what, forged in forgeries(token, x):
        assert me(api, forged) == 401, what
    assert me(api, token) == 200


def test_a_token_is_no_other_token(api):
    tokens = api.new_guest("ann").sign_in()
    assert me(api, tokens["refresh_token"]) == 401
    refresh(api, tokens["access_token"]).expect(401)


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "Token x", "", "bearer  x"])
def test_an_authorization_that_is_no_bearer_token_is_refused(api, value):
    assert api.anonymous.get("/users/me/", headers={"Authorization": value}).status == 401


def test_a_bad_token_is_refused_even_where_none_is_needed(api):
    api.anonymous.get(f"/users/{api.as_guest().id}/", headers=bearer("nonsense")).expect(401)


def test_access_tokens_expire(api, clock):
    token = api.new_guest("ann").sign_in()["access_token"]
    clock.advance(minutes=14)
    assert me(api, token) == 200
    clock.advance(minutes=3)
    assert me(api, token) == 401


# Sessions


def test_sessions_are_listed_and_ended_one_by_one(api):
    ann, ben = api.new_guest("ann"), api.new_guest("ben")
    first, second = ann.sign_in(), ann.sign_in()
    sessions = ann.get("/auth/sessions/").expect(200)["results"]
    assert {s["id"] for s in sessions} == {first["session_id"], second["session_id"]}
    assert [s["current"] for s in sessions if s["id"] == second["session_id"]] == [True]
    ben.delete(f"/auth/sessions/{first['session_id']}/").expect(404)
    assert me(api, first["access_token"]) == 200
    ann.delete(f"/auth/sessions/{first['session_id']}/").expect(204)
    assert me(api, first["access_token"]) == 401
    refresh(api, first["refresh_token"]).expect(401)
    ann.delete(f"/auth/sessions/{first['session_id']}/").expect(404)
    assert me(api, second["access_token"]) == 200


def test_logging_out_ends_this_session_at_once(api):
    ann = api.new_guest("ann")
    one, other = ann.sign_in(), ann.sign_in()
    for _ in range(8):  # every serving thread remembers the session
        assert me(api, one["access_token"]) == 200
    api.anonymous.post("/auth/logout/", headers=bearer(one["access_token"])).expect(204)
    assert [me(api, one["access_token"]) for _ in range(8)] == 8 * [401]
    refresh(api, one["refresh_token"]).expect(401)
    assert me(api, other["access_token"]) == 200


def test_logging_out_everywhere_ends_every_session(api):
    ann = api.new_guest("ann")
    sessions = [ann.sign_in() for _ in range(3)]
    ann.post("/auth/logout-all/").expect(204)
    for s in sessions:
        assert me(api, s["access_token"]) == 401
        refresh(api, s["refresh_token"]).expect(401)


def test_a_session_ended_in_one_process_is_over_in_the_other(two_servers):
    one, other = two_servers
    ann = one.new_guest("ann")
    token = ann.sign_in()["access_token"]
    for _ in range(20):
        assert me(other, token) == 200
    ann.post("/auth/logout/").expect(204)
    wait_until(lambda: me(other, token) == 401, 1, "the other process refusing the token")
    assert [me(other, token) for _ in range(20)] == 20 * [401]


def test_a_session_ends_everywhere_though_nobody_hears_of_it(two_servers):
    """The connections that listen are cut just before: what a process remembers is then five seconds old at most."""
    one, other = two_servers
    ann = one.new_guest("ann")
    token = ann.sign_in()["access_token"]
    for _ in range(20):
        assert me(other, token) == 200
    with psycopg.connect(other.server.environment["ROOST_DATABASE_URL"], autocommit=True) as c:
        # One that has heard nothing for a while asks "select", to see whether it still stands.
        cut = c.execute("""select pg_terminate_backend(pid) from pg_stat_activity
                           where (query ilike 'listen%' or query = 'select') and datname = current_database()""")
        assert len(cut.fetchall()) >= 2, "both processes listen"
    ann.post("/auth/logout/").expect(204)
    wait_until(lambda: me(other, token) == 401, 8, "the other process refusing the token")
    assert [me(other, token) for _ in range(20)] == 20 * [401]


def test_sessions_survive_a_flush_of_redis(api, redis_url):
    ann = api.new_guest("ann")
    tokens = ann.sign_in()
    with redis.Redis.from_url(redis_url) as r:
        r.flushdb()
    assert me(api, tokens["access_token"]) == 200
    refresh(api, tokens["refresh_token"]).expect(200)


# Refresh tokens


def test_refreshing_replaces_the_refresh_token(api):
    first = api.new_guest("ann").sign_in()
    second = refresh(api, first["refresh_token"]).expect(200)
    assert second["refresh_token"] != first["refresh_token"] and second["session_id"] == first["session_id"]
    assert me(api, second["access_token"]) == 200
    third = refresh(api, second["refresh_token"]).expect(200)
    assert me(api, third["access_token"]) == 200


def test_a_lost_reply_can_be_fetched_again(api):
    first = api.new_guest("ann").sign_in()
    lost = refresh(api, first["refresh_token"]).expect(200)
    again = refresh(api, first["refresh_token"]).expect(200)
    assert again["refresh_token"] == lost["refresh_token"]
    refresh(api, again["refresh_token"]).expect(200)


def test_an_old_token_after_the_grace_time_ends_the_session(api, clock):
    ann = api.new_guest("ann")
    first, other = ann.sign_in(), ann.sign_in()
    second = refresh(api, first["refresh_token"]).expect(200)
    clock.advance(seconds=11)
    refresh(api, first["refresh_token"]).expect(401, "invalid_credentials")
    refresh(api, second["refresh_token"]).expect(401)
    assert me(api, second["access_token"]) == 401
    assert me(api, other["access_token"]) == 200, "another session is another family"


def test_an_older_token_ends_the_session_even_within_the_grace_time(api):
    first = api.new_guest("ann").sign_in()
    second = refresh(api, first["refresh_token"]).expect(200)
    third = refresh(api, second["refresh_token"]).expect(200)
    refresh(api, first["refresh_token"]).expect(401)
    refresh(api, third["refresh_token"]).expect(401)


def test_twenty_at_once_get_one_successor(api):
    first = api.new_guest("ann").sign_in()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: refresh(api, first["refresh_token"]).expect(200), range(20)))
    assert len({r["refresh_token"] for r in replies}) == 1
    refresh(api, replies[0]["refresh_token"]).expect(200)


def test_guessing_halves_harms_nobody(api):
    tokens = api.new_guest("ann").sign_in()
    family = unb64(tokens["refresh_token"])[:32]
    for guess in (b64(bytes(64)), b64(bytes(32) + unb64(tokens["refresh_token"])[32:]), "", "x", "A" * 86, "A" * 500):
        if guess:
            refresh(api, guess).expect(401)
    assert me(api, tokens["access_token"]) == 200
    # Whoever knows the first half has had a token of this session: that is a theft.
    refresh(api, b64(family + bytes(32))).expect(401)
    assert me(api, tokens["access_token"]) == 401


def test_a_session_ends_by_itself_however_often_it_is_refreshed(api, clock):
    tokens = api.new_guest("ann").sign_in()
    for _ in range(3):
        clock.advance(days=9)
        tokens = refresh(api, tokens["refresh_token"]).expect(200)
    clock.advance(days=4)
    refresh(api, tokens["refresh_token"]).expect(401)


def test_the_database_does_not_know_the_tokens(api, db):
    tokens = api.new_guest("ann").sign_in()
    row = db.execute("select * from session where id = %s", [tokens["session_id"]]).fetchone()
    raw = unb64(tokens["refresh_token"])
    assert row["family_hash"] == hashlib.sha256(raw[:32]).digest() and row["current_hash"] == hashlib.sha256(raw[32:]).digest()
    assert raw[:32] not in repr(row).encode() and tokens["refresh_token"] not in repr(row)


# Cookies


class Browser:
    """Keeps cookies as a browser does, for one server."""

    def __init__(self, api):
        self.api = api
        self.jar = {}

    def send(self, method, path, json=None, csrf=None, **headers):
        sent = {k: v for k, v in self.jar.items() if k != "__Secure-roost_refresh" or path.startswith("/auth/")}
        more = {"Cookie": "; ".join(f"{k}={v}" for k, v in sent.items())} if sent else {}
        if csrf:
            more["X-CSRF-Token"] = csrf
        kw = {"json": json} if json is not None else {}
        reply = self.api.anonymous.request(method, path, headers={**more, **headers}, **kw)
        for line in reply.headers.get_all("Set-Cookie") or []:
            name, rest = line.split("=", 1)
            value, *attributes = rest.split("; ")
            assert "Secure" in attributes and "SameSite=Lax" in attributes
            assert ("HttpOnly" in attributes) == (name != "__Host-roost_csrf")
            assert f"Path={'/api/v1/auth/' if name == '__Secure-roost_refresh' else '/'}" in attributes
            self.jar[name] = value
            if "Max-Age=0" in attributes:
                del self.jar[name]
        return reply


@pytest.fixture
def browser(api):
    ann = api.new_guest("ann")
    b = Browser(api)
    b.ann = ann
    b.tokens = b.send("POST", "/auth/login/", {"username": ann.username, "password": PASSWORD, "cookies": True}).expect(200)
    return b


def test_browsers_sign_in_with_cookies_no_script_can_read(browser):
    assert browser.tokens["access_token"] is None and browser.tokens["refresh_token"] is None
    assert set(browser.jar) == {"__Host-roost_access", "__Secure-roost_refresh", "__Host-roost_csrf"}
    assert browser.jar["__Host-roost_csrf"] == browser.tokens["csrf_token"]
    assert browser.send("GET", "/users/me/").expect(200)["username"] == browser.ann.username


def test_a_write_with_cookies_needs_the_csrf_token(browser, api):
    csrf = browser.tokens["csrf_token"]
    browser.send("PATCH", "/users/me/", {"bio": "forged"}).expect(403, "not_allowed")
    browser.send("PATCH", "/users/me/", {"bio": "forged"}, csrf="x" * len(csrf)).expect(403)
    browser.send("PATCH", "/users/me/", {"bio": "mine"}, csrf=csrf).expect(200)
    assert browser.send("GET", "/users/me/").json["bio"] == "mine"
    other = Browser(api)
    person = api.new_guest("eve")
    other.send("POST", "/auth/login/", {"username": person.username, "password": PASSWORD, "cookies": True}).expect(200)
    other.send("PATCH", "/users/me/", {"bio": "forged"}, csrf=csrf).expect(403)


def test_a_cookie_is_no_bearer_token_and_a_bearer_token_no_cookie(browser, api):
    assert me(api, browser.jar["__Host-roost_access"]) == 401
    token = browser.ann.sign_in()["access_token"]
    api.anonymous.get("/users/me/", headers={"Cookie": f"__Host-roost_access={token}"}).expect(401)


def test_browsers_refresh_and_log_out(browser, api):
    old = dict(browser.jar)
    browser.send("POST", "/auth/refresh/", {}).expect(403)
    fresh = browser.send("POST", "/auth/refresh/", {}, csrf=browser.tokens["csrf_token"]).expect(200)
    assert browser.jar["__Secure-roost_refresh"] != old["__Secure-roost_refresh"] and fresh["csrf_token"] != browser.tokens["csrf_token"]
    refresh(api, browser.jar["__Secure-roost_refresh"]).expect(401)
    browser.send("PATCH", "/users/me/", {"bio": "mine"}, csrf=fresh["csrf_token"]).expect(200)
    browser.send("POST", "/auth/logout/", csrf=fresh["csrf_token"]).expect(204)
    assert browser.jar == {}
    browser.jar = old
    browser.send("GET", "/users/me/").expect(401)
    again = {"username": browser.ann.username, "password": PASSWORD, "cookies": True}
    browser.send("POST", "/auth/login/", again).expect(200)


def test_two_cookies_of_one_name_are_none(browser):
    value = browser.jar["__Host-roost_access"]
    browser.api.anonymous.get("/users/me/", headers={"Cookie": f"__Host-roost_access={value}; __Host-roost_access=planted"}).expect(401)


def test_of_too_many_sessions_those_unused_for_longest_end(api, db):
    ann = api.new_guest("ann")
    first = ann.sign_in()
    assert me(api, first["access_token"]) == 200
    db.execute("""insert into session (id, user_id, family_hash, current_hash, cookies, address, network, user_agent, created_at,
                                       last_used_at, expires_at)
                  select gen_random_uuid(), user_id, sha256(gen_random_uuid()::text::bytea), current_hash, cookies, address, network,
                         user_agent, created_at, last_used_at + interval '1 ms', expires_at
                  from session, generate_series(1, 150)
                  where id = %s""", [first["session_id"]])
    last = ann.sign_in()
    listed = ann.get("/auth/sessions/").expect(200)["results"]
    live = db.execute("select count(*) as n from session where user_id = %s and ended_at is null", [ann.id]).fetchone()["n"]
    assert len(listed) == live == 100
    assert first["session_id"] not in [s["id"] for s in listed] and last["session_id"] in [s["id"] for s in listed]
    wait_until(lambda: me(api, first["access_token"]) == 401, 10, "the session being over")
    refresh(api, first["refresh_token"]).expect(401)
    refresh(api, last["refresh_token"]).expect(200)
