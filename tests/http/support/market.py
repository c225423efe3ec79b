"""A market of random people, played from one seed: the same seed makes the same choices."""

import datetime
import http.server
import random
import secrets
import threading
import zoneinfo

from .calendars import DAY, nights_of
from .client import Client
from .make import new_property
from .people import PASSWORD
from .processes import wait_until

UTC = datetime.timezone.utc
ZONES = [
    ("Europe/Paris", 48.85, 2.35), ("America/New_York", 40.71, -74.0), ("Pacific/Kiritimati", 1.87, -157.4),
    ("Pacific/Pago_Pago", -14.28, -170.7), ("Australia/Lord_Howe", -31.55, 159.08), ("Asia/Kathmandu", 27.7, 85.3),
    ("America/Sao_Paulo", -23.5, -46.6), ("Africa/Nairobi", -1.28, 36.8),
]  # fmt: skip
PRICES = [(12_050, "EUR"), (15_000, "JPY"), (45_125, "KWD"), (9_900, "USD")]
POLICIES = ["flexible", "moderate", "limited", "firm", "strict", "non_refundable"]


class Calendars:
    """What other platforms say is closed, served as iCalendar: `closed[path] = [(from, to), …]`, or None for an error.
    `said[path]` is what was last read there."""

    def __init__(self):
        self.closed, self.said = {}, {}
        market = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                ranges = market.closed.get(self.path)
                if ranges is not None:
                    market.said[self.path] = ranges
                body = market.text(ranges) if ranges is not None else b"<html>come back later</html>"
                self.send_response(200 if ranges is not None else 503)
                self.send_header("Content-Type", "text/calendar")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()

    @staticmethod
    def text(ranges):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//EN"]
        for first, last in ranges:
            lines += ["BEGIN:VEVENT", f"UID:{secrets.token_hex(8)}@elsewhere.example", "DTSTAMP:20270101T000000Z",
                      f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}", "SUMMARY:Reserved",
                      "END:VEVENT"]  # fmt: skip
        return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


class Actor(Client):
    """Somebody with a session that outlives the year; signs in when first needed, then refreshes."""

    def __init__(self, market, number, id, username):
        super().__init__(market.server.port, "/api/v1")
        self.market, self.number, self.id, self.username = market, number, str(id), username
        self._local = market.connections  # one for all of them: thousands would be too many
        self.access = self.refresh = None
        self.good_until = datetime.datetime.min.replace(tzinfo=UTC)

    def standing_headers(self):
        now = self.market.clock.now()
        if now >= self.good_until:
            anonymous = self.market.api.anonymous
            if self.refresh:
                tokens = anonymous.post("/auth/refresh/", {"refresh_token": self.refresh}).expect(200)
            else:
                tokens = anonymous.post("/auth/login/", {"username": self.username, "password": PASSWORD}).expect(200)
            self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]
            self.good_until = now + datetime.timedelta(minutes=50)
        return {"Authorization": f"Bearer {self.access}"}


class Market:
    """Hosts, guests, listings and what they do. `log` is what was asked and answered, without ids and times."""

    def __init__(self, server, api, db, seed, hosts=40, listings=200, guests=2_000):
        self.server, self.api, self.db, self.clock = server, api, db, api.clock
        self.random = random.Random(seed)
        self.calendars = Calendars()
        self.connections = threading.local()
        self.log, self.counts = [], {}
        self.bookings = {}  # id → [guest, listing, the booking as it was last acknowledged]
        self.order = []  # their ids as they were made
        self.feeds = {}  # listing number → (feed id, path)
        self.hosts = self.people("host", hosts, is_host=True)
        self.guests = self.people("guest", guests)
        self.listings = [self.new_listing(n) for n in range(listings)]

    def people(self, word, count, is_host=False):
        """As if they had registered, all with the password of one who really did: hashing takes its time."""
        template = self.api.new_guest(word)
        rows = self.db.execute(
            """insert into app_user (id, username, email, password_hash, display_name, is_host, created_at, updated_at)
               select gen_random_uuid(), %(word)s || n, %(word)s || n || '@example.com', t.password_hash, initcap(%(word)s) || ' ' || n,
                      %(is_host)s, t.created_at, t.created_at
               from app_user t, generate_series(1, %(count)s) n where t.id = %(template)s returning id, username""",
            {"word": word, "count": count, "is_host": is_host, "template": template.id},
        ).fetchall()
        rows.sort(key=lambda r: int(r["username"].removeprefix(word)))
        return [Actor(self, n, row["id"], row["username"]) for n, row in enumerate(rows)]

    def new_listing(self, n):
        pick = self.random
        zone, latitude, longitude = ZONES[n % len(ZONES)]
        amount, currency = pick.choice(PRICES)
        host = self.hosts[n % len(self.hosts)]
        body = new_property(
            title=f"Listing number {n}",
            time_zone=zone,
            location={"latitude": latitude, "longitude": longitude},
            nightly_price={"amount": amount + pick.randint(0, 999), "currency": currency},
            cleaning_fee={"amount": pick.randint(0, 5_000), "currency": currency},
            tax_basis_points=pick.choice([0, 550, 1_000]),
            booking_mode=pick.choice(["instant", "instant", "request"]),
            payment_mode=pick.choice(["on_arrival", "on_arrival", "on_arrival", "online"]),
            cancellation_policy=pick.choice(POLICIES),
            stay_rules={"preparation_nights": pick.choice([0, 0, 0, 1, 2]), "min_nights": pick.choice([1, 1, 2])},
            status="listed",
        )
        listing = host.post("/properties/", body).expect(201)
        return {"number": n, "id": listing["id"], "host": host, "zone": zone}

    def note(self, what, reply, *allowed):
        """It was done, or refused with a code such a request may get; nothing breaks."""
        assert reply.status < 400 or reply.code in allowed, f"{what}: {reply}"
        said = "done" if reply.status < 400 else reply.code
        self.log.append((what, said))
        self.counts.setdefault(what, {}).setdefault(said, 0)
        self.counts[what][said] += 1
        return reply.status < 400

    def today(self, days=0):
        return self.clock.now().date() + datetime.timedelta(days=days)

    def some_booking(self, recent=400):
        return self.random.choice(self.order[-recent:]) if self.order else None

    # What people do

    def act(self):
        what, often = zip(
            (self.book, 40), (self.answer, 16), (self.cancel, 6), (self.no_show, 3), (self.propose, 6), (self.settle_change, 8),
            (self.review, 16), (self.close_nights, 3), (self.change_price, 2), (self.feed_says, 5),
        )  # fmt: skip
        self.random.choices(what, often)[0]()

    def book(self):
        pick = self.random
        guest, listing = pick.choice(self.guests), pick.choice(self.listings)
        first = self.today(int(pick.expovariate(1 / 20)))
        stay = {"check_in": str(first), "check_out": str(first + datetime.timedelta(days=pick.randint(1, 9))),
                "guests": pick.randint(1, 5)}  # fmt: skip
        quote = guest.post(f"/properties/{listing['id']}/quote/", stay)
        if not self.note("quote", quote, "invalid_input", "dates_taken"):
            return
        lines = quote.json["price"]["lines"]
        assert sum(line["amount"]["amount"] for line in lines) == quote.json["price"]["total"]["amount"], quote
        key = {"Idempotency-Key": f"{self.random.getrandbits(64):016x}"}
        reply = guest.post("/bookings/", {"quote_id": quote.json["id"]}, headers=key)
        if self.note("book", reply, "dates_taken", "quote_expired", "too_many_requests"):
            assert reply.json["price"] == quote.json["price"], "booked at the price that was quoted"
            self.bookings[reply.json["id"]] = [guest, listing, reply.json]
            self.order.append(reply.json["id"])

    def answer(self):
        if booking := self.some_booking(20):
            host, verb = self.bookings[booking][1]["host"], self.random.choice(["accept", "accept", "accept", "decline"])
            reply = host.post(f"/bookings/{booking}/{verb}/", *([{}] if verb == "decline" else []))
            if self.note(verb, reply, "wrong_state", "dates_taken"):
                self.bookings[booking][2] = reply.json

    def cancel(self):
        if booking := self.some_booking(150):
            guest, listing, _ = self.bookings[booking]
            who = self.random.choice([guest, guest, guest, listing["host"]])
            shown = who.get(f"/bookings/{booking}/cancellation-preview/")
            reply = who.post(f"/bookings/{booking}/cancel/", {})
            if self.note("cancel", reply, "wrong_state"):
                assert reply.json["refund"]["total"] == shown.expect(200)["now"]["total"], "what was shown is what is done"
                self.bookings[booking][2] = reply.json["booking"]

    def no_show(self):
        if booking := self.some_booking(150):
            reply = self.bookings[booking][1]["host"].post(f"/bookings/{booking}/no-show/", {})
            if self.note("no-show", reply, "wrong_state"):
                self.bookings[booking][2] = reply.json["booking"]

    def propose(self):
        if booking := self.some_booking(150):
            guest, listing, _ = self.bookings[booking]
            seen = guest.get(f"/bookings/{booking}/").expect(200)
            last = datetime.date.fromisoformat(seen["check_out"]) + datetime.timedelta(days=self.random.choice([-1, 1, 2, 3]))
            who = self.random.choice([guest, listing["host"]])
            reply = who.post(f"/bookings/{booking}/alterations/", {"check_out": str(last)})
            self.note("propose", reply, "wrong_state", "dates_taken", "invalid_input", "too_many_requests")

    def settle_change(self):
        row = self.db.execute("select booking_id, id, proposed_by from booking_alteration where status = 'open' order by id limit 1").fetchone()
        if not row:
            return
        booking = str(row["booking_id"])
        guest, listing, _ = self.bookings[booking]
        other = guest if row["proposed_by"] == "host" else listing["host"]
        reply = other.post(f"/bookings/{booking}/alterations/{row['id']}/accept/")
        if self.note("accept a change", reply, "wrong_state", "dates_taken"):
            self.bookings[booking][2] = guest.get(f"/bookings/{booking}/").expect(200)

    def review(self):
        if booking := self.some_booking():
            guest, listing, _ = self.bookings[booking]
            who = self.random.choice([guest, guest, listing["host"]])
            body = {"booking_id": booking, "rating": self.random.randint(1, 5), "comment": f"Stay {self.order.index(booking)}."}
            self.note("review", who.post("/reviews/", body), "wrong_state", "already_reviewed")

    def close_nights(self):
        listing, first = self.random.choice(self.listings), self.today(self.random.randint(1, 90))
        nights = {"from": str(first), "to": str(first + datetime.timedelta(days=self.random.randint(1, 4)))}
        reply = listing["host"].post(f"/properties/{listing['id']}/blocks/", nights)
        if self.note("close", reply, "dates_taken", "invalid_input") and self.random.random() < 0.5:
            gone = listing["host"].delete(f"/properties/{listing['id']}/blocks/{reply.json['id']}/")
            self.note("open", gone)

    def change_price(self):
        listing = self.random.choice(self.listings)
        seen = listing["host"].get(f"/properties/{listing['id']}/").expect(200)
        price = {**seen["nightly_price"], "amount": seen["nightly_price"]["amount"] + self.random.randint(-50, 80)}
        self.note("change price", listing["host"].patch(f"/properties/{listing['id']}/", {"nightly_price": price}))

    def feed_says(self):
        """Another platform's calendar of one of the first listings changes, fails, or is read again."""
        listing = self.listings[self.random.randrange(min(20, len(self.listings)))]
        path = f"/{listing['number']}.ics"
        if listing["number"] not in self.feeds:
            self.calendars.closed[path] = []
            address = {"name": "Elsewhere", "url": self.calendars.address + path}
            feed = listing["host"].post(f"/properties/{listing['id']}/feeds/", address).expect(201)
            self.feeds[listing["number"]] = (feed["id"], path)
            self.fetched(feed["id"])
        start = self.today(self.random.randint(2, 60))
        ranges = [(start + datetime.timedelta(days=9 * n), start + datetime.timedelta(days=9 * n + self.random.randint(1, 5)))
                  for n in range(self.random.randint(1, 4))]  # fmt: skip
        self.calendars.closed[path] = ranges if self.random.random() < 0.8 else None
        reply = listing["host"].post(f"/feeds/{self.feeds[listing['number']][0]}/refresh/")
        if self.note("feed", reply, "too_many_requests"):
            self.fetched(self.feeds[listing["number"]][0])

    def fetched(self, feed):
        """Waits until nobody asks for the calendar any more: what can be booked next must not depend on who is faster."""
        jobs = "select from job where kind = 'feeds.fetch' and status <> 'dead' and payload->>'feed_id' = %s"
        wait_until(lambda: not self.db.execute(jobs, [feed]).fetchall(), 60, "a fetch")

    def misheard(self):
        """Feeds that close other nights to come than they last said; not those whose word is still doubted."""
        feeds = {str(r["id"]) for r in self.db.execute("select id from feed where empty_since is null").fetchall()}
        wrong = []
        for number, (feed, path) in self.feeds.items():
            tomorrow = self.clock.now().astimezone(zoneinfo.ZoneInfo(self.listings[number]["zone"])).date() + DAY
            rows = self.db.execute("select lower(nights) as a, upper(nights) as b from feed_block where feed_id = %s", [feed])
            closed, said = nights_of((r["a"], r["b"]) for r in rows), nights_of(self.calendars.said.get(path, []))
            wrong += [(path, str(night)) for night in closed ^ said if night >= tomorrow and feed in feeds]
        return wrong
