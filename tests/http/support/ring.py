"""Many people who want the same nights, and the statements that find nights sold twice."""

import datetime
import secrets
import uuid

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from .make import Make
from .volley import encode

PEOPLE = 8
OVERLAPPING = """
    select count(*) from booking a join booking b on a.property_id = b.property_id and a.id < b.id
    where daterange(a.check_in, a.check_out) && daterange(b.check_in, b.check_out)
      and a.status in ('hold', 'awaiting_payment', 'requested', 'confirmed', 'in_stay')
      and b.status in ('hold', 'awaiting_payment', 'requested', 'confirmed', 'in_stay')"""
DOUBLE_BLOCKED = """
    select count(*) from stay_block a join stay_block b on a.property_id = b.property_id and a.id < b.id
    where a.blocked && b.blocked"""


def day(n):
    return datetime.date.today() + datetime.timedelta(days=n)


class Ring:
    """Properties, people and their quotes for one run against one server."""

    def __init__(self, api, database, properties, **listing):
        self.api = api
        self.database = database
        self.connect()
        make = Make(api)
        self.host = api.new_host()
        self.people = [api.new_guest() for _ in range(PEOPLE)]
        rules = {"booking_window_days": 1095}
        self.listings = [make.listing(self.host, stay_rules=rules, **listing) for _ in range(properties)]
        self.templates = {}

    def connect(self):
        self.db = psycopg.connect(self.database, autocommit=True, row_factory=dict_row)

    def quotes(self, wanted):
        """[(listing, person, first, last)] → ids of quotes: copies of one the server made, on those nights."""
        rows = []
        for listing, person, first, last in wanted:
            t = self._template(listing)
            rows.append((uuid.uuid4(), listing["id"], person.id, first, last, t["guests"], t["currency"], "[]",
                         t["accommodation"], t["guest_fee"], t["tax"], t["total"], t["host_payout"], t["guest_fee_bp"],
                         t["rules_version"], t["expires_at"], t["created_at"], Jsonb(t["cancellation_terms"])))
        with self.db.cursor() as cursor, cursor.copy("""
                copy quote (id, property_id, guest_id, check_in, check_out, guests, currency, lines, accommodation, guest_fee,
                            tax, total, host_payout, guest_fee_bp, rules_version, expires_at, created_at,
                            cancellation_terms)
                from stdin""") as copy:
            for row in rows:
                copy.write_row(row)
        return [str(row[0]) for row in rows]

    def _template(self, listing):
        if listing["id"] not in self.templates:
            quote = self.people[0].post(f"/properties/{listing['id']}/quote/", {
                "check_in": str(day(1)), "check_out": str(day(2)), "guests": 1}).expect(201)
            self.templates[listing["id"]] = self.db.execute("select * from quote where id = %s", [quote["id"]]).fetchone()
        return self.templates[listing["id"]]

    def booking_request(self, person, quote, key=None):
        return encode("POST", "/api/v1/bookings/", {"quote_id": quote},
                      {"Authorization": f"Bearer {person.token}", "Idempotency-Key": key or secrets.token_hex(8)})

    def close_request(self, listing, first, last):
        return encode("POST", f"/api/v1/properties/{listing['id']}/blocks/", {"from": str(first), "to": str(last)},
                      {"Authorization": f"Bearer {self.host.token}"})

    def count(self, statement):
        return self.db.execute(statement).fetchone()["count"]

    def close(self):
        self.db.close()
