"""A small HTTP client for tests: it sends exactly what it is told (no normalised paths, no retries, no redirects)."""

import http.client
import json as jsonlib
import select
import threading

NOTHING = object()


class Reply:
    """One answer. `json` is the parsed body, `expect` asserts a status and gives the parsed body."""

    def __init__(self, request_line, response, body):
        self.request_line = request_line
        self.status = response.status
        self.headers = response.headers  # case-insensitive; .get_all(name) for repeated ones
        self.body = body

    @property
    def json(self):
        return jsonlib.loads(self.body) if self.body else None

    @property
    def problem(self):
        """The RFC 9457 body; asserts that it is one."""
        assert self.headers.get("content-type", "").startswith("application/problem+json"), self
        problem = self.json
        missing = {"type", "title", "status", "code", "request_id"} - problem.keys()
        assert not missing and problem["status"] == self.status, f"{sorted(missing)} missing or wrong status: {self}"
        return problem

    @property
    def code(self):
        return self.problem["code"]

    @property
    def pointers(self):
        """Which fields a problem names."""
        return sorted(e["pointer"] for e in self.problem.get("errors", []))

    def expect(self, status, code=None):
        assert self.status == status, self
        if code is not None:
            assert self.code == code, self
        return self.json if status < 400 else self.problem

    def __repr__(self):
        shown = self.body[:600].decode(errors="replace")
        return f"{self.request_line} -> {self.status}\n{self.headers}{shown}"


class Connection(http.client.HTTPConnection):
    """Sends bytes that do not belong into a request line all the same: each character as one byte."""

    def _encode_request(self, request):
        return request.encode("latin-1")


class Client:
    """Requests to one server, with headers of its own. Usable from many threads: each has its own connection."""

    def __init__(self, port, prefix="", headers=None, timeout=30):
        self.port = port
        self.prefix = prefix
        self.headers = headers or {}
        self.timeout = timeout
        self._local = threading.local()

    def standing_headers(self):
        return self.headers

    def connection(self):
        """The calling thread's connection; a fresh one when the server closed the last."""
        c = getattr(self._local, "connection", None)
        if c is not None and c.sock is not None:
            waiting = select.poll()  # not select(), which knows no descriptor above 1023
            waiting.register(c.sock, select.POLLIN)
            if waiting.poll(0):
                c.close()
        if c is None:
            c = Connection("127.0.0.1", self.port, timeout=self.timeout)
            self._local.connection = c
        return c

    def request(self, method, path, json=NOTHING, body=None, headers=None):
        """`json` is sent as application/json, `body` as the bytes it is. A header whose value is None is left out."""
        sent = {**self.standing_headers()}
        if json is not NOTHING:
            body = jsonlib.dumps(json).encode()
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        target = self.prefix + path
        c = self.connection()
        try:
            c.putrequest(method, target, skip_accept_encoding=True, skip_host="Host" in sent)
            for name, value in sent.items():
                if value is not None:
                    c.putheader(name, value)
            if body is not None or method in ("POST", "PUT", "PATCH"):
                if not {"content-length", "transfer-encoding"} & {n.lower() for n in sent}:
                    c.putheader("Content-Length", str(len(body or b"")))
            try:
                c.endheaders(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # a server may answer and close before it has read a body it will not take
            response = c.getresponse()
            return Reply(f"{method} {target}", response, response.read())
        except BaseException:
            c.close()
            raise

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def head(self, path, **kw):
        return self.request("HEAD", path, **kw)

    def options(self, path, **kw):
        return self.request("OPTIONS", path, **kw)

    def post(self, path, json=NOTHING, **kw):
        return self.request("POST", path, json=json, **kw)

    def patch(self, path, json=NOTHING, **kw):
        return self.request("PATCH", path, json=json, **kw)

    def put(self, path, json=NOTHING, **kw):
        return self.request("PUT", path, json=json, **kw)

    def delete(self, path, **kw):
        return self.request("DELETE", path, **kw)
