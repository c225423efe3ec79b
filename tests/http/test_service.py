"""What operators and every client rely on: health, metrics, logs, the command line, and the ways of HTTP."""

import gzip
import re
import secrets
import subprocess
import threading

import psycopg
import pytest

from support.processes import wait_until, without_settings


def run(binary, *arguments, **environment):
    return subprocess.run(
        [binary, *arguments],
        env={**without_settings(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )


# ------------------------------------------------------------------------------------------------------ operations


def test_health_and_readiness_say_how_things_are(server):
    assert server.get("/healthz").expect(200) == {"status": "ok"}
    wait_until(
        lambda: server.get("/readyz").json == {"status": "ok", "postgresql": "ok", "redis": "ok"},
        10,
        "everything ready",
    )


def test_metrics_count_by_route_and_never_by_address(server, api, make):
    listing = make.listing()
    for _ in range(3):
        api.anonymous.get(f"/properties/{listing['id']}/").expect(200)
        api.anonymous.get(f"/properties/{secrets.token_hex(8)}/").expect(404)
    reply = server.get("/metrics")
    text = reply.body.decode()
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for name in (
        "roost_http_request_seconds",
        "roost_pg_wait_seconds",
        "roost_event_loop_lag_seconds",
        "roost_pg_statement_seconds",
        "roost_redis_up",
        "process_resident_memory_bytes",
    ):
        assert f"# TYPE {name} " in text, name
    assert re.search(r"^# TYPE roost_redis_\w*seconds histogram$", text, re.M)
    counts = re.findall(r'roost_http_request_seconds_count{route="([^"]*)",method="(\w+)",status="(\dxx)"} (\d+)', text)
    assert any(c[:3] == ("/properties/{property_id}/", "GET", "2xx") and int(c[3]) >= 3 for c in counts), counts
    assert listing["id"] not in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+({(\w+="[^"]*",?)+})? [-+0-9.eInfNa]+', line), line


RAW = {
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/metrics": "/metrics",
    "/openapi.json": "/openapi.json",
    "/docs/": "/docs/",
    "/.well-known/jwks.json": "/.well-known/jwks.json",
    "/unsubscribe": "/unsubscribe",
    "/ical/nothing.ics": "/ical/{address_id}.ics",
}


@pytest.mark.parametrize("path", RAW)
def test_what_is_outside_of_the_contract_has_its_methods_and_its_name_in_metrics(server, path):
    allowed = "OPTIONS, GET, HEAD" + (", POST" if path == "/unsubscribe" else "")
    for method in ("DELETE", "PATCH", "BREW", *(() if "POST" in allowed else ("POST",))):
        refused = server.request(method, path)
        refused.expect(405, "method_not_allowed")
        assert refused.headers["Allow"] == allowed
    asked = server.options(path)
    assert asked.status == 204 and asked.headers["Allow"] == allowed
    assert server.get(path).status == server.head(path).status in (200, 404)
    text = server.get("/metrics").body.decode()
    for method, status in (("DELETE", "4xx"), ("OPTIONS", "2xx"), ("HEAD", "[24]xx")):
        assert re.search(
            rf'^roost_http_request_seconds_count{{route="{re.escape(RAW[path])}",method="{method}",status="{status}"}} [1-9]',
            text,
            re.M,
        ), text


def test_every_request_is_logged_once_under_its_id(server, api):
    mine = f"test-{secrets.token_hex(6)}"
    reply = api.anonymous.get("/properties/?limit=1", headers={"X-Request-Id": mine})
    assert reply.headers["X-Request-Id"] == mine
    lines = wait_until(lambda: [line for line in server.log() if line.get("request_id") == mine], 10, "the access log")
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [("GET", "/properties/", 200)]


@pytest.mark.parametrize("unsafe", ["a b", "x" * 300, "é", '"}', "", "a\tb"])
def test_a_request_id_that_could_forge_a_log_line_is_replaced(api, unsafe):
    reply = api.anonymous.get("/users/me/", headers={"X-Request-Id": unsafe})
    assert reply.headers["X-Request-Id"] != unsafe
    assert reply.expect(401)["request_id"] == reply.headers["X-Request-Id"]


def test_no_secret_reaches_the_log(server, api):
    """Passwords and tokens driven through every way in, good and bad, leave no trace (T20)."""
    canary = f"Canary-{secrets.token_hex(8)}"
    person = api.new_guest("careful")
    session = person.sign_in()
    tokens = [session["access_token"], session["refresh_token"]]
    anonymous = api.anonymous
    for body in (
        {"username": person.username, "password": canary},
        {"username": canary, "password": canary},
        {"password": canary},
        canary,
    ):
        assert anonymous.post("/auth/login/", body).status in (401, 422)
    anonymous.post(
        "/auth/login/", body=b'{"password": "' + canary.encode(), headers={"Content-Type": "application/json"}
    ).expect(400)
    anonymous.post("/users/", {"username": "x", "email": canary, "password": canary, "display_name": "X"}).expect(422)
    anonymous.get(f"/users/me/?token={canary}&access_token={tokens[0]}")
    anonymous.get("/users/me/", headers={"Authorization": f"Bearer {canary}"}).expect(401)
    anonymous.get("/users/me/", headers={"Authorization": f"Basic {canary}", "Cookie": f"__Host-roost_access={canary}"})
    changed = person.post(
        "/auth/password/change/", {"current_password": person.password, "new_password": canary}
    ).expect(200)
    person.password = canary
    person._token = changed["access_token"]
    tokens += [changed["access_token"], changed["refresh_token"]]
    anonymous.post("/auth/refresh/", {"refresh_token": changed["refresh_token"]}).expect(200)
    mine = f"last-{secrets.token_hex(6)}"
    person.get("/users/me/", headers={"X-Request-Id": mine}).expect(200)
    wait_until(lambda: mine in server.log_text(), 10, "the last request in the log")
    text = server.log_text() + server.get("/metrics").body.decode()
    for secret in [canary, person.password, *tokens]:
        assert secret not in text, (
            "a secret is in the log: " + next(line for line in text.splitlines() if secret in line)[:500]
        )


# ---------------------------------------------------------------------------------------------------- command line


def test_what_fails_in_the_background_is_named(start_server, new_database, new_redis):
    database = new_database()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table account_token rename to elsewhere")
    server = start_server(database, new_redis(), ROOST_JOBS_IN_PROCESS="false")
    said = wait_until(lambda: [e for e in server.log() if "could not be" in e["message"]], 10, "a warning")
    assert [e["message"] for e in said] == ["what expired long ago could not be deleted"]
    assert server.get("/.well-known/jwks.json").expect(200)["keys"], "the keys are well"
    server.close()


def test_migrating_twice_at_once_from_two_nodes_is_migrating_once(binary, postgres_url, new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:  # from nothing
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    done = []
    nodes = [
        threading.Thread(target=lambda: done.append(run(binary, "migrate", "up", ROOST_DATABASE_URL=url)))
        for _ in range(4)
    ]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert [d.returncode for d in done] == [0] * 4, [d.stdout for d in done]
    applied = "".join(d.stdout for d in done).count("applied 0001")
    assert applied == 1, [d.stdout for d in done]
    assert run(binary, "migrate", "verify", ROOST_DATABASE_URL=url).returncode == 0
    assert "pending" not in run(binary, "migrate", "status", ROOST_DATABASE_URL=url).stdout


def test_a_database_of_another_release_is_not_served(binary, postgres_url, new_database, new_redis):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    refused = run(binary, "serve", ROOST_DATABASE_URL=url, ROOST_REDIS_URL=new_redis(), ROOST_HTTP_PORT="0")
    assert refused.returncode == 1
    assert "roost migrate up" in refused.stdout


def test_settings_are_named_when_wrong_and_hidden_when_secret(binary):
    wrong = run(binary, "config", ROOST_HTTP_PORT="http", ROOST_LOG_LEVEL="loud")
    assert wrong.returncode == 2
    assert "ROOST_HTTP_PORT" in wrong.stdout and "ROOST_LOG_LEVEL" in wrong.stdout
    shown = run(
        binary, "config", ROOST_DATABASE_URL="postgresql://u:hunter2hunter2@h/d", ROOST_AUTH_SECRET="hunter2hunter2"
    )
    assert shown.returncode == 0 and "hunter2" not in shown.stdout
    help_text = run(binary, "config", "--help").stdout
    for name in (
        "ROOST_DATABASE_URL",
        "ROOST_REDIS_URL",
        "ROOST_HTTP_PORT",
        "ROOST_HTTP_WRITE_TIMEOUT_MS",
        "ROOST_AUTH_SECRET",
    ):
        assert name in help_text


def test_settings_of_whoever_runs_the_tests_reach_no_server(start_server, new_database, new_redis, binary, monkeypatch):
    assert run(binary, "config", ROOST_LOG_LEVEL="loud").returncode == 2, "the control: no program starts with it"
    monkeypatch.setenv("ROOST_LOG_LEVEL", "loud")
    start_server(new_database(), new_redis()).close()


# ------------------------------------------------------------------------------------------------------- HTTP ways


def test_paths_are_served_with_and_without_their_last_slash(api, make):
    listing = make.listing()
    for path in (f"/properties/{listing['id']}/", "/amenities/"):
        with_slash, without = api.anonymous.get(path), api.anonymous.get(path[:-1])
        assert (with_slash.status, with_slash.body) == (without.status, without.body) == (200, with_slash.body)
    results = [api.anonymous.get(path).expect(200)["results"] for path in ("/properties/?limit=5", "/properties?limit=5")]
    assert results[0] == results[1] != []


def test_a_reply_is_not_sent_again_to_who_has_it(api, make):
    listing = make.listing(api.as_host("etag"))
    path = f"/properties/{listing['id']}/"
    first = api.anonymous.get(path)
    tag = first.headers["ETag"]
    again = api.anonymous.get(path, headers={"If-None-Match": tag})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    api.as_host("etag").patch(path, {"title": "A title that nobody has seen"}).expect(200)
    changed = api.anonymous.get(path, headers={"If-None-Match": tag})
    assert changed.status == 200 and changed.headers["ETag"] != tag


def test_larger_replies_are_compressed_for_who_asks(api, server):
    plain = server.get("/openapi.json")
    assert "Content-Encoding" not in plain.headers
    packed = server.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    assert "accept-encoding" in packed.headers["Vary"].lower()
    assert server.get("/openapi.json", headers={"Accept-Encoding": "br, gzip"}).headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in server.get("/openapi.json", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_a_setting_says_from_which_size_on_replies_are_compressed(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis(), ROOST_HTTP_COMPRESSION_MIN_BYTES="10000000")
    assert "Content-Encoding" not in server.get("/openapi.json", headers={"Accept-Encoding": "gzip"}).headers
    server.close()


def test_browsers_that_came_by_tls_come_by_tls_again(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis(), ROOST_HTTP_TRUSTED_PROXIES="127.0.0.1")
    for path in ("/healthz", "/nothing", "/api/v1/amenities/"):
        safe = server.get(path, headers={"X-Forwarded-Proto": "https"})
        assert int(re.fullmatch(r"max-age=(\d+)", safe.headers["Strict-Transport-Security"])[1]) >= 15_768_000
        for plain in ({}, {"X-Forwarded-Proto": "http"}):
            assert "Strict-Transport-Security" not in server.get(path, headers=plain).headers
    server.close()


def test_a_setting_says_by_which_names_it_is_called(start_server, new_database, new_redis, server):
    strangers = ("evil.example", "api.example.evil.example", "evil.example:80", "api", "[::2]", "api.example@evil.example")
    named = start_server(new_database(), new_redis(), ROOST_HTTP_HOSTS="api.example,[::1],127.0.0.1")
    for host in ("api.example", "API.Example:8443", "[::1]", "[::1]:80", "127.0.0.1:1"):
        assert named.get("/healthz", headers={"Host": host}).status == 200, host
    for host in strangers:
        refused = named.get("/healthz", headers={"Host": host})
        assert (refused.status, refused.code) == ((400, "malformed") if "@" in host else (421, "misdirected")), host
    assert named.get("http://evil.example/healthz", headers={"Host": "api.example"}).status == 421
    assert named.get("http://api.example:80/healthz", headers={"Host": "evil.example"}).status == 200
    assert server.get("/healthz", headers={"Host": "evil.example"}).status == 200, "without the setting any will do"
    named.close()


def test_replies_that_are_somebodys_are_kept_by_nobody_else(api, make):
    guest = api.as_guest()
    assert "private" in guest.get("/users/me/").headers["Cache-Control"]
    assert api.anonymous.get("/users/me/").headers["Cache-Control"] == "no-store"
    login = api.anonymous.post("/auth/login/", {"username": guest.username, "password": guest.password})
    assert login.headers["Cache-Control"] == "no-store"


def test_other_origins_get_nothing_unless_a_setting_names_them(start_server, new_database, new_redis, server):
    ours = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
    assert "Access-Control-Allow-Origin" not in server.options("/api/v1/users/me/", headers=ours).headers
    friendly = start_server(new_database(), new_redis(), ROOST_HTTP_CORS_ORIGINS="https://app.example")
    allowed = friendly.options("/api/v1/users/me/", headers=ours)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "PATCH" in allowed.headers["Access-Control-Allow-Methods"]
    stranger = friendly.get("/api/v1/amenities/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    friendly.close()
