"""The contract says what the server does."""

import json
import os
import subprocess
import urllib.parse

from support.people import PASSWORD


def test_the_binary_prints_the_contract_it_serves(contract, server, binary):
    printed = subprocess.run(
        [binary, "openapi"], env={**os.environ, **server.environment}, capture_output=True, check=True, timeout=60
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


def test_a_search_with_every_example_is_understood(contract, api):
    search = next(op for op in contract.operations if op.name == "GET /properties/")
    values = {
        name: p["schema"]["examples"][0] for name, p in search.parameters("query").items() if "examples" in p["schema"]
    }
    assert {"q", "city", "bbox", "check_in", "check_out", "amenities"} <= values.keys()
    query = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
    api.anonymous.get("/properties/?" + urllib.parse.urlencode(query)).expect(200)
