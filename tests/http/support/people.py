"""Signed-in people, one per name."""

import itertools
import secrets
import threading
import time

from .client import Client

PASSWORD = "correct horse battery staple 7"
_numbers = itertools.count(1)
_run = secrets.token_hex(3)


def unique(word):
    """A name nobody else has in this run: "ann" → "ann_3f2a1c_17"."""
    return f"{word}_{_run}_{next(_numbers)}"


class Person(Client):
    """A client with somebody's bearer token. It signs in again when the server's clock was moved or the token ages."""

    def __init__(self, api, name):
        super().__init__(api.port, api.prefix)
        self.api = api
        self.username = unique(name)
        self.email = f"{self.username}@example.com"
        self.password = PASSWORD
        self.profile = api.anonymous.post(
            "/users/",
            {"username": self.username, "email": self.email, "password": self.password, "display_name": name.title()},
        ).expect(201)
        self.id = self.profile["id"]
        self._token = None
        self._signed_in_at = None
        self._lock = threading.Lock()

    def sign_in(self):
        """A fresh session; gives the login reply's body."""
        reply = self.api.anonymous.post("/auth/login/", {"username": self.username, "password": self.password}).expect(
            200
        )
        self._token = reply["access_token"]
        self._signed_in_at = (time.monotonic(), self.api.clock.moves)
        return reply

    @property
    def token(self):
        with self._lock:
            if (
                self._token is None
                or self._signed_in_at[1] != self.api.clock.moves
                or time.monotonic() - self._signed_in_at[0] > 600
            ):
                self.sign_in()
            return self._token

    def standing_headers(self):
        return {"Authorization": f"Bearer {self.token}"}


class Api:
    """Who talks to one server: `api.as_guest("ann")` registers and signs in once per name."""

    prefix = "/api/v1"

    def __init__(self, server, clock, make_admin):
        self.port = server.port
        self.server = server
        self.clock = clock
        self.anonymous = Client(server.port, self.prefix)
        self._people = {}
        self._make_admin = make_admin
        self._lock = threading.Lock()

    def _once(self, kind, name, prepare):
        with self._lock:
            if (kind, name) not in self._people:
                person = Person(self, name)
                prepare(person)
                self._people[kind, name] = person
            return self._people[kind, name]

    def as_guest(self, name="guest"):
        return self._once("guest", name, lambda p: None)

    def as_host(self, name="host"):
        return self._once("host", name, lambda p: p.patch("/users/me/", {"is_host": True}).expect(200))

    def as_admin(self, name="admin"):
        return self._once("admin", name, self._make_admin)

    def new_guest(self, word="guest"):
        """Somebody nobody else has."""
        return Person(self, word)

    def new_admin(self, word="admin"):
        person = Person(self, word)
        self._make_admin(person)
        return person

    def new_host(self, word="host"):
        person = Person(self, word)
        person.patch("/users/me/", {"is_host": True}).expect(200)
        return person
