"""Who may do what: every operation × every relation, as authorization.csv says (threats T5, T6, T7).

An operation of the contract without a row fails; so does a row without an operation.
"""

import json
import re
import secrets
import uuid

import pytest

from support.authorization import ROWS, read_table, valid_body
from support.world import Scene, World, absent

# Never the caller's to set, whatever the operation but these: a host prices a season, who writes a review gives stars.
THEIRS = {
    "/properties/{property_id}/seasons/": {"price"},
    "/properties/{property_id}/seasons/{season_id}/": {"price"},
    "/reviews/": {"rating"},
    "/reviews/{review_id}/": {"rating"},
    "/admin/payout-holds/": {"host_id"},
}
PRIVILEGED = {
    "id",
    "role",
    "roles",
    "is_admin",
    "host_id",
    "guest_id",
    "owner_id",
    "user_id",
    "price",
    "total",
    "paid",
    "payout",
    "host_payout",
    "verified",
    "email_verified",
    "rating",
    "rating_count",
    "created_at",
    "updated_at",
    "version",
    "expires_at",
    "password_hash",
    "deleted_at",
}


@pytest.fixture(scope="module")
def world(api, make):
    return World(api, make)


def operation_of(contract, row):
    return next(op for op in contract.operations if op.name == row.operation)


def ask(operation, scene, relation, world, ids=None, body=None):
    """The operation about the scene's thing, done by somebody who stands in that relation to it."""
    if body is None:
        body = valid_body(operation, Scene(ids, scene.people) if ids else scene, world)
    headers = {"Idempotency-Key": secrets.token_hex(16)} if operation.needs_key else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    target = operation.target(
        **{name: (ids or scene.ids).get(name, str(uuid.uuid4())) for name in operation.path_parameters}
    )
    return scene.people[relation].request(
        operation.method, target, body=None if body is None else json.dumps(body).encode(), headers=headers
    )


def check(operation, row, relation, world):
    """One cell of the matrix; raises AssertionError when the server does otherwise."""
    scene = world.scene(row.thing)
    reply = ask(operation, scene, relation, world)
    assert reply.status == row.expected[relation], f"{row} by {relation}: {reply}"
    assert str(reply.status) in operation.raw["responses"], f"{row}: {reply.status} is not in the contract"
    if reply.status < 400:
        schema = operation.answer(reply.status)
        assert (schema is None) == (reply.body == b""), reply
        if schema is not None:
            assert operation.contract.faults(reply.json, schema) == [], reply
    else:
        assert operation.contract.faults(reply.problem, {"$ref": "#/components/schemas/Problem"}) == [], reply
    if relation in ("anonymous", "stranger") or reply.status >= 400:
        for canary in scene.canaries:
            assert canary not in reply.body.decode(), f"{row}: {relation} sees what is not theirs: {reply}"
    if reply.status in (404, 422):
        nothing = ask(operation, scene, relation, world, ids=absent(scene.ids))
        assert anonymised(reply) == anonymised(
            nothing
        ), f"{row}: {relation} can tell a foreign thing from an absent one"


def anonymised(reply):
    """Status, head and body without what differs between any two requests."""
    ids = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    body = json.loads(ids.sub(b"ID", reply.body))
    body.pop("request_id")
    varying = {"x-request-id", "date", "content-length", "server-timing", "ratelimit", "ratelimit-policy"}
    return reply.status, sorted((k.lower(), v) for k, v in reply.headers.items() if k.lower() not in varying), body


def unlisted(contract, rows):
    return {op.name for op in contract.operations} ^ {row.operation for row in rows}


def test_every_operation_has_its_rows(contract):
    assert unlisted(contract, ROWS) == set()


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_operations_answer_each_relation_as_the_table_says(row, contract, world):
    for relation in row.expected:
        check(operation_of(contract, row), row, relation, world)


def test_the_check_can_fail(contract, world):
    """Control: each of these tables is wrong in one place, and the check says so."""
    public = next(
        row for row in read_table() if row.operation == "GET /properties/{property_id}/" and row.thing == "draft"
    )
    operation = operation_of(contract, public)
    for relation, wrong in (("anonymous", 200), ("stranger", 403), ("owner", 404), ("admin", 401)):
        public.expected[relation] = wrong
        with pytest.raises(AssertionError):
            check(operation, public, relation, world)
    assert unlisted(contract, ROWS[1:] if ROWS[0].operation != ROWS[1].operation else ROWS[2:]) == {ROWS[0].operation}

    scene = world.scene("draft")
    assert scene.canaries[0] in ask(operation, scene, "owner", world).body.decode(), "a canary is there to be seen"


# --------------------------------------------------------------------------------------------- tricks with requests

GUARDED = [row for row in ROWS if row.expected.get("stranger") in (403, 404) and "{" in row.operation]


def spellings(target):
    """Other ways to write a path, of which a careless layer understands one differently than the next."""
    bare = target.rstrip("/")
    whole = "/api/v1" + target
    yield bare
    yield target + "/"
    yield target + "."
    yield target + "./"
    yield target + "%2e/"
    yield bare + "%2f"
    yield bare + "/?"
    yield bare + ";admin=1/"
    yield bare + ".json"
    yield bare + "%00/"
    yield bare + "%20/"
    yield target.upper()
    yield target.replace("/", "//")
    yield target.replace("/", "%2f")
    yield "/." + target
    yield "/%2e" + target
    yield "/users/.." + target
    yield "/users/%2e%2e" + target
    yield "/users/%252e%252e" + target
    yield "".join(f"%{ord(c):02x}" if c.isalpha() else c for c in target)
    yield "".join(f"%25{ord(c):02x}" if c.isalpha() else c for c in target)
    yield target + "#/users/me/"
    yield f"/../..{whole}"


@pytest.mark.parametrize("row", GUARDED, ids=repr)
def test_no_spelling_of_a_path_opens_it(row, contract, world):
    operation = operation_of(contract, row)
    scene = world.scene(row.thing)
    before = scene.look()
    target = operation.target(**scene.ids)
    body = json.dumps(valid_body(operation, scene, world)).encode() if operation.body else None
    headers = {
        "Content-Type": "application/json" if body else None,
        "Idempotency-Key": secrets.token_hex(16) if operation.needs_key else None,
    }
    for spelling in spellings(target):
        for relation in ("anonymous", "stranger"):
            if relation not in row.expected or row.expected[relation] < 400:
                continue
            reply = scene.people[relation].request(operation.method, spelling, body=body, headers=headers)
            assert 400 <= reply.status < 500, f"{relation}: {reply}"
            assert not any(canary in reply.body.decode() for canary in scene.canaries), reply
    assert scene.look() == before


@pytest.mark.parametrize("row", GUARDED, ids=repr)
def test_no_method_and_no_override_header_opens_it(row, contract, world):
    operation = operation_of(contract, row)
    scene = world.scene(row.thing)
    before = scene.look()
    target = operation.target(**scene.ids)
    methods = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
    for method in methods:
        for relation in ("anonymous", "stranger"):
            reply = scene.people[relation].request(
                method, target, body=b"{}", headers={"Content-Type": "application/json"}
            )
            allowed = [
                r
                for r in ROWS
                if r.operation.startswith(method.replace("HEAD", "GET") + " ")
                and r.operation.split(" ", 1)[1] == operation.path
                and r.thing == row.thing
                and r.expected.get(relation, 404) < 400
            ]
            assert reply.status >= 400 or method == "OPTIONS" or allowed, f"{relation}: {reply}"
            assert not any(canary in reply.body.decode() for canary in scene.canaries), reply
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        for query in ("", f"?_method={operation.method}"):
            reply = world.stranger.request(
                "POST", target + query, body=b"{}", headers={"Content-Type": "application/json", name: operation.method}
            )
            assert reply.status >= 400, reply
    for header in (
        {"X-Original-URL": target},
        {"X-Rewrite-URL": target},
        {"X-User-Id": world.host.id},
        {"X-Forwarded-User": world.host.username},
        {"X-Role": "admin"},
        {"Cookie": "role=admin; is_admin=1"},
    ):
        reply = world.stranger.request(
            operation.method,
            target,
            body=b"{}" if operation.body else None,
            headers={"Content-Type": "application/json" if operation.body else None, **header},
        )
        assert 400 <= reply.status < 500, reply
    assert scene.look() == before


def test_head_says_no_more_than_get(contract, world):
    for row in ROWS:
        if row.operation.startswith("GET "):
            scene = world.scene(row.thing)
            target = operation_of(contract, row).target(**scene.ids)
            for relation in row.expected:
                get, head = (scene.people[relation].request(m, target) for m in ("GET", "HEAD"))
                assert (head.status, head.body) == (get.status, b""), head


def test_a_prefix_must_be_whole(world):
    for path in ("users/me/", "usersme", ".users/me/", "%2fusers/me/"):
        world.guest.prefix, prefix = "/api/v1", world.guest.prefix
        reply = world.guest.request("GET", path)
        world.guest.prefix = prefix
        assert reply.status == 404, reply


def test_a_child_answers_only_below_its_own_parent(contract, world):
    """Wherever a path has two ids, the second must belong to the first."""
    for operation in contract.operations:
        if len(operation.path_parameters) > 1:
            row = next(row for row in ROWS if row.operation == operation.name)
            mine, other = world.scene(row.thing), world.scene(row.thing)
            first = operation.path_parameters[0]
            for relation in ("owner", "admin"):
                reply = ask(operation, mine, relation, world, ids={**mine.ids, first: other.ids[first]})
                assert reply.status == 404, f"{operation}: {reply}"


# ------------------------------------------------------------------------------------------------- mass assignment

WRITES = [row for row in ROWS if not row.operation.startswith("GET ")]


def test_no_body_lists_what_the_server_decides(contract):
    for operation in contract.operations:
        if operation.body:
            names = set(contract.resolve(operation.body).get("properties", {}))
            names -= THEIRS.get(operation.path, set())
            assert names & PRIVILEGED == set(), f"{operation}: {names & PRIVILEGED}"


@pytest.mark.parametrize("row", WRITES, ids=repr)
def test_members_that_an_operation_does_not_list_are_refused(row, contract, world):
    """Every name that any schema has, and those that attackers try, sent by somebody who may use the operation."""
    operation = operation_of(contract, row)
    scene = world.scene(row.thing)
    relation = next((r for r in ("owner", "counterpart", "admin") if row.expected.get(r, 400) < 400), "owner")
    before = scene.look()
    own = set(contract.resolve(operation.body).get("properties", {})) if operation.body else set()
    body = valid_body(operation, scene, world) or {}
    names = sorted((set(contract.property_names()) | PRIVILEGED) - own)
    for i in range(0, len(names), 50):  # a problem lists up to 100 faults
        some = names[i : i + 50]
        reply = ask(operation, scene, relation, world, body={**body, **dict.fromkeys(some, "admin")})
        assert reply.status in (400, 422), reply
        assert not operation.body or {f"/{name}" for name in some} <= set(reply.pointers), reply
    assert scene.look() == before


def test_nobody_makes_themselves_an_admin(api, db):
    person = api.new_guest("climber")
    for body in (
        {"roles": ["admin"]},
        {"role": "admin"},
        {"is_admin": True},
        {"is_host": "admin"},
        {"roles": ["guest", "host", "admin"], "is_host": True},
    ):
        assert person.patch("/users/me/", body).status == 422
    name = f"climber_{secrets.token_hex(4)}"
    account = {"username": name, "email": f"{name}@example.com", "password": "correct horse battery staple 7"}
    for more in ({"roles": ["admin"]}, {"is_admin": True}, {"is_host": True, "roles": ["admin"]}):
        assert api.anonymous.post("/users/", {**account, **more}).status == 422
    assert "admin" not in person.get("/users/me/").expect(200)["roles"]
    assert db.execute("select count(*) from app_user where username = %s", [name]).fetchone()["count"] == 0
