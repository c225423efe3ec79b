"""The queue beside plain SQL that promises the same: a row put in by a transaction of its own; taken, and deleted once done."""

import os
import pathlib
import subprocess

import psycopg

BUILD = pathlib.Path(os.environ["ROOST_BUILD_DIR"])
BACKLOG = 100_000
INSERT = "insert into job (kind, payload, priority, status) values ('bench.idle', '{}', 5, 'waiting');"
TAKE = """
update job set status = 'running', token = token + 1, tries = tries + 1, lease_until = now() + interval '70 s'
where id = (select id from job where kind = 'bench.idle' and status = 'waiting' order by priority, ready_at limit 1
            for update skip locked)
returning id as job, token \\gset
delete from job where id = :job and token = :token and status = 'running';
"""


def rate(*words):
    out = subprocess.run([BUILD / "tests/queue_rate", *map(str, words)], check=True, text=True, capture_output=True, timeout=600)
    return [float(word) for word in out.stdout.split()]


def fill(url):
    """A backlog, and nothing else in the table."""
    with psycopg.connect(url, autocommit=True) as c:
        c.execute("truncate job, job_schedule")
        c.execute("insert into job (kind, payload, priority, status) select 'bench.idle', '{}', 5, 'waiting'"
                  " from generate_series(1, %s)", [BACKLOG])
        c.execute("vacuum analyze job")


def enqueue(bench):
    fill(bench.url)
    ours = rate(bench.url, "enqueue", bench.seconds)
    fill(bench.url)
    return ours, bench.pgbench("begin;\n" + INSERT + "\ncommit;", clients=32)


def drain(bench):
    fill(bench.url)
    ours, done, early, late = rate(bench.url, "drain")
    assert done == BACKLOG, f"{done} jobs were done, not {BACKLOG}"
    fill(bench.url)
    ceiling = bench.pgbench(TAKE, clients=16)
    return (ours, early / 1024, late / 1024), ceiling
