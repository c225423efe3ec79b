"""What waits for a lock in the database, so that a test can say who comes first."""

import concurrent.futures
import contextlib

import psycopg

from .processes import wait_until

WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


class Queue:
    """Calls that wait, one after the other, for what `holding` has locked."""

    def __init__(self, db, holding, pool):
        self.db, self.holding, self.pool, self.calls = db, holding, pool, 0

    def add(self, call, *args):
        """Begins the call and comes back once it waits too → its future."""
        future = self.pool.submit(call, *args)
        self.calls += 1
        wait_until(lambda: self.db.execute(WAITING).fetchone()["count"] >= self.calls, 10, f"call {self.calls} waits")
        return future


@contextlib.contextmanager
def queue_behind(db, database, lock, *params):
    """A transaction of the test's own that has done `lock`; it lets go where the block says `holding.commit()`."""
    # In this order: when a test fails, what it holds is let go before the calls are waited for.
    with concurrent.futures.ThreadPoolExecutor() as pool, psycopg.connect(database) as holding:
        holding.execute(lock, params)
        yield Queue(db, holding, pool)
