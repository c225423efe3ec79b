"""A payout is decided, asked for and settled; whatever dies or races in between, it happens once (S17, W1, I3, I6)."""

import concurrent.futures
import random
import subprocess
import time

import pytest

from support.payments import BUSY, assert_sound
from support.payouts import paying, set_account, share
from support.processes import wait_until
from support.waiting import queue_behind


@pytest.fixture(scope="module")
def apart(start_server, new_database, new_redis, api_of, binary):
    """(house, worker, run): an API, the process that does its jobs, and `roost payouts …` → lines."""
    with paying(start_server, new_database, new_redis, api_of, ROOST_JOBS_IN_PROCESS="false",
                ROOST_DATABASE_LOCK_MS="20000", ROOST_DATABASE_STATEMENT_MS="20000") as house:  # fmt: skip
        environment = house.server.environment
        worker = start_server(environment["ROOST_DATABASE_URL"], environment["ROOST_REDIS_URL"], command="worker")

        def run(*words):
            done = subprocess.run([binary, "payouts", *words], env=environment, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done
            return done.stdout.splitlines()

        yield house, worker, run
        worker.close()


def paid_by(house, host):
    """What the provider was asked, and what of it went out."""
    return house.db.execute("""select s.state, s.amount, s.asked from sandbox_payout s join payout p on p.id::text = s.idempotency_key
                               where p.host_id = %s""", [host.id]).fetchall()


@pytest.mark.parametrize("stop", ["host", "booking", "account", "destination"])
def test_a_payout_that_nobody_has_asked_for_goes_nowhere_it_must_not_go(apart, stop):
    house, worker, run = apart
    host, admin = house.host(), house.api.as_admin()
    _, booking, _ = house.earned(host)
    worker.stop()
    run("run")
    assert house.payouts(host) == [("pending", share(booking))] and house.owed(host) == 0
    if stop in ("host", "booking"):
        held = {f"{stop}_id": host.id if stop == "host" else booking["id"], "reason": "Wait."}
        admin.post("/admin/payout-holds/", held).expect(201)
    elif stop == "account":
        host.delete("/users/me/payout-account/").expect(204)
    else:
        house.account(host, "account_2")
    worker.start()
    house.decided()
    assert house.payouts(host) == [("failed", share(booking))] and paid_by(house, host) == []
    assert house.owed(host) == share(booking)
    listed = [line for line in run("list", "--host", host.id, "--status", "failed")]
    why = "held" if stop in ("host", "booking") else "destination_changed"
    assert len(listed) == 1 and listed[0].endswith(why) and "account_1" not in listed[0]
    assert_sound(house.db, settled=True)


def test_a_payout_that_was_asked_for_goes_on_whatever_is_held(apart):
    """Control: nobody knows any more that it has not gone out."""
    house, worker, run = apart
    host = house.host("unknown")
    _, booking, _ = house.earned(host)
    worker.stop()
    run("run")
    house.db.execute("update payout set asked_at = now() where host_id = %s", [host.id])
    house.api.as_admin().post("/admin/payout-holds/", {"host_id": host.id, "reason": "Wait."}).expect(201)
    worker.start()
    house.decided()
    assert house.payouts(host) == [("paid", share(booking))]


@pytest.mark.parametrize("stop", ["hold", "destination"])
def test_whoever_stops_what_is_just_being_asked_for_is_told_so_afterwards(apart, stop):
    """From the answer on nothing goes out: what was looked at before is noted before."""
    house, worker, run = apart
    host, admin = house.host(), house.api.as_admin()
    _, booking, _ = house.earned(host)
    worker.stop()
    run("run")
    stops = {"hold": lambda: admin.post("/admin/payout-holds/", {"host_id": host.id, "reason": "Wait."}),
             "destination": lambda: set_account(host, "account_2")}  # fmt: skip
    with queue_behind(house.db, house.server.environment["ROOST_DATABASE_URL"], "lock table payout in share mode") as queue:
        queue.add(worker.start)
        reply = queue.add(stops[stop])
        queue.holding.commit()
        assert reply.result().status in (200, 201), reply.result()
    house.decided()
    assert house.payouts(host) == [("paid", share(booking))]
    assert_sound(house.db, settled=True)


@pytest.mark.parametrize("step", ["decided", "noted", "asked"])
def test_a_worker_that_dies_after_a_step_leaves_what_the_next_one_ends(apart, step):
    house, worker, run = apart
    host = house.host("unknown" if step == "asked" else "account_1")
    _, booking, _ = house.earned(host)
    worker.stop()
    run("run")
    if step != "decided":
        house.db.execute("update payout set asked_at = now() where host_id = %s", [host.id])
    if step == "asked":  # it went out, and nobody lived to hear of it
        house.db.execute("""insert into sandbox_payout (id, idempotency_key, destination, currency, amount, state)
                            select gen_random_uuid(), id::text, destination, currency, amount, 'paid' from payout
                            where host_id = %s""", [host.id])
    worker.start()
    house.decided()
    assert house.payouts(host) == [("paid", share(booking))]
    assert [(row["state"], row["amount"]) for row in paid_by(house, host)] == [("paid", share(booking))]
    assert_sound(house.db, settled=True)


def test_many_who_run_one_batch_make_one_payout_each(apart):
    house, worker, run = apart
    hosts = [house.host() for _ in range(6)]
    earned = {host.id: share(house.earned(host)[1]) for host in hosts}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(6):
            house.start_batch()
        made = list(pool.map(lambda _: run("run"), range(4)))
    house.decided()
    assert sum(int(lines[-1].split()[0]) for lines in made) <= len(hosts)
    assert [house.payouts(host) for host in hosts] == [[("paid", earned[host.id])] for host in hosts]
    assert [len(paid_by(house, host)) for host in hosts] == [1] * len(hosts)
    assert run("run") == ["0 payouts"]
    assert_sound(house.db, settled=True)


def test_killed_at_any_moment_every_host_is_paid_once(apart):
    house, worker, run = apart
    hosts = [house.host(random.choice(["account_1", "account_1", "slow", "lost", "unknown"])) for _ in range(10)]
    earned = {host.id: share(house.earned(host)[1]) for host in hosts}
    for _ in range(4):
        house.start_batch()
        time.sleep(random.uniform(0, 0.1))
        worker.kill()
        house.db.execute("update job set lease_until = now() where status = 'running'")  # as if its time had passed
        worker.start()
    house.batch()
    wait_until(lambda: all(house.payouts(h) == [("paid", earned[h.id])] for h in hosts), BUSY, "all are paid")
    assert [[(row["state"], row["amount"]) for row in paid_by(house, h)] for h in hosts] == [[("paid", earned[h.id])] for h in hosts]
    assert_sound(house.db, settled=True)


def test_a_batch_of_a_day_to_come_is_refused(apart, binary):
    house, _, run = apart
    done = subprocess.run([binary, "payouts", "run", "--day", "2099-01-01"], env=house.server.environment, capture_output=True,
                          text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2 and "has not come" in done.stderr
    assert run("run", "--day", "2020-01-01") == ["0 payouts"], "nothing was payable then"
