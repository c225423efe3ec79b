"""Bookings that are paid: booked, paid on the sandbox's page and confirmed once its news is heard; beside the same statements
through pgbench. What came of it is checked by the rules that the tests of payments use."""

import sys
import time

import psycopg
from psycopg.rows import dict_row

import statements

sys.path.append(str(statements.SOURCES.parent / "tests/http"))
from support.payments import assert_sound  # noqa: E402

CLIENTS = 16
WAITING = "select from job where kind like 'payments.%' and unique_key is distinct from 'every' and status <> 'dead' limit 1"
PAID = """select count(*) filter (where b.status = 'confirmed' and b.paid = b.total and p.status = 'succeeded') as done,
                 count(*) filter (where p.status = 'succeeded') as paid
          from payment p join booking b on b.id = p.booking_id"""


def pay(bench, forget_bookings):
    with psycopg.connect(bench.url, autocommit=True, row_factory=dict_row) as c:
        c.execute("update property set payment_mode = 'online'")
        c.execute("vacuum analyze property")
        began = time.monotonic()
        _, p50, p99, _ = bench.wrk("pay", bench.base, CLIENTS, bench.login(), connections=CLIENTS, threads=CLIENTS)
        while c.execute(WAITING).fetchone():
            assert time.monotonic() < began + bench.seconds + 120, "payments are not settled"
            time.sleep(0.01)
        seconds = time.monotonic() - began
        made = c.execute(PAID).fetchone()
        assert made["done"] == made["paid"] > 0, f"{made}: paid, but not confirmed"
        assert_sound(c, settled=True)
        c.execute("update property set payment_mode = 'on_arrival'")
        c.execute("vacuum analyze property")
    forget_bookings(bench.url)
    ceiling = bench.pgbench(statements.pay(bench.guest, bench.host), "-Di=0")
    forget_bookings(bench.url)
    return (made["done"] / seconds, p50, p99), ceiling
