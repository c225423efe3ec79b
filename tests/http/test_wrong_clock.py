"""A machine whose clock is wrong sells nobody's held nights and ends nobody's request (fault C1)."""

import datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from support.make import Make
from support.processes import wait_until

HOLD = datetime.timedelta(minutes=15)


@pytest.fixture
def place(start_server, new_database, new_redis, api_of, request, wrong_clock):
    """Two processes over one database: one on a machine whose clock is off, the other on a good one."""
    seconds = request.param
    database, redis = new_database(), new_redis()
    wrong = start_server(database, redis, **wrong_clock(seconds))
    good = start_server(database, redis, ROOST_JOBS_IN_PROCESS="false")  # whatever time does, the wrong one does
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        yield seconds, api_of(good), api_of(wrong), db
    for server in (wrong, good):
        server.close()


def swept(db, server):
    """Whether jobs of the passing of time were done since."""
    done = server.get("/metrics").body.decode()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in done.splitlines()
        if line.startswith("roost_job_tries_total") and 'kind="bookings.pass_time",outcome="done"' in line
    )


@pytest.mark.parametrize("place", [900, -900, 26 * 3600, -26 * 3600], indirect=True)
def test_a_wrong_clock_neither_ends_a_hold_early_nor_keeps_it_long(place):
    seconds, good, wrong, db = place
    listing = Make(good).listing(payment_mode="online")
    held = Make(good).booking(listing)
    assert held["status"] == "awaiting_payment"

    before = swept(db, wrong.server)
    wait_until(lambda: swept(db, wrong.server) >= before + 2, 60, "time to pass on the machine with the wrong clock")
    assert good.as_guest().get(f"/bookings/{held['id']}/").expect(200)["status"] == "awaiting_payment"
    rival = wrong.new_guest()
    stay = {"check_in": held["check_in"], "check_out": held["check_out"], "guests": 2}
    rival.post(f"/properties/{listing['id']}/quote/", stay).expect(409, "dates_taken")

    other = Make(wrong).booking(Make(wrong).listing(payment_mode="online"), rival)
    row = db.execute("select due_at - now() as left from booking where id = %s", [other["id"]]).fetchone()
    assert HOLD - datetime.timedelta(minutes=2) < row["left"] <= HOLD + datetime.timedelta(seconds=2)

    skew = db.execute("select extract(epoch from %s::timestamptz - now()) as s", [wrong.server.log()[0]["time"]]).fetchone()
    assert abs(float(skew["s"]) - seconds) < 300, "the machine's clock really is wrong"
    assert any("clock is wrong" in line["message"] for line in wrong.server.log())
