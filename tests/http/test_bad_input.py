"""Whatever a body holds, the answer to bad input is a problem that names the fault – never a 5xx.

The cases are generated from the server's own contract: a new operation or field is covered without a line here.
"""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.contract import replaced
from support.refusals import AREAS, as_pointer, assert_not_our_fault, assert_refused, in_area, names, shown

each_area = pytest.mark.parametrize("area", AREAS)


@each_area
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


@each_area
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


@each_area
def test_broken_bodies_are_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        for what, body in BROKEN_BODIES.items():
            assert_refused(caller.send(op, body), what=f"{op}: {what}", statuses=(400, 422))


@each_area
def test_a_member_given_twice_is_refused_or_read_once(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        for name in contract.resolve(op.body).get("properties", {}):
            twice = '{"%s": null, "%s": [[]]}' % (name, name)
            assert_refused(caller.send(op, twice.encode()), what=f"{op}: {twice}", statuses=(400, 422))


@each_area
def test_huge_bodies_are_refused_before_they_are_read(area, contract, caller, server):
    for op in in_area(contract, area, lambda op: op.body):
        body = b'{"a": "' + b"x" * 8_000_000 + b'"}'
        assert_refused(caller.send(op, body), what=op, statuses=(413,))
        assert server.get("/healthz").status == 200


@each_area
def test_other_content_types_are_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        body = json.dumps(contract.example(op.body)).encode()
        for content_type in (
            "text/plain",
            "text/json",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/json/x",
            "",
            "json",
            "*/*",
            None,
        ):
            reply = caller.send(op, body, headers={"Content-Type": content_type})
            assert_refused(reply, what=f"{op}: {content_type!r}", statuses=(400, 415))


@each_area
def test_an_encoded_body_is_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: op.body):
        body = gzip.compress(json.dumps(contract.example(op.body)).encode())
        assert_refused(caller.send(op, body, headers={"Content-Encoding": "gzip"}), what=op, statuses=(400, 415, 422))


@each_area
def test_a_body_where_none_belongs_is_refused(area, contract, caller):
    for op in in_area(contract, area, lambda op: not op.body and op.writes):
        assert_refused(caller.send(op, b'{"a": 1}'), what=op)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


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
