"""Whatever is sent, the answer to bad input is a problem that names the fault – never a 5xx, never a dropped connection.

The cases are generated from the server's own contract: a new operation or field is covered without a line here.
"""

import gzip
import http.client
import json
import secrets
import socket
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.client import Reply
from support.contract import Contract, replaced

REFUSED = range(400, 500)


@pytest.fixture(scope="module")
def contract(server):
    return Contract(server.get("/openapi.json").expect(200))


def pytest_generate_tests(metafunc):
    if "area" in metafunc.fixturenames:
        metafunc.parametrize("area", ["users", "auth", "properties", "bookings", "other"])


def in_area(contract, area, wanted=lambda op: True):
    def area_of(op):
        first = op.path.split("/")[1]
        return first if first in ("users", "auth", "properties", "bookings") else "other"

    return [op for op in contract.operations if area_of(op) == area and wanted(op)]


@pytest.fixture(scope="module")
def caller(api, make):
    """Sends one operation as somebody who may use it, about things that exist."""
    return Caller(api, make)


class Caller:
    def __init__(self, api, make):
        self.api = api
        self.person = api.new_host("fuzz")
        self.listing = make.listing(self.person)
        self.booking = make.booking(make.listing(api.as_host("other")), self.person)

    def ids(self, operation):
        known = {"property_id": self.listing["id"], "booking_id": self.booking["id"], "user_id": self.person.id}
        return {name: known.get(name, "0193e0a0-0000-7000-8000-00000000abcd") for name in operation.path_parameters}

    def send(self, operation, body=None, query="", headers=None, target=None):
        """`body` is bytes. An operation that signs its caller out is followed by a new sign-in."""
        headers = {"Content-Type": "application/json" if body is not None else None, **(headers or {})}
        if operation.needs_key:
            headers.setdefault("Idempotency-Key", secrets.token_hex(16))
        reply = self.person.request(operation.method, (target or operation.target(**self.ids(operation))) + query, body=body, headers=headers)
        if reply.status < 300 and operation.path.startswith(("/auth/", "/users/me/")) and operation.writes:
            self.person = self.api.new_host("fuzz")
        return reply

    def send_json(self, operation, value):
        return self.send(operation, json.dumps(value).encode())


def assert_refused(reply, *, what, statuses=REFUSED):
    assert reply.status in statuses, f"{what}: {reply}"
    problem = reply.problem
    for error in problem.get("errors", []):
        assert error.keys() >= {"pointer", "code", "detail"}, f"{what}: {reply}"


def assert_not_our_fault(reply, *, what):
    assert reply.status < 500, f"{what}: {reply}"
    if reply.status >= 400:
        reply.problem


def as_pointer(steps):
    return "".join(f"/{step}" for step in steps)


def names(reply, steps):
    """Whether the problem points at the member, at something inside it or at what it stands in."""
    pointer = as_pointer(steps)
    return any(pointer.startswith(p) or p.startswith(pointer) for p in reply.pointers)


def shown(value):
    text = json.dumps(value)
    return text if len(text) < 200 else text[:200] + "…"


def test_every_member_of_every_body_refuses_what_its_schema_refuses(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        base = contract.example(op.body)
        refused = 0
        for steps, schema in contract.members(op.body):
            for value in contract.wrong_values(schema):
                body = replaced(base, steps, value)
                what = f"{op}: {as_pointer(steps)} = {shown(value)}"
                reply = caller.send_json(op, body)
                assert_not_our_fault(reply, what=what)
                if contract.faults(value, schema):
                    assert_refused(reply, what=what, statuses=(400, 422))
                    assert reply.status == 400 or names(reply, steps), f"{what}: the fault is not named: {reply}"
                    refused += reply.status == 422
        assert refused >= 10, f"{op}: only {refused} values were refused, so this proves nothing"


def test_unknown_and_missing_members_are_named(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        base = contract.example(op.body)
        reply = caller.send_json(op, {**base, "no_such_member": 1})
        assert_refused(reply, what=op, statuses=(422,))
        assert "/no_such_member" in reply.pointers, reply
        required = contract.resolve(op.body).get("required", [])
        reply = caller.send_json(op, {k: v for k, v in base.items() if k not in required})
        if required:
            assert_refused(reply, what=op, statuses=(422,))
            assert set(reply.pointers) >= {f"/{name}" for name in required}, reply


BROKEN_BODIES = {
    "nothing": b"",
    "white space": b"  \n",
    "an open object": b"{",
    "a closed object": b"}",
    "a trailing comma": b'{"a": 1,}',
    "a single quote": b"{'a': 1}",
    "a comment": b'{"a": 1} // c',
    "two values": b"{} {}",
    "NaN": b'{"a": NaN}',
    "a bare word": b"hello",
    "a list": b"[]",
    "a string": b'"x"',
    "a number": b"7",
    "null": b"null",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "bad UTF-8 in a string": b'{"a": "\xff\xfe"}',
    "an overlong encoding": b'{"a": "\xc0\xaf"}',
    "an encoded surrogate": b'{"a": "\xed\xa0\x80"}',
    "half an escaped surrogate": b'{"a": "\\ud800"}',
    "NUL": b'{"a": "\0"}',
    "NUL outside": b"\0",
    "a control character": b'{"a": "\x01"}',
    "nested lists": b"[" * 50_000 + b"]" * 50_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "unclosed lists": b"[" * 200_000,
    "a huge number": b'{"a": ' + b"9" * 100_000 + b"}",
    "a huge exponent": b'{"a": 1e999999999}',
    "gzip": gzip.compress(b'{"a": 1}'),
}


def test_broken_bodies_are_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        for what, body in BROKEN_BODIES.items():
            assert_refused(caller.send(op, body), what=f"{op}: {what}", statuses=(400, 422))


def test_a_member_given_twice_is_refused_or_read_once(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        for name in contract.resolve(op.body).get("properties", {}):
            twice = '{"%s": null, "%s": [[]]}' % (name, name)
            assert_refused(caller.send(op, twice.encode()), what=f"{op}: {twice}", statuses=(400, 422))


def test_huge_bodies_are_refused_before_they_are_read(area, contract, caller, server):
    for op in in_area(contract, area, lambda op: op.body):
        body = b'{"a": "' + b"x" * 8_000_000 + b'"}'
        assert_refused(caller.send(op, body), what=op, statuses=(413,))
        assert server.get("/healthz").status == 200


def test_other_content_types_are_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        body = json.dumps(contract.example(op.body)).encode()
        for content_type in ("text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                             "application/jsonp", "application/json/x", "", "json", "*/*", None):
            reply = caller.send(op, body, headers={"Content-Type": content_type})
            assert_refused(reply, what=f"{op}: {content_type!r}", statuses=(400, 415))


def test_an_encoded_body_is_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        body = gzip.compress(json.dumps(contract.example(op.body)).encode())
        assert_refused(caller.send(op, body, headers={"Content-Encoding": "gzip"}), what=op, statuses=(400, 415, 422))


def test_a_body_where_none_belongs_is_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: not op.body and op.writes):
        assert_refused(caller.send(op, b'{"a": 1}'), what=op)


QUERY_VALUES = ["", "x", "-1", "0", "1.5", "1e9", "99999999999999999999", "true", "null", "[]", "%00", "%FF", "%C0%AF", "%ED%A0%80", "%", "%2", "%zz", "%u0041",
                "a" * 5000, "," * 500, "1,2,3", "nan", "inf", "-inf", "1e400", "2026-02-30", "2026-01-01T00:00:00", "'", '"', "%27%20or%201=1--", "\\", "%0d%0aX:%201",
                "*", "a:*%20%26%20!b", "%25%25%25", "_", "..%2f..%2f", "🏠".encode().hex(), urllib.parse.quote("🏠ß\u202e")]


def test_every_query_parameter_survives_every_value(area, contract, caller):
    for op in in_area(contract, area):
        for name, parameter in op.parameters("query").items():
            for value in QUERY_VALUES:
                what = f"{op}: ?{name}={value[:80]}"
                assert_not_our_fault(caller.send(op, query=f"?{name}={value}"), what=what)
            if contract.kind(parameter["schema"]) in ("integer", "number", "boolean") or "format" in parameter["schema"]:
                assert_refused(caller.send(op, query=f"?{name}=x"), what=f"{op}: ?{name}=x", statuses=(422,))
            for value in ("%FF", "%zz"):
                assert_refused(caller.send(op, query=f"?{name}={value}"), what=f"{op}: ?{name}={value}", statuses=(400, 422))


def test_query_parameters_that_do_not_exist_or_come_twice_are_refused(area, contract, caller):
    for op in in_area(contract, area):
        reply = caller.send(op, query="?no_such_parameter=1")
        if op.method == "GET":
            assert_refused(reply, what=op, statuses=(422,))
            assert reply.pointers == ["no_such_parameter"], reply
        else:
            assert_refused(reply, what=op)
        for name, parameter in op.parameters("query").items():
            example = contract.example(parameter["schema"])
            value = urllib.parse.quote(",".join(map(str, example)) if isinstance(example, list) else str(example))
            assert_refused(caller.send(op, query=f"?{name}={value}&{name}={value}"), what=f"{op}: {name} twice", statuses=(400, 422))


def test_cursors_are_opaque_but_not_trusted(area, contract, caller):
    for op in in_area(contract, area, lambda op: "cursor" in op.parameters("query")):
        for cursor in ("x", "AAAA", "eyJpZCI6MX0", "-", "=" * 8, "%00", "a" * 4000, "MjAyNi0wMS0wMVQwMDowMDowMFo", "' or 1=1", "eyJpZCI6IicgT1IgMT0xIn0="):
            assert_refused(caller.send(op, query=f"?cursor={urllib.parse.quote(cursor, safe='%')}"), what=f"{op}: {cursor[:60]}", statuses=(400, 422))


BAD_IDS = ["x", "0", "-1", "1", "%00", "%FF", "%", "%zz", "null", "..", ".", "%2e%2e", "%2f", "a" * 3000, "0193e0a0-0000-7000-8000-00000000abcg", "0193e0a0000070008000-00000000abcd",
           "0193e0a0-0000-7000-8000-00000000abcd0", "{0193e0a0-0000-7000-8000-00000000abcd}", "%20", "'%20or%201=1--", "*", "me%00", "🏠"]


def test_what_is_no_id_names_nothing(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.path_parameters):
        for name in op.path_parameters:
            for value in BAD_IDS:
                target = op.target(**{**caller.ids(op), name: value}).encode().decode("latin-1")
                body = json.dumps(contract.example(op.body)).encode() if op.body else None
                reply = caller.send(op, body, target=target)
                assert_refused(reply, what=f"{op}: {name} = {value[:60]}", statuses=(400, 404, 405))


def test_headers_that_make_no_sense_are_refused_or_ignored(area, contract, caller):
    headers = [{"Accept": "text/html"}, {"Accept": "\xff"}, {"If-Match": "x"}, {"If-Match": "W/\"1\""}, {"If-None-Match": "\"" + "a" * 4000}, {"Idempotency-Key": ""},
               {"Idempotency-Key": "k" * 300}, {"Idempotency-Key": "a\tb"}, {"Idempotency-Key": "\xe9"}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"},
               {"Authorization": "Bearer " + "a" * 8000}, {"Authorization": "\xff\xfe"}, {"Cookie": "=;;=\x7f"}, {"X-Request-Id": "a b\tc" * 50}, {"traceparent": "00-x-y-z"},
               {"Range": "bytes=0-1"}, {"X-Forwarded-For": "' or 1=1, ::1"}, {"Origin": "null"}, {"Host": "evil.example"}, {"Expect": "something"}]
    for op in in_area(contract, area):
        if op.name in ("DELETE /users/me/", "POST /auth/logout/", "POST /auth/logout-all/"):
            continue  # most of these headers are ignored, so it would be done, and each time need somebody new
        body = json.dumps(contract.example(op.body)).encode() if op.body else None
        for header in headers:
            assert_not_our_fault(caller.send(op, body, headers=header), what=f"{op}: {header}")


def test_methods_that_a_path_does_not_have_are_named(area, contract, caller):
    paths = {}
    for op in in_area(contract, area):
        paths.setdefault(op.path, []).append(op)
    for path, operations in paths.items():
        allowed = {op.method for op in operations}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"} - allowed:
            reply = caller.person.request(method, operations[0].target(**caller.ids(operations[0])))
            assert_refused(reply, what=f"{method} {path}", statuses=(405, 501) if method not in ("BREW", "get") else (400, 405, 501))
            if reply.status == 405:
                assert {m.strip() for m in reply.headers["Allow"].split(",")} >= allowed, reply


def test_a_connection_survives_a_thousand_refusals(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.connect()
    local = connection.sock.getsockname()
    for i in range(1000):
        body = list(BROKEN_BODIES.values())[i % 20][:2000]
        connection.request("POST", "/api/v1/auth/login/", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        assert_refused(Reply(f"login {i}", reply, reply.read()), what=body[:60])
    assert connection.sock is not None and connection.sock.getsockname() == local
    connection.close()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer_or_a_closed_connection_and_harm_nobody(server, noise):
    with socket.create_connection(("127.0.0.1", server.port), 10) as s:
        s.sendall(noise + b"\r\n\r\n")
        s.shutdown(socket.SHUT_WR)
        s.settimeout(10)
        answer = b""
        try:
            while more := s.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
    assert answer == b"" or answer.startswith(b"HTTP/1."), answer[:200]
    assert not answer.startswith(b"HTTP/1.1 5") or answer.startswith((b"HTTP/1.1 501", b"HTTP/1.1 505")), answer[:300]
    assert server.get("/healthz").status == 200


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_json_in_any_body_is_no_fault_of_ours(contract, caller, data):
    op = data.draw(st.sampled_from([op for op in contract.operations if op.body]))
    base = contract.example(op.body)
    members = list(contract.members(op.body))
    body = data.draw(json_values)
    if members and data.draw(st.booleans()):
        body = replaced(base, data.draw(st.sampled_from(members))[0], body)
    text = json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode(errors="surrogatepass")
    assert_not_our_fault(caller.send(op, text), what=f"{op}: {text[:300]}")


# Texts that a careless layer would change, split, execute or lose.
AWKWARD = ["plain", "O'Brien; drop table property; --", '"double" \\back\\slash\\', "100% _sure_ %s $1 {0} {{7*7}}", "<script>alert(1)</script> &amp; <b>", "=cmd|' /C calc'!A0",
           "Größe – ñandú œuvre", "日本語の家", "بيت للإيجار", "\u202eright to left", "🏠👩‍👩‍👧‍👦🇰🇪", "e\u0301 is not é", "zero\u200bwidth\ufeff", "line\u2028separator", "a  b   c", "*3\r\n$3\r\nSET",
           "two\nlines\tand a tab", "null", "true", "0012", "1e5", "\x7f\u0080\u009f", "\U0010ffff", "\ufffd", "..//..\\", "(a|b)*[c]{2}^$", "a&b=c#d?e+f%20"]


@pytest.mark.parametrize("text", AWKWARD)
def test_texts_come_back_as_they_were_sent(text, contract, api, make):
    """Every free text that can be written, through every operation whose reply shows it."""
    host = api.as_host("scribe")
    draft = make.draft(host)
    patch = next(op for op in contract.operations if op.name == "PATCH /properties/{property_id}/")
    free = [n for n, s in contract.resolve(patch.body)["properties"].items() if contract.kind(s) == "string" and not {"enum", "format", "pattern"} & contract.resolve(s).keys()]
    assert {"title", "description"} <= set(free)
    seen = 0
    for name in free:
        reply = host.patch(f"/properties/{draft['id']}/", {name: text})
        if reply.status == 200:
            assert reply.json[name] == text
            assert host.get(f"/properties/{draft['id']}/").expect(200)[name] == text
            seen += 1
        else:
            reply.expect(422, "invalid_input")
    assert seen >= 2
    reply = api.as_guest("scribe").patch("/users/me/", {"display_name": text, "bio": text})
    if reply.status == 200:
        assert (reply.json["display_name"], reply.json["bio"]) == (text, text)
    else:
        reply.expect(422, "invalid_input")


@pytest.mark.parametrize("text", AWKWARD)
def test_texts_in_searches_find_only_what_holds_them(text, api, make, server):
    listing = make.listing(api.as_host("scribe"), description="An honest place without surprises.")
    reply = api.anonymous.get("/properties/?" + urllib.parse.urlencode({"q": text, "limit": 5}))
    assert_not_our_fault(reply, what=text)
    for name in ("city", "ordering", "amenities", "bbox", "near"):
        assert_not_our_fault(api.anonymous.get("/properties/?" + urllib.parse.urlencode({name: text})), what=f"{name}: {text}")
    assert api.anonymous.get(f"/properties/{listing['id']}/").status == 200
