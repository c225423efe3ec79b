"""The stages of a payment's way at which something goes wrong, and what goes wrong there."""

import json
import socket

import psycopg
from psycopg.rows import dict_row

from .processes import wait_until
from .simulator import cut, hang, status
from .stays import over

WAITING_FOR_LOCKS = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
WAITING_FOR_A_STANDBY = "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()"
BEGIN, ASK = "POST /v1/payment_intents", r"GET /v1/payment_intents/\w+"

# The stages: each leaves the cell as it is there.


def half_a_request(cell):
    """S1: it is read."""
    for _ in cell.seeds:
        s = socket.create_connection(("127.0.0.1", cell.place.server.port))
        s.sendall(b"POST /api/v1/payments/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        cell.stack.callback(s.close)
    cell.frozen = len(cell.seeds)


def key_claimed(cell):
    """S2: the key is taken, the booking is waited for."""
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_frozen(WAITING_FOR_LOCKS)


def before_commit(cell):
    """S3: the payment is being written."""
    cell.locked("lock table payment in share mode")
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_frozen(WAITING_FOR_LOCKS)


def commit_unanswered(cell):
    """S4: committed, and nobody knows."""
    cell.unanswered_commits()
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_frozen(WAITING_FOR_A_STANDBY)


def begun(cell, after):
    held = cell.stack.enter_context(cell.stripe.held(BEGIN, after))
    cell.go(lambda seed: seed.begin(cell.place), *[(seed,) for seed in cell.seeds])
    cell.wait_held(held)
    return held


def before_the_call(cell):
    """S5: the payment is committed, the provider has done nothing."""
    begun(cell, after=False)


def no_reply(cell):
    """S6: the provider has done it and not said so."""
    begun(cell, after=True)


def before_the_write(cell):
    """S7: its reply has come and is not written."""
    held = begun(cell, after=True)
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def after_the_write(cell):
    """S8: it is written and not committed."""
    held = begun(cell, after=True)
    cell.locked("select from idempotency where operation = 'POST /payments/' for update")
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def no_answer(cell):
    """S9: it is committed and the guest not answered."""
    held = begun(cell, after=True)
    cell.unanswered_commits()
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_A_STANDBY)


def half_an_answer(cell):
    """S10: the guest is answered and gone."""
    for seed in cell.seeds:
        body = json.dumps({"booking_id": seed.booking["id"], "provider": "stripe", "method": "card"}).encode()
        head = (f"POST /api/v1/payments/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: {seed.key}\r\n"
                f"Authorization: Bearer {seed.guest.token}\r\nContent-Length: {len(body)}\r\n\r\n")  # fmt: skip
        s = socket.create_connection(("127.0.0.1", cell.place.server.port))
        s.sendall(head.encode() + body)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        cell.stack.callback(s.close)
    wait_until(lambda: cell.stripe.asked(BEGIN), 20, "somebody at the stage")
    cell.frozen = len(cell.seeds)


def told(cell):
    """Every payment is made and its event not told yet → what tells it."""
    cell.begin_all()
    cell.pay_all(told=False)
    last = {e.json["data"]["object"]["id"]: e for e in cell.events()}
    return lambda: cell.go(cell.stripe.tell, *[(e,) for e in last.values()])


def event_verified(cell):
    """S11: an event is verified and not kept."""
    tell = told(cell)
    cell.locked("lock table webhook_event in share mode")
    tell()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def event_kept(cell):
    """S12: it is kept and not answered."""
    tell = told(cell)
    cell.unanswered_commits()
    tell()
    cell.wait_frozen(WAITING_FOR_A_STANDBY)


def job_claimed(cell):
    """S13: a job has begun."""
    tell = told(cell)
    held = cell.stack.enter_context(cell.stripe.held(ASK))
    tell()
    cell.wait_held(held)


def done_and_not_marked(cell):
    """S14: held money is taken, and nobody has noted it."""
    cell.begin_all()
    cell.pay_all()
    for seed in cell.seeds:
        wait_until(lambda: seed.guest.get(f"/payments/{seed.payment['id']}/").expect(200)["status"] == "authorized", 60, "held")
    held = cell.stack.enter_context(cell.stripe.held(r"POST /v1/payment_intents/\w+/capture", after=True))
    for seed in cell.seeds:
        cell.host.post(f"/bookings/{seed.booking['id']}/accept/").expect(200)
    cell.wait_held(held)
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def expiring(cell):
    """S15: nobody has heard of the money, and the time to pay is over."""
    told(cell)
    cell.locked("lock table booking_history in share mode")
    cell.pass_time(16 * 60)
    cell.wait_frozen(WAITING_FOR_LOCKS)


def refund_sent(cell):
    """S16: money has gone back, and the ledger does not know."""
    cell.begin_all()
    cell.pay_all()
    admin = cell.place.api.as_admin()
    cell.wait_paid()
    held = cell.stack.enter_context(cell.stripe.held("POST /v1/refunds", after=True))
    for seed in cell.seeds:
        admin.post(f"/payments/{seed.payment['id']}/refunds/", {"reason": "It was cold."}, headers={"Idempotency-Key": seed.key}).expect(201)
    cell.wait_held(held)
    cell.locked("select from booking where id::text = any (%s) for update", cell.bookings)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


def hosts_half_paid(cell):
    """S17: a batch is under way: hosts have their money, and nobody has noted it, and the last is not in the batch yet."""
    cell.begin_all()
    cell.pay_all()
    cell.wait_paid()
    hosts = [seed.host.id for seed in cell.seeds]
    for seed in cell.seeds:
        over(cell.place.db, seed.booking, cell.clock.now(), days_ago=5)
        cell.house.account(seed.host, "acct_1Host", provider="stripe")
    cell.locked("select from ledger_balance where account = 'host_payable' and owner = %s for update", hosts[-1])
    held = cell.stack.enter_context(cell.stripe.held("POST /v1/transfers", after=True))
    cell.house.start_batch()
    cell.wait_held(held)
    cell.locked("select from payout where host_id::text = any (%s) for update", hosts)
    held.opened.set()
    cell.wait_frozen(WAITING_FOR_LOCKS)


STAGES = {
    "S1": half_a_request, "S2": key_claimed, "S3": before_commit, "S4": commit_unanswered, "S5": before_the_call, "S6": no_reply,
    "S7": before_the_write, "S8": after_the_write, "S9": no_answer, "S10": half_an_answer, "S11": event_verified,
    "S12": event_kept, "S13": job_claimed, "S14": done_and_not_marked, "S15": expiring, "S16": refund_sent,
    "S17": hosts_half_paid,
}  # fmt: skip


# What goes wrong there.


def kill(cell):
    cell.place.server.kill()
    yield
    cell.place.db.execute("update job set lease_until = now() where status = 'running'")  # as if its time had passed
    cell.place.server.start()
    cell.pass_time(0)  # a new process believes its machine's clock


def restart_postgres(cell):
    cell.postgres.restart("immediate")
    yield
    cell.place.server.wait_ready()
    cell.place.db = psycopg.connect(cell.place.server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row)


def provider_fails(fault):
    def fail(cell):
        cell.stripe.fail(".*", fault, times=cell.n)
        yield

    fail.at_once = 4  # after five failures in a row a provider is left alone: nothing would be at work
    return fail


def twice(cell):
    """Every event is told twice at once."""
    yield
    for event in list(cell.stripe.events[-4 * cell.n :]):
        for _ in range(2):
            cell.go(cell.stripe.tell, (event,))


def late(cell):
    """No event is told before everything else is over."""
    cell.stripe.telling = False
    yield


FAULTS = {
    "kill -9": kill, "PostgreSQL": restart_postgres, "timeout before": provider_fails(hang()),
    "timeout after": provider_fails(hang(after=True)), "500": provider_fails(status(500)), "cut after": provider_fails(cut(after=True)),
    "twice": twice, "late": late,
}  # fmt: skip
