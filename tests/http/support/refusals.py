"""Sending bad input, and what an answer to it must be."""

import json
import secrets

REFUSED = range(400, 500)
AREAS = ["users", "auth", "properties", "bookings", "reviews", "other"]


def in_area(contract, area, wanted=lambda op: True):
    def area_of(op):
        first = op.path.split("/")[1]
        return first if first in AREAS else "other"

    return [op for op in contract.operations if area_of(op) == area and wanted(op)]


class Caller:
    """Sends one operation as somebody who may use it, about things that exist."""

    def __init__(self, api, make):
        self.api = api
        self.person = api.new_host("fuzz")
        self.listing = make.listing(self.person)
        self.booking = make.booking(make.listing(api.as_host("other")), self.person)

    def ids(self, operation):
        known = {"property_id": self.listing["id"], "booking_id": self.booking["id"], "user_id": self.person.id}
        return {name: known.get(name, "0193e0a0-0000-7000-8000-00000000abcd") for name in operation.path_parameters}

    def send(self, operation, body=None, query="", headers=None, target=None):
        """`body` is bytes. An operation that signs its caller out is followed by a new sign-in; one for admins is sent
        by one."""
        headers = {"Content-Type": "application/json" if body is not None else None, **(headers or {})}
        if operation.needs_key:
            headers.setdefault("Idempotency-Key", secrets.token_hex(16))
        where = (target or operation.target(**self.ids(operation))) + query
        reply = self.person.request(operation.method, where, body=body, headers=headers)
        if reply.status == 403 and b"needs the role admin" in reply.body:
            reply = self.api.as_admin().request(operation.method, where, body=body, headers=headers)
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
