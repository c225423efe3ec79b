"""A year of a whole market: random people book, change, cancel, decline, forget, stay and review through HTTP while the clock
jumps through the year and its changes to and from summer time; after each month every promise is checked.

The seed is printed. ROOST_YEAR_SEED plays another year, ROOST_YEAR_ACTIONS a busier one (a day)."""

import datetime
import os

import psycopg
import pytest
from psycopg.rows import dict_row

from support.market import UTC, Market
from support.processes import wait_until
from test_stay_walks import LEGAL

BEGIN = datetime.datetime(2027, 1, 4, 6, tzinfo=UTC)
SETTINGS = {
    "ROOST_AUTH_ACCESS_MINUTES": "60",
    "ROOST_AUTH_SESSION_DAYS": "365",
    "ROOST_JOBS_POLL_MS": "50",
    "ROOST_MARKET_HOLDS_PER_GUEST": "1000",
    "ROOST_OUTBOUND_PLAIN_HTTP": "true",
    "ROOST_OUTBOUND_PRIVATE_ADDRESSES": "true",
}

STEPS = ", ".join(f"('{before or ''}', '{after}', '{who}')" for (before, after), actors in LEGAL.items()
                  for who in ([actors] if isinstance(actors, str) else actors))  # fmt: skip
# Where time alone takes a booking.
LATER = {"awaiting_payment": ("expired",), "requested": ("expired",), "confirmed": ("in_stay", "completed"), "in_stay": ("completed",)}

# Each finds rows that must not be there. %(now)s is the market's clock.
PROMISES = {
    "nights are sold once (I1)": """
        select a.id, b.id from stay_block a join stay_block b
        on a.property_id = b.property_id and a.id < b.id and a.blocked && b.blocked""",
    "firm bookings have their nights": """
        select k.id from booking k left join stay_block s on s.booking_id = k.id
        where k.status in ('confirmed', 'in_stay')
          and (s.kind is distinct from 'booking' or not s.blocked @> daterange(k.check_in, k.check_out))""",
    "what is over for nothing has none": """
        select k.id from booking k join stay_block s on s.booking_id = k.id where k.status in ('expired', 'declined')""",
    "time moves bookings on": "select id, status from booking where due_at <= %(now)s",
    "stays begin and end at the property's own hours": """
        select k.id from booking k join property p on p.id = k.property_id
        where (k.starts_at at time zone p.time_zone)::date <> k.check_in
           or (k.ends_at at time zone p.time_zone)::date <> k.check_out""",
    "every booking's history leads to where it is": """
        select k.id from booking k where k.status is distinct from
            (select to_status from booking_history h where h.booking_id = k.id order by h.id desc limit 1)""",
    "history has no gaps": """
        select h.booking_id from (select booking_id, from_status, lag(to_status) over (partition by booking_id order by id) as before
                                  from booking_history) h where h.from_status is distinct from h.before""",
    "bookings take only legal steps (I9)": f"""
        select booking_id, from_status, to_status, actor from booking_history
        where case when alteration_id is null
            then (coalesce(from_status, ''), to_status, actor) not in (values {STEPS})
            else from_status <> to_status or to_status not in ('confirmed', 'in_stay') or actor not in ('guest', 'host') end""",
    "prices add up (I2)": """
        select id from booking where total <> accommodation + guest_fee + tax
           or total <> (select sum((l -> 'amount' ->> 'amount')::bigint) from jsonb_array_elements(lines) l)""",
    "nobody gets back more than was paid": "select id from booking where paid < 0 or (refund -> 'due' ->> 'amount')::bigint > paid",
    "events have been told (I7)": "select id, kind from outbox_event where dispatched_at is null",
    "mails have ended": "select id, kind, status, last_error from mail where status not in ('kept', 'sent', 'skipped')",
    "jobs have ended (I8)": """
        select kind, status, errors from job
        where status in ('dead', 'retrying') or (status = 'scheduled' and run_at <= %(now)s)""",
    "property ratings are what their reviews say": """
        select p.id from property p left join (
            select property_id, count(*) as n, sum(100 * rating) as points from review
            where listed and direction = 'guest_to_property' and rating is not null group by property_id) r
        on r.property_id = p.id
        where (p.rating_count, p.rating_points) is distinct from (coalesce(r.n, 0), coalesce(r.points, 0))""",
    "reviews are of stays that are over": """
        select r.id from review r join booking k on k.id = r.booking_id where k.status <> 'completed'""",
    "both sides of a review come out together": """
        select a.id from review a join review b using (booking_id)
        where a.direction < b.direction and (a.published_at is null) <> (b.published_at is null)
          and a.superseded_at is null and b.superseded_at is null""",
    "reviews come out when their time is over": """
        select id from review where published_at is null and superseded_at is null and closes_at <= %(now)s""",
    "what feeds close is closed": """
        select f.feed_id, f.nights from feed_block f
        where not f.nights::datemultirange <@ (
            select coalesce(range_agg(s.blocked), '{}') from stay_block s where s.property_id = f.property_id)
          and upper(f.nights) > (%(now)s at time zone 'Pacific/Pago_Pago')::date + 2""",
}


@pytest.fixture
def market(start_server, new_database, new_redis, api_of):
    """market(seed, …) → a Market on a server, database and Redis of its own."""
    made = []

    def begin(seed, **size):
        server = start_server(new_database(), new_redis(), **SETTINGS)
        db = psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row)
        api = api_of(server)
        api.clock.set(BEGIN)
        made.append((server, db, Market(server, api, db, seed, **size)))
        return made[-1][2]

    yield begin
    for server, db, m in made:
        m.calendars.close()
        db.close()
        server.close()


def busy(market):
    """Whether anything still waits that the time that has passed should have done."""
    row = market.db.execute(
        """select (select count(*) from booking where due_at <= %(now)s)
                + (select count(*) from outbox_event where dispatched_at is null)
                + (select count(*) from mail where status = 'waiting')
                + (select count(*) from review where published_at is null and superseded_at is null and closes_at <= %(now)s)
                + (select count(*) from job_schedule where next_at <= %(now)s)
                + (select count(*) from job where status in ('waiting', 'running', 'retrying')
                                               or (status = 'scheduled' and run_at <= %(now)s)) as n""",
        {"now": market.clock.now()},
    ).fetchone()
    return row["n"] > 0


def settle(market):
    wait_until(lambda: not busy(market), 60, "everything that is due is done", every=0.05)


def broken_promises(market):
    found = {}
    for promise, query in PROMISES.items():
        if rows := market.db.execute(query, {"now": market.clock.now()}).fetchmany(5):
            found[promise] = rows
    if wrong := market.misheard():
        found["feeds close what they last said"] = wrong[:5]
    return found


def forgotten(market):
    """Bookings that are not as they were last acknowledged, but for what time has done since (I5)."""
    there = {str(r["id"]): r for r in market.db.execute("select * from booking").fetchall()}
    assert there.keys() == market.bookings.keys(), "every acknowledged booking is there, and no other (I5)"
    wrong = []
    for id, (_, _, told) in market.bookings.items():
        b, total = there[id], told["price"]["total"]
        same = (str(b["check_in"]), str(b["check_out"]), b["guests"], b["total"], b["currency"].strip()) == (
            told["check_in"], told["check_out"], told["guests"], total["amount"], total["currency"])  # fmt: skip
        if not same or b["status"] not in (told["status"], *LATER.get(told["status"], ())):
            wrong.append((b, told))
    return wrong


def check(market):
    settle(market)
    assert broken_promises(market) == {}
    assert forgotten(market) == []


def play(market, days, actions):
    """`actions` a day, in jumps of a few days at odd hours; a check about once a month."""
    began, months = market.clock.now(), 0
    while (passed := market.clock.now() - began) < datetime.timedelta(days=days):
        if passed >= datetime.timedelta(days=30.4 * (months + 1)):
            check(market)
            months += 1
        hours = market.random.choice([7, 31, 60, 85, 110])
        for _ in range(max(1, round(actions * hours / 24))):
            market.act()
        market.clock.advance(hours=hours)
        settle(market)
    check(market)


def test_a_simulated_year_keeps_every_promise(market):
    seed, actions = int(os.environ.get("ROOST_YEAR_SEED", "1")), float(os.environ.get("ROOST_YEAR_ACTIONS", "8"))
    print(f"seed {seed}")
    m = market(seed)
    try:
        play(m, 365, actions)
    except AssertionError as e:
        raise AssertionError(f"ROOST_YEAR_SEED={seed}, {m.clock.now():%Y-%m-%d %H:%M}: {e}") from e
    reached = {r["status"] for r in m.db.execute("select distinct to_status as status from booking_history").fetchall()}
    assert reached >= {"requested", "awaiting_payment", "confirmed", "in_stay", "completed", "expired", "declined",
                       "cancelled_by_guest", "cancelled_by_host", "no_show"}, reached  # fmt: skip
    for what in ("book", "accept", "decline", "cancel", "no-show", "propose", "accept a change", "review", "close", "feed"):
        assert m.counts.get(what, {}).get("done", 0) > 0, m.counts


def test_a_seed_plays_the_same_year_again(market):
    def played():
        m = market(5, hosts=3, listings=12, guests=40)
        play(m, 20, 10)
        return m.log

    assert played() == played()


def test_a_broken_promise_would_be_noticed(market):
    """The control: what no request can do, done behind the server's back."""
    m = market(3, hosts=2, listings=6, guests=20)
    play(m, 12, 10)
    m.db.execute("update property set rating_count = rating_count + 1 where id = %s", [m.listings[0]["id"]])
    m.db.execute("update booking set status = 'no_show', due_at = null where id = (select min(id::text)::uuid from booking)")
    m.db.execute("""insert into booking_history (booking_id, from_status, to_status, actor, at)
                    select id, 'completed', 'confirmed', 'guest', now() from booking limit 1""")
    m.db.execute("update feed_block set nights = daterange(lower(nights), upper(nights) + 1)")
    moved = m.db.execute("update booking set guests = guests + 1 where status = 'confirmed' returning id").fetchall()
    assert {"property ratings are what their reviews say", "every booking's history leads to where it is",
            "bookings take only legal steps (I9)", "feeds close what they last said"} <= broken_promises(m).keys()  # fmt: skip
    assert moved and {r["id"] for r in moved} <= {b["id"] for b, _ in forgotten(m)}
