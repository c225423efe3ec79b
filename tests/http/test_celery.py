"""Jobs go to a real Celery worker, and a real Celery client asks for jobs."""

import base64
import datetime
import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest
import redis as redis_client
from celery import Celery
from celery.exceptions import TaskRevokedError

from support.processes import wait_until

SUPPORT = pathlib.Path(__file__).parent / "support"


@pytest.fixture
def broker(private_redis):
    """Broker and result backend: two databases of one Redis."""
    return private_redis.url.rstrip("/") + "/0", private_redis.url.rstrip("/") + "/1"


@pytest.fixture
def shop(broker):
    app = Celery("client", broker=broker[0], backend=broker[1])
    app.conf.task_routes = {"test.*": {"queue": "roost"}}
    # A result that is collected as garbage would call Redis: in the middle of another such call, and wait for itself for
    # ever, or when its Redis is gone.
    app.backend.result_consumer.cancel_for = lambda task_id: None
    yield app
    app.close()


@pytest.fixture
def start_bridge(start_server, new_redis, queue, broker):
    started = []

    def start(**environment):
        worker = start_server(
            queue.url,
            new_redis(),
            command="worker",
            ROOST_CELERY_URL=broker[0],
            ROOST_CELERY_RESULTS_URL=broker[1],
            **environment,
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.close()


@pytest.fixture
def celery_worker(broker, tmp_path):
    """Debian's Celery at work on the queue `py`."""
    log = tmp_path / "celery.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_app", "worker", "-Q", "py", "-P", "solo", "-l", "info"]
        + ["--without-mingle", "--without-gossip", "--without-heartbeat"],
        cwd=SUPPORT,
        env={**os.environ, "SHOP_BROKER": broker[0], "SHOP_RESULTS": broker[1], "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    wait_until(lambda: b" ready" in log.read_bytes() or process.poll() is not None, 90, "Celery being ready")
    assert process.poll() is None, log.read_text()
    yield log
    process.terminate()
    process.wait(60)


def test_a_celery_worker_does_the_jobs_that_are_routed_to_it(queue, start_bridge, celery_worker, shop):
    start_bridge(ROOST_CELERY_PUBLISH="shop.greet:py,test.fragile:py")
    foreign = queue.enqueue("shop.greet", name="Zoë", nights=3, price={"amount": 12345, "currency": "EUR"})
    known = queue.enqueue("test.fragile", text="a note")
    ours = queue.enqueue(text="ours")
    for job in (foreign, known, ours):
        queue.wait_for(job, None)
    heard = shop.AsyncResult(foreign).get(timeout=60)
    assert heard == {
        "heard": {"name": "Zoë", "nights": 3, "price": {"amount": 12345, "currency": "EUR"}},
        "id": foreign,
    }
    assert shop.AsyncResult(known).get(timeout=60) == "python did a note"
    assert queue.notes() == [("ours", 1)]


def test_a_job_for_celery_waits_while_its_redis_is_away(queue, start_bridge, private_redis, shop):
    worker = start_bridge(ROOST_CELERY_PUBLISH="shop.greet:py")
    private_redis.kill()
    job = queue.enqueue("shop.greet", name="Ann")
    queue.wait_for(job, "retrying")
    private_redis.start()
    queue.wait_for(job, None)
    with redis_client.Redis.from_url(private_redis.url) as r:
        [message] = r.lrange("py", 0, -1)
    assert json.loads(message)["headers"]["id"] == job
    assert worker.running()


def test_a_celery_client_gets_its_job_done_and_hears_how_it_ended(queue, start_bridge, shop):
    worker = start_bridge(ROOST_CELERY_ACCEPT="test.note,test.fragile")
    worker.expect_errors("a job is given up")
    good = shop.send_task("test.note", kwargs={"text": "from python"})
    assert good.get(timeout=60) is None
    assert queue.notes() == [("from python", 1)]
    urgent = shop.send_task("test.note", kwargs={"text": "urgent"}, priority=9)
    assert urgent.get(timeout=60) is None
    bad = shop.send_task("test.fragile", kwargs={"text": "x", "broken": True})
    with pytest.raises(RuntimeError, match="broken as asked"):
        bad.get(timeout=60)
    quiet = shop.send_task("test.note", kwargs={"text": "quiet"}, ignore_result=True)
    wait_until(lambda: ("quiet", 1) in queue.notes(), 60, "the job that nobody waits for")
    marker = shop.send_task("test.note", kwargs={"text": "marker"})
    marker.get(timeout=60)
    assert shop.AsyncResult(quiet.id).state == "PENDING"


def test_what_may_not_be_asked_for_is_refused_with_the_reason(queue, start_bridge, shop, broker):
    start_bridge(ROOST_CELERY_ACCEPT="test.note")
    late = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    cases = {
        "may be asked for": shop.send_task("bookings.pass_time", queue="roost"),
        "text": shop.send_task("test.note", kwargs={}),
        "unheard_of": shop.send_task("test.note", kwargs={"text": "x", "unheard_of": 1}),
        "positional": shop.send_task("test.note", args=["x"]),
    }
    for why, sent in cases.items():
        with pytest.raises(RuntimeError, match=why):
            sent.get(timeout=60)
    chained = shop.signature("test.note", kwargs={"text": "a"}) | shop.signature("test.note", kwargs={"text": "b"})
    with pytest.raises(RuntimeError, match="chain"):
        chained.apply_async().parent.get(timeout=60)
    with pytest.raises(TaskRevokedError):
        shop.send_task("test.note", kwargs={"text": "x"}, expires=late).get(timeout=60)
    with redis_client.Redis.from_url(broker[0]) as r:
        for junk in (b"", b"junk", b"[]", b"{}", b'{"headers": {"id": 3}}', b"\xff\x00", b"[" * 5000):
            r.lpush("roost", junk)
        wait_until(lambda: r.llen("roost.refused-by-roost") == 7, 60, "what cannot be read being set aside")
        wait_until(lambda: r.llen("roost") + r.llen("roost.taken-by-roost") == 0, 60, "everything being taken")
        nul, unkept = "\0", [str(uuid.uuid4()) for _ in range(4)]
        for id, headers in zip(unkept, ({"task": nul}, {"parent_id": nul}, {"group": nul}, {})):
            r.lpush("roost", message(id, headers, text="x", **({} if headers else {nul: 1})))
        for id in unkept:
            with pytest.raises(RuntimeError, match="NUL"):
                shop.AsyncResult(id).get(timeout=60)
        shop.send_task("test.note", kwargs={"text": "behind them"}).get(timeout=60)
        assert r.llen("roost.refused-by-roost") == 7 + 4
    assert queue.notes() == [("behind them", 1)] and queue.db.execute("select count(*) as n from job where kind like 'test.n%'").fetchone()["n"] == 0


def message(id, headers=None, **kwargs):
    return json.dumps(
        {
            "body": base64.b64encode(json.dumps([[], kwargs, {}]).encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"task": "test.note", "id": id, **(headers or {})},
            "properties": {"body_encoding": "base64", "delivery_tag": id, "delivery_info": {}},
        }
    )


def test_a_message_that_comes_twice_and_one_left_behind_by_the_dead_make_one_job_each(queue, start_bridge, broker, shop):
    once, left = str(uuid.uuid4()), str(uuid.uuid4())
    with redis_client.Redis.from_url(broker[0]) as r:
        r.lpush("roost", message(once, text="once"), message(once, text="once"))
        r.lpush("roost.taken-by-roost", message(left, text="left"))
        start_bridge(ROOST_CELERY_ACCEPT="test.note")
        for id in (once, left):
            shop.AsyncResult(id).get(timeout=60)
        r.lpush("roost", message(once, text="once"))
        wait_until(lambda: r.llen("roost") + r.llen("roost.taken-by-roost") == 0, 60, "the repetition being taken")
    marker = shop.send_task("test.note", kwargs={"text": "marker"})
    marker.get(timeout=60)
    assert sorted(queue.notes()) == [("left", 1), ("marker", 1), ("once", 1)]


def test_later_and_cancelled(queue, start_bridge, shop, binary):
    start_bridge(ROOST_CELERY_ACCEPT="test.note")
    later = shop.send_task("test.note", kwargs={"text": "later"}, countdown=3600)
    queue.wait_for(later.id, "scheduled")
    done = subprocess.run([binary, "jobs", "cancel", later.id], env={"ROOST_DATABASE_URL": queue.url}, timeout=60)
    assert done.returncode == 0
    with pytest.raises(TaskRevokedError):
        later.get(timeout=60)
