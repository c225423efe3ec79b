"""The keys that sign access tokens: rotation without anybody noticing, and at rest."""

import base64
import json
import os
import subprocess

import psycopg
import pytest

from support.processes import wait_until


def me(api, token):
    return api.anonymous.get("/users/me/", headers={"Authorization": f"Bearer {token}"}).status


def roost(server, *args, **env):
    done = subprocess.run([server.binary, *args], env={**os.environ, **server.environment, **env}, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def own(start_server, new_database, new_redis, api_of):
    """A server whose keys a test may turn over."""
    return api_of(start_server(new_database(), new_redis(), ROOST_AUTH_SECRET="sealing secret"))


def kid_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]


def test_keys_rotate_without_anybody_noticing(own):
    ann = own.new_guest("ann")
    old = ann.sign_in()["access_token"]
    new_kid = roost(own.server, "keys", "rotate").split()[-1]
    assert new_kid in roost(own.server, "keys", "list")
    wait_until(lambda: new_kid in own.server.get("/.well-known/jwks.json").body.decode(), 45, "the new key published", 0.5)
    assert kid_of(ann.sign_in()["access_token"]) == kid_of(old), "it does not sign yet"
    own.clock.advance(minutes=6)
    young = ann.sign_in()["access_token"]
    assert kid_of(young) == new_kid
    assert me(own, young) == me(own, old) == 200
    own.clock.advance(minutes=20)
    assert kid_of(old) not in own.server.get("/.well-known/jwks.json").body.decode()


def test_private_keys_are_sealed(own):
    own.new_guest("ann").sign_in()
    with psycopg.connect(own.server.environment["ROOST_DATABASE_URL"]) as c:
        [(stored,)] = c.execute("select private_key from signing_key").fetchall()
    assert stored.startswith("sealed:") and "PRIVATE" not in stored
    assert "PRIVATE" not in own.server.log_text()


def test_a_leaked_key_is_worth_nothing_at_once(own):
    ann = own.new_guest("ann")
    old = ann.sign_in()["access_token"]
    assert me(own, old) == 200
    roost(own.server, "keys", "rotate", "--at-once")
    wait_until(lambda: me(own, old) == 401, 30, "the server refusing tokens of the old key", 0.5)
    assert me(own, ann.sign_in()["access_token"]) == 200
