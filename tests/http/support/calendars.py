"""Another platform: an HTTP server whose calendars a test writes, and machines that nobody may reach."""

import contextlib
import datetime
import http.server
import socket
import threading

DAY = datetime.timedelta(days=1)


class Calendars:
    """`calendars.put("a", text)` → the address at which it is read from then on."""

    def __init__(self):
        self.pages = {}
        self.asked = []  # (name, headers), as they came
        self.open = threading.Event()  # until it is set again, who asks waits
        self.open.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append((self.path[1:], dict(self.headers)))
                outer.open.wait(30)
                status, headers, body, cut = outer.pages.get(self.path[1:], (404, {}, b"", 0))
                etag = headers.get("ETag")
                if status == 200 and etag and self.headers.get("If-None-Match") == etag:
                    status, body, cut = 304, b"", 0
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # who asked waits no longer
                    self.wfile.write(body[: len(body) - cut])
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, name, body, status=200, cut=0, **headers):
        """`cut`: how many bytes of the body never come."""
        body = body.encode() if isinstance(body, str) else body
        self.pages[name] = (status, {"Content-Type": "text/calendar", **headers}, body, cut)
        return f"http://127.0.0.1:{self.server.server_address[1]}/{name}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sentinel:
    """Listens on an address and counts who comes."""

    def __init__(self, address="127.0.0.1"):
        self.accepts = 0
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, 0), family=family)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.accepts += 1
            peer.close()

    def close(self):
        self.socket.close()


def event(first, last, summary="Reserved", uid=None, *lines):
    """A VEVENT of the nights [first, last), which are dates or their ISO text."""
    compact = [str(day).replace("-", "") for day in (first, last)]
    return "\r\n".join([
        "BEGIN:VEVENT", f"UID:{uid or f'{compact[0]}-{compact[1]}@elsewhere.example'}", f"DTSTART;VALUE=DATE:{compact[0]}",
        f"DTEND;VALUE=DATE:{compact[1]}", f"SUMMARY:{summary}", *lines, "END:VEVENT", ""])


def calendar(*events):
    return "BEGIN:VCALENDAR\r\nPRODID:-//Elsewhere//EN\r\nVERSION:2.0\r\n" + "".join(events) + "END:VCALENDAR\r\n"


def nights_of(ranges):
    """The single nights of [(first, last)], as dates."""
    found = set()
    for first, last in ranges:
        first, last = (datetime.date.fromisoformat(str(d)) for d in (first, last))
        found |= {first + n * DAY for n in range((last - first).days)}
    return found


def feed_in_conflict(db, listing, stay, n):
    """A feed of the listing that closes a stay's nights, and is not due for years; its id."""
    feed = db.execute("""insert into feed (id, property_id, name, url, next_fetch_at, created_at, updated_at)
                         values (gen_random_uuid(), %s, 'Elsewhere', %s, now() + interval '20 years', now(), now())
                         returning id""", [listing["id"], f"https://calendar.invalid/{n}.ics"]).fetchone()["id"]
    db.execute("""insert into feed_block (feed_id, property_id, nights)
                  select %s, property_id, daterange(check_in, check_out) from booking where id = %s""", [feed, stay])
    db.execute("""insert into feed_conflict (feed_id, booking_id, property_id, nights, likely_echo, found_at)
                  select %s, id, property_id, daterange(check_in, check_out), false, now() from booking
                  where id = %s""", [feed, stay])
    return str(feed)


def fetched(db, feed):
    """A line of its history."""
    db.execute("""insert into feed_fetch (feed_id, at, outcome, bytes, events, added, removed)
                  values (%s, now(), 'read', 0, 0, 0, 0)""", [feed])
