"""The contract says what the server does."""

import json
import secrets
import subprocess
import urllib.parse

from support.make import new_property
from support.people import PASSWORD
from support.processes import without_settings


def test_the_binary_prints_the_contract_it_serves(contract, server, binary):
    printed = subprocess.run(
        [binary, "openapi"], env={**without_settings(), **server.environment}, capture_output=True, check=True, timeout=60
    )
    assert json.loads(printed.stdout) == contract.document


def test_examples_fit_their_schemas(contract):
    for op in contract.operations:
        for name, parameter in op.parameters("query").items():
            for example in parameter["schema"].get("examples", []):
                assert contract.faults(example, parameter["schema"]) == [], f"{op} ?{name}"
        if op.body:
            assert contract.faults(contract.example(op.body), op.body) == [], op


def test_the_cookie_that_signs_in_has_the_name_the_contract_gives(contract, api):
    guest = api.as_guest()
    scheme = contract.document["components"]["securitySchemes"]["cookie"]
    reply = api.anonymous.post("/auth/login/", {"username": guest.username, "password": PASSWORD, "cookies": True})
    reply.expect(200)
    cookies = dict(c.split(";")[0].split("=", 1) for c in reply.headers.get_all("Set-Cookie"))
    assert scheme == {"type": "apiKey", "in": "cookie", "name": scheme["name"]} and scheme["name"] in cookies
    cookie = {"Cookie": f"{scheme['name']}={cookies[scheme['name']]}"}
    assert api.anonymous.get("/users/me/", headers=cookie).expect(200)["id"] == guest.id


def test_operations_need_a_sign_in_exactly_where_the_contract_says(contract, api):
    for op in contract.operations:
        must_sign_in = op.raw["security"] and {} not in op.raw["security"]
        body = contract.example(op.body) if op.body else None
        headers = {"Content-Type": "application/json"} if op.body else {}
        reply = api.anonymous.request(
            op.method, op.any_target(), body=json.dumps(body).encode() if op.body else None, headers=headers
        )
        refused = reply.status == 401 and reply.code == "not_signed_in"
        assert refused == bool(must_sign_in), f"{op}: {reply}"


def test_what_any_request_may_be_answered_is_listed(contract, api):
    for op in contract.operations:
        for query, headers, status in (("?no_such_parameter=1", {}, 422), ("", {"Accept": "image/png"}, 406)):
            reply = api.as_admin().request(op.method, op.any_target() + query, headers=headers)
            assert str(reply.status) in op.raw["responses"], f"{op}: {reply}"
            assert str(status) in op.raw["responses"], f"{op}: {status}"
            if status == 406 or not op.parameters("query").keys() - {"fields"}:  # others read theirs last
                reply.expect(status)


def test_heads_are_as_the_contract_says(contract, api, make):
    """Of an operation of each kind: that the contract names what comes, and what may be sent."""
    operations = {op.name: op for op in contract.operations}
    named = ("ETag", "Location", "Idempotent-Replayed")

    def known(name, reply):
        response = operations[name].raw["responses"][str(reply.status)]
        headers = response.get("headers", {})
        document = contract.document["components"]["headers"]
        always = {h for h, to in headers.items() if document[to["$ref"].rsplit("/", 1)[1]]["required"]}
        sent = {h for h in named if h in reply.headers}
        assert always <= sent <= headers.keys(), f"{name}: {reply}"
        return sent

    host = api.new_host()
    key = {"Idempotency-Key": secrets.token_hex(16)}
    body = new_property()
    assert known("POST /properties/", host.post("/properties/", body, headers=key)) == {"Location", "ETag"}
    again = host.post("/properties/", body, headers=key)
    assert known("POST /properties/", again) == {"Location", "ETag", "Idempotent-Replayed"}
    where, one = f"/properties/{again.json['id']}/", "/properties/{property_id}/"
    seen = host.get(where)
    assert known(f"GET {one}", seen) == {"ETag"}
    fresh = host.get(where, headers={"If-None-Match": seen.headers["ETag"]})
    assert fresh.status == 304 and known(f"GET {one}", fresh) == {"ETag"}
    assert "If-None-Match" in operations[f"GET {one}"].parameters("header")
    assert known("GET /properties/", api.anonymous.get("/properties/?limit=1")) == set()
    assert "304" not in operations["GET /properties/"].raw["responses"]
    for status in ("unlisted", "deleted"):
        host.post("/properties/", new_property(status=status)).expect(409, "wrong_state")
    assert "wrong_state" in operations["POST /properties/"].raw["responses"]["409"]["description"]


def test_what_passes_by_waiting_says_when(contract, api_of, start_server, new_database, new_redis):
    limits = {"Retry-After", "RateLimit", "RateLimit-Policy"}
    for op in contract.operations:
        for status, named in (("429", limits), ("503", {"Retry-After"})):
            if response := op.raw["responses"].get(status):
                assert response["headers"].keys() == named, f"{op}: {status}"
    guest = api_of(start_server(new_database(), new_redis(), ROOST_LIMITS_VERIFY_ACCOUNT="1")).new_guest()
    guest.post("/auth/verify-email/resend/").expect(204)
    refused = guest.post("/auth/verify-email/resend/")
    refused.expect(429, "too_many_requests")
    assert all(h in refused.headers for h in limits), refused


def test_every_media_type_of_a_body_is_taken(contract, api):
    for op in contract.operations:
        for media_type in op.raw.get("requestBody", {}).get("content", {}):
            headers = {"Content-Type": media_type}
            reply = api.as_guest().request(op.method, op.any_target(), body=b"[]", headers=headers)
            assert reply.status != 415, f"{op}: {media_type}"
        if op.method == "PATCH":
            assert "application/merge-patch+json" in op.raw["requestBody"]["content"], op


def test_a_search_with_every_example_is_understood(contract, api):
    search = next(op for op in contract.operations if op.name == "GET /properties/")
    values = {
        name: p["schema"]["examples"][0] for name, p in search.parameters("query").items() if "examples" in p["schema"]
    }
    assert {"q", "city", "bbox", "check_in", "check_out", "amenities"} <= values.keys()
    query = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
    api.anonymous.get("/properties/?" + urllib.parse.urlencode(query)).expect(200)
