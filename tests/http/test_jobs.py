"""The queue over real processes that die, stand still and are told to end."""

import json
import signal
import subprocess

import pytest

from support.processes import wait_until


@pytest.fixture
def start_worker(start_server, new_redis, queue):
    started = []

    def start(**environment):
        worker = start_server(queue.url, new_redis(), command="worker", **environment)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.close()


def test_a_worker_does_what_is_in_the_queue_and_tells_how_it_goes(queue, start_worker):
    jobs = [queue.enqueue(text=f"n{i}") for i in range(20)]
    worker = start_worker()
    for job in jobs:
        queue.wait_for(job, None)
    assert sorted(queue.notes()) == sorted((f"n{i}", 1) for i in range(20))
    text = worker.get("/metrics").body.decode()
    assert 'roost_job_tries_total{kind="test.note",outcome="done"} 20' in text
    assert "roost_job_seconds_count" in text
    worker.get("/api/v1/properties/").expect(404)


def test_a_killed_workers_job_is_done_by_another(queue, start_worker):
    first = start_worker()
    job = queue.enqueue(text="once", hold_ms=3_600_000)
    queue.wait_for(job, "running")
    first.kill()
    queue.db.execute("update job set payload = payload || %s where id = %s", [json.dumps({"hold_ms": 0}), job])
    start_worker()
    assert queue.job(job)["status"] == "running", "until its lease has passed, nobody else touches it"
    queue.end_lease(job)
    queue.wait_for(job, None)
    assert queue.notes() == [("once", 2)]


@pytest.mark.parametrize("together, effects", [(True, [("once", 2)]), (False, [("once", 1), ("once", 2)])])
def test_a_worker_that_stood_still_past_its_lease_changes_nothing(queue, start_worker, together, effects):
    """The control writes its note apart from the job's end: there the stale worker leaves a second one."""
    first = start_worker()
    job = queue.enqueue(text="once", hold_ms=2_000, together=together)
    queue.wait_for(job, "running")
    first.signal(signal.SIGSTOP)
    try:
        start_worker()
        queue.end_lease(job)
        queue.wait_for(job, None)
    finally:
        first.signal(signal.SIGCONT)
    wait_until(lambda: "lease had passed to another" in first.log_text(), 60, "the first worker noticing")
    assert queue.notes() == effects


def test_a_poisonous_job_ends_up_dead_while_others_go_on_and_people_can_mend_it(queue, start_worker, binary):
    worker = start_worker()
    worker.expect_errors("a job is given up")
    poison = queue.enqueue("test.fragile", text="mended", broken=True)
    others = [queue.enqueue(text=f"n{i}") for i in range(10)]
    queue.wait_for(poison, "dead")
    for job in others:
        queue.wait_for(job, None)

    def roost(*words):
        done = subprocess.run(
            [binary, "jobs", *words], env={"ROOST_DATABASE_URL": queue.url}, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout

    assert roost("list", "--status", "running") == (0, "")
    code, listed = roost("list", "--status", "dead", "--kind", "test.fragile")
    assert code == 0 and listed.count("\n") == 1 and poison in listed and "broken as asked" in listed
    code, shown = roost("show", poison)
    assert code == 0 and shown.count("failed    ") == 3
    assert roost("retry")[0] != 0, "everything at once is nothing one means"
    queue.db.execute("update job set payload = payload - 'broken' where id = %s", [poison])
    assert roost("retry", "--status", "dead", "--kind", "test.fragile")[0] == 0
    queue.wait_for(poison, None)
    assert ("mended", 1) in queue.notes()

    waiting = queue.enqueue("test.unheard_of", text="x")
    assert roost("cancel", waiting) == (0, f"{waiting}  cancelled\n")
    assert roost("cancel", waiting)[0] == 1 and roost("show", waiting)[0] == 1
    assert roost("retry", poison)[0] == 1


def test_a_worker_told_to_end_finishes_what_it_has_and_begins_nothing(queue, start_worker):
    worker = start_worker()
    job = queue.enqueue(text="finished", hold_ms=2_000)
    queue.wait_for(job, "running")
    worker.signal(signal.SIGTERM)
    wait_until(lambda: "draining" in worker.log_text(), 30, "the worker draining")
    late = queue.enqueue(text="late")
    assert worker.wait(45) == 0
    assert queue.notes() == [("finished", 1)] and queue.job(late)["tries"] == 0


def test_what_does_not_end_in_time_goes_back_to_the_queue_uncounted(queue, start_worker):
    worker = start_worker(ROOST_HTTP_DRAIN_TIMEOUT_MS="2000")
    job = queue.enqueue(text="long", hold_ms=3_600_000)
    queue.wait_for(job, "running")
    assert worker.stop() == 0
    left = queue.job(job)
    assert (left["status"], left["tries"], left["lease_until"]) == ("waiting", 0, None)


def test_serve_does_jobs_unless_told_not_to(queue, start_server, new_redis):
    job = queue.enqueue(text="x")
    idle = start_server(queue.url, new_redis(), ROOST_JOBS_IN_PROCESS="false")
    assert idle.get("/healthz").status == 200 and queue.job(job)["status"] == "waiting"
    busy = start_server(queue.url, new_redis())
    queue.wait_for(job, None)
    idle.close()
    busy.close()


@pytest.mark.parametrize("hours", [26, -26])
def test_a_workers_wrong_clock_changes_neither_leases_nor_what_is_due(queue, start_worker, wrong_clock, hours):
    due, later = (
        queue.enqueue(text=text, at=queue.db.execute(f"select now() {when} as at").fetchone()["at"])
        for text, when in [("due", "- interval '1 minute'"), ("later", "+ interval '1 hour'")]
    )
    worker = start_worker(**wrong_clock(hours * 3600))
    held = queue.enqueue(text="held", hold_ms=3_600_000)
    queue.wait_for(held, "running")
    row = queue.job(held)
    assert 0 < (row["lease_until"] - row["now"]).total_seconds() <= 70
    queue.wait_for(due, None)
    assert queue.notes() == [("due", 1)]
    assert queue.job(later)["status"] == "scheduled"
    told = worker.log()[0]["time"]
    skew = queue.db.execute("select extract(epoch from %s::timestamptz - now()) as s", [told]).fetchone()["s"]
    assert abs(float(skew)) > 20 * 3600, "the clock really is wrong"
    worker.kill()


def test_a_schedule_fires_once_over_all_processes(queue, start_worker):
    workers = [start_worker(ROOST_JOBS_POLL_MS="20") for _ in range(3)]

    def ticks():
        return sum(
            int(line.rsplit(" ", 1)[1])
            for w in workers
            for line in w.get("/metrics").body.decode().splitlines()
            if line.startswith('roost_job_tries_total{kind="test.tick",outcome="done"}')
        )

    wait_until(lambda: ticks() == 1, 30, "the first tick")
    for days in range(1, 4):
        queue.db.execute("update job_schedule set next_at = now() - interval '40 hours' where kind = 'test.tick'")
        wait_until(lambda: ticks() >= 1 + days, 30, "the next tick")
    marker = queue.enqueue(text="marker")
    queue.wait_for(marker, None)
    assert ticks() == 4
