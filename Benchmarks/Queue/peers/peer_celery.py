"""Celery: its fastest pool for short tasks (one thread a process), results off."""
import functools, os, sys
import tasks
from celery import Celery

app = Celery("peer_celery", broker=tasks.URL)
app.conf.update(task_ignore_result=True, worker_send_task_events=False, broker_connection_retry_on_startup=True)


@app.task(name="fetch")
def fetch(number, video, playlist, language):
    index.apply_async((number, video, tasks.PAYLOAD), queue="index")


@app.task(name="index")
def index(number, video, payload):
    tasks.done(number)


def submit(first, end):
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(first, end):
            fetch.apply_async(kwargs=tasks.arguments(number), producer=producer, queue="fetch")


latencies = functools.partial(tasks.latencies, submit)


def workers():
    celery = os.path.join(os.path.dirname(sys.executable), "celery")
    return [[celery, "-A", "peer_celery", "worker", "-P", "threads", "-c", "1", "-Q", stage, "-l", "ERROR",
             "--without-gossip", "--without-mingle", "-n", f"{stage}@here"] for stage in ("fetch", "index")]
