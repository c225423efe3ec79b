"""What a Python shop has: an application of Celery's own, over the Redis named by the environment."""

import os

from celery import Celery

app = Celery("shop", broker=os.environ["SHOP_BROKER"], backend=os.environ["SHOP_RESULTS"])
app.conf.task_routes = {"test.*": {"queue": "roost"}}


@app.task(name="shop.greet", bind=True)
def greet(self, **what):
    return {"heard": what, "id": self.request.id}


@app.task(name="test.fragile", bind=True, acks_late=True)
def fragile(self, text, **_):
    return f"python did {text}"
