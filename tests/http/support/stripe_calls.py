"""How Stripe is called: who may, keys of idempotency, parameters, expansion, pages."""

import copy
import hmac
import itertools
import re
import secrets

from .simulator import Answer, Simulator
from .stripe_form import Refused

VERSION = "2026-10-28.endive"


class Calls(Simulator):
    """`ROUTES`: (method, pattern of the path, name of what does it)."""

    ROUTES = []

    def __init__(self, clock=None, live=False):
        super().__init__(clock)
        self.key = f"sk_{'live' if live else 'test'}_{secrets.token_hex(12)}"
        self.live = live
        self.charges, self.books = {}, {}
        self.improper = []  # requests that no caller of ours should make
        self._kept = {}  # Idempotency-Key → (fingerprint, when, Answer)
        self._numbers = itertools.count(1)

    def answer(self, request):
        try:
            answer = self._keyed(request)
        except Refused as e:
            if e.status in (401, 404) or not e.began:
                self.improper.append((request.line, e.body["error"]["message"]))
            answer = Answer(e.status, copy.deepcopy(e.body))
        answer.headers["Request-Id"] = f"req_{next(self._numbers)}"
        return answer

    def _keyed(self, request):
        if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.key}"):
            raise Refused("Invalid API Key provided", status=401)
        if request.headers.get_all("Stripe-Version") != [VERSION]:
            raise Refused("Invalid Stripe API version")
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None:
            return self._routed(request)
        if not 1 <= len(key) <= 255:
            raise Refused("Idempotency keys have 1 to 255 characters")
        fingerprint = (request.path, sorted(request.form))
        kept = self._kept.get(key)
        if kept and (self.now() - kept[1]).total_seconds() < 86_400:
            if kept[0] != fingerprint:
                raise Refused("Keys for idempotent requests can only be used with the same parameters they were first used with.",
                              type="idempotency_error")  # fmt: skip
            answer = copy.deepcopy(kept[2])
            answer.headers["Idempotent-Replayed"] = "true"
            return answer
        try:
            answer = self._routed(request)
        except Refused as e:
            if not e.began:
                raise
            answer = Answer(e.status, copy.deepcopy(e.body))
        if self.keeps_keys:
            self._kept[key] = (fingerprint, self.now(), copy.deepcopy(answer))
        return answer

    def _routed(self, request):
        if request.method == "POST" and request.body:
            if request.headers.get("Content-Type") != "application/x-www-form-urlencoded":
                raise Refused("Content-Type must be application/x-www-form-urlencoded")
        elif request.body:
            raise Refused("A GET has no body")
        if request.method == "POST" and request.query:
            raise Refused("Parameters of a POST stand in its body")
        pairs = request.form if request.method == "POST" else request.query
        for method, path, name in self.ROUTES:
            if method == request.method and (found := re.fullmatch(path, request.path)):
                return Answer(200, getattr(self, f"_{name}")(*found.groups(), pairs))
        raise Refused(f"Unrecognized request URL ({request.line})", status=404)

    def _new(self, prefix):
        return f"{prefix}_{next(self._numbers):06d}{secrets.token_hex(8)}"

    def _made(self):
        return int(self.now().timestamp())

    @staticmethod
    def _found(things, id, what):
        if id not in things:
            raise Refused(f"No such {what}: '{id}'", status=404, code="resource_missing", param="id")
        return things[id]

    def _expanded(self, thing, expand, prefix=""):
        """A copy of it with what it only names put in its place."""
        thing = copy.deepcopy(thing)
        for path in sorted(expand or ()):
            if not path.startswith(prefix):
                raise Refused(f"This property cannot be expanded ({path}).")
            at = thing
            for name in path.removeprefix(prefix).split("."):
                store = {"latest_charge": self.charges, "balance_transaction": self.books}.get(name)
                if store is None or name not in at:
                    raise Refused(f"This property cannot be expanded ({path}).")
                if at[name] is None:
                    break
                if isinstance(at[name], str):
                    at[name] = copy.deepcopy(store[at[name]])
                at = at[name]
        return thing

    def _page(self, things, asked, url, **filters):
        things = [t for t in reversed(things.values()) if all(t[name] == value for name, value in filters.items())]
        for name, keep in (("gte", int.__ge__), ("gt", int.__gt__), ("lte", int.__le__), ("lt", int.__lt__)):
            if name in asked.get("created", {}):
                things = [t for t in things if keep(t["created"], asked["created"][name])]
        ids = [t["id"] for t in things]
        if after := asked.get("starting_after"):
            things = things[1 + ids.index(self._found(dict.fromkeys(ids, after), after, "object")) :]
        size = asked.get("limit", 10)
        data = [self._expanded(t, asked.get("expand"), "data.") for t in things[:size]]
        return {"object": "list", "url": url, "has_more": len(things) > size, "data": data}
