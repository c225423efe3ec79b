"""The queue of jobs as tests see it: its table."""

import json
import uuid

import psycopg
from psycopg.rows import dict_row

from .processes import wait_until


class Queue:
    """A database of its own with the table that jobs of kind test.note write into."""

    def __init__(self, url):
        self.url = url
        self.db = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self.db.execute("create table test_note (text text, try int)")

    def enqueue(self, kind="test.note", at=None, **payload):
        job = str(uuid.uuid4())
        self.db.execute(
            "insert into job (id, kind, payload, priority, status, run_at) values (%s, %s, %s, 5, %s, %s)",
            [job, kind, json.dumps(payload), "scheduled" if at else "waiting", at],
        )
        return job

    def job(self, job):
        return self.db.execute("select *, now() as now from job where id = %s", [job]).fetchone()

    def wait_for(self, job, status, seconds=60):
        """None: until it is done."""
        wait_until(lambda: (self.job(job) or {"status": None})["status"] == status, seconds, f"the job being {status}")

    def end_lease(self, job):
        """As if the time of its lease had passed."""
        self.db.execute("update job set lease_until = now() where id = %s", [job])

    def notes(self):
        return [(n["text"], n["try"]) for n in self.db.execute("select text, try from test_note order by try")]
