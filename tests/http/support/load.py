"""Clients that keep asking while something breaks, and remember every answer."""

import collections
import http.client
import threading


class Load:
    """Runs `ask(i)` over and over in some threads between `with` and its end; `ask` gives a Reply.

    `broken` counts connections that broke without an answer; anything else that `ask` raises ends the load and is
    raised at the end of the `with`.
    """

    def __init__(self, ask, threads=4):
        self.ask = ask
        self.replies = []
        self.broken = 0
        self._error = None
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(threads)]

    def _run(self, worker):
        turn = worker
        while not self._stop.is_set():
            try:
                self.replies.append(self.ask(turn))
            except (http.client.HTTPException, OSError):
                self.broken += 1
                self._stop.wait(0.01)
            except BaseException as e:
                self._error = e
                self._stop.set()
            turn += len(self._threads)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "a request was never answered"
        if kind is None and self._error is not None:
            raise self._error

    def statuses(self):
        return collections.Counter(reply.status for reply in self.replies)
