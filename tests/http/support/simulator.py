"""What simulators of payment providers share: an HTTP server that keeps a journal, misbehaves on command and sends events.

    class Acme(Simulator):
        provider = "acme"

        def answer(self, request):                     # one call at a time, so its money needs no locks
            return Answer(200, {"id": …})

        def sign(self, body):                          # what goes with an event, beside Content-Type
            return {"Acme-Signature": …}

    acme = Acme(clock)                                 # acme.url; acme.close()
    acme.target = server                               # who is told of events
    acme.fail("POST /v1/charges", hang(after=True))    # once; times=3 for more
    with acme.held("POST /v1/charges") as held:        # such requests wait, held.count of them, until the block ends
    acme.asked("POST /v1/charges")                     # what was asked, in order
    acme.happened(body)                                # in answer(): an event; sent at once unless acme.telling is False
    acme.tell(acme.events[0])                          # sent again, or for the first time
"""

import contextlib
import dataclasses
import datetime
import email.message
import http.client
import http.server
import json
import queue
import re
import threading
import time
import traceback
import urllib.parse

from .client import Client


@dataclasses.dataclass
class Request:
    """One line of the journal. `form` are the pairs of a form-encoded body or None, `fault` what was done to it, `status`
    what was answered (None: nothing was)."""

    method: str
    path: str  # without the query
    query: list
    headers: email.message.Message
    body: bytes
    at: float
    fault: str | None = None
    status: int | None = None

    @property
    def line(self):
        return f"{self.method} {self.path}"

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        return urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=bool(self.body))


@dataclasses.dataclass
class Answer:
    """`body`: bytes as they are, anything else as JSON."""

    status: int
    body: object = b""
    headers: dict = dataclasses.field(default_factory=dict)

    def bytes(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclasses.dataclass(frozen=True)
class Fault:
    """How a request goes wrong, and whether before or after it had its effect. `change` makes the answer (None: there
    is none) into another; `what` is one of answer, hang, cut, partial."""

    name: str
    after: bool
    what: str
    change: object = None


def hang(after=False):
    """No answer for as long as who asked waits."""
    return Fault("hang", after, "hang")


def cut(after=False):
    """The connection is closed instead of an answer."""
    return Fault("cut", after, "cut")


def partial():
    """Half of the body, then the connection is closed; the effect is there."""
    return Fault("partial", True, "partial")


def status(code, after=False, body=b"", **headers):
    """Another answer: an error that had no effect, or an effect behind an error. `headers`: Retry_After="1"."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(f"status {code}", after, "answer", lambda _: Answer(code, body, headers))


def says(body, status=200):
    """These bytes as the body, after the effect: what is no JSON, or not what was to be said."""
    return Fault("says", True, "answer", lambda _: Answer(status, body, {"Content-Type": "application/json"}))


def changed(change, name="changed"):
    """The true answer, changed: `change(parsed)` gives what is said instead (parsed JSON, or bytes)."""

    def apply(answer):
        return dataclasses.replace(answer, body=change(json.loads(answer.bytes())))

    return Fault(name, True, "answer", apply)


@dataclasses.dataclass
class Event:
    """`path`: what follows /api/v1/webhooks/PROVIDER/, for providers that sign nothing."""

    body: bytes
    path: str = ""
    statuses: list = dataclasses.field(default_factory=list)  # of every time it was told; None: nobody answered

    @property
    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Held:
    """Requests that wait, before their effect or after it, until `opened`."""

    pattern: re.Pattern
    after: bool
    count: int = 0
    opened: threading.Event = dataclasses.field(default_factory=threading.Event)

    def wait(self, request, after):
        if after == self.after and not self.opened.is_set() and self.pattern.fullmatch(request.line):
            self.count += 1
            self.opened.wait(60)


class Simulator:
    provider = ""

    def answer(self, request):
        raise NotImplementedError

    def sign(self, body):
        return {}

    def __init__(self, clock=None):
        self.clock = clock  # the server's, which tests move
        self.lock = threading.RLock()  # held while a request has its effect
        self.journal, self.events, self.mistakes = [], [], []
        self.telling = True
        self.target = None
        self._faults = []  # [pattern, fault, how many times still]
        self._held = None
        self._to_tell = queue.Queue()
        self._closing = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._teller = threading.Thread(target=self._tell_all, daemon=True)
        self._teller.start()

    def close(self):
        self._closing.set()
        self._to_tell.put(None)
        self._teller.join()
        self._server.shutdown()
        self._server.server_close()
        assert not self.mistakes, "of the simulator's own:\n" + "\n".join(self.mistakes)

    def now(self):
        return self.clock.now() if self.clock else datetime.datetime.now(datetime.timezone.utc)

    # What was asked

    def asked(self, pattern, served=False):
        """The requests whose "METHOD /path" the pattern matches from its beginning to its end; `served`: that had an answer < 400."""
        with self.lock:
            found = [r for r in self.journal if re.fullmatch(pattern, r.line)]
        return [r for r in found if r.status is not None and r.status < 400] if served else found

    # Misbehaviour

    def fail(self, pattern, fault, times=1):
        """The next requests whose "METHOD /path" the pattern matches go wrong. Of several faults the first goes first."""
        with self.lock:
            self._faults.append([re.compile(pattern), fault, times])

    def _told_to_fail(self, body):
        """POST /simulator/fail, for tests in other programs: {"pattern": …, "status": 500, "after": true, "body": "…"}."""
        told = json.loads(body)
        self.fail(told["pattern"], status(told["status"], after=told["after"], body=told.get("body", "").encode()))
        return Answer(204)

    def behave(self):
        """Forgets what was to go wrong."""
        with self.lock:
            self._faults.clear()

    def failing(self):
        """How many requests are still to go wrong."""
        with self.lock:
            return sum(times for _, _, times in self._faults)

    @contextlib.contextmanager
    def held(self, pattern, after=False):
        self._held = Held(re.compile(pattern), after)
        try:
            yield self._held
        finally:
            self._held.opened.set()
            self._held = None

    def _fault_of(self, request):
        for entry in self._faults:
            if entry[0].fullmatch(request.line):
                entry[2] -= 1
                if entry[2] == 0:
                    self._faults.remove(entry)
                return entry[1]
        return None

    def _serve(self, request):
        """(answer or None, fault or None)"""
        held = self._held
        if held:
            held.wait(request, after=False)
        served = self._serve_now(request)
        if held:
            held.wait(request, after=True)
        return served

    def _serve_now(self, request):
        with self.lock:
            self.journal.append(request)
            fault = self._fault_of(request)
            request.fault = fault and fault.name
            try:
                answer = None if fault and not fault.after else self.answer(request)
            except Exception:  # else whoever asked would just see a connection that is cut
                self.mistakes.append(traceback.format_exc())
                raise
            if fault and fault.what == "answer":
                answer = fault.change(answer)
            if not fault or fault.what == "answer":
                request.status = answer.status
            return answer, fault

    # Events

    def happened(self, body, path=""):
        """An event: told by a thread of its own while `telling`, else kept in `events` for `tell`."""
        event = Event(body if isinstance(body, bytes) else json.dumps(body).encode(), path)
        with self.lock:
            self.events.append(event)
        if self.telling:
            self._to_tell.put(event)
        return event

    def tell(self, event, body=None, headers=None):
        """Sends an event now. `body`, `headers`: others than are right. A header that is None is left out."""
        body = event.body if body is None else body
        headers = {"Content-Type": "application/json", **(self.sign(body) if headers is None else headers)}
        path = f"/api/v1/webhooks/{self.provider}/{event.path}"
        try:
            reply = Client(self.target.port).post(path, body=body, headers=headers)
        except OSError:
            event.statuses.append(None)
            raise
        event.statuses.append(reply.status)
        return reply

    def all_told(self):
        """Whether every event that is told by itself has been."""
        return self._to_tell.unfinished_tasks == 0

    def _tell_all(self):
        while (event := self._to_tell.get()) is not None:
            if self.target:
                with contextlib.suppress(OSError, http.client.HTTPException):  # it is down: providers would repeat it
                    self.tell(event)
            self._to_tell.task_done()


def _handler(simulator):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def serve(self):
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
            if path == "/simulator/fail":
                answer, fault = simulator._told_to_fail(body), None
            else:
                answer, fault = simulator._serve(Request(self.command, path, pairs, self.headers, body, time.monotonic()))
            what = fault.what if fault else "answer"
            if what == "hang":
                self.wait_until_left()
            if what in ("hang", "cut"):
                self.close_connection = True
                return
            body = answer.bytes()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if what == "partial":
                body, self.close_connection = body[: len(body) // 2], True
            with contextlib.suppress(OSError):  # who asked waits no longer
                self.wfile.write(body)

        def wait_until_left(self):
            self.connection.settimeout(0.1)
            while not simulator._closing.is_set():
                try:
                    if not self.connection.recv(1):
                        return
                except TimeoutError:
                    continue
                except OSError:
                    return

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        def log_message(self, *_):
            pass

    return Handler
