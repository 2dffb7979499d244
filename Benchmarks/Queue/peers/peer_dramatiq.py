"""Dramatiq: eight threads a process."""
import functools, os, sys
import dramatiq, tasks
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url=tasks.URL))


@dramatiq.actor(queue_name="fetch", max_retries=3)
def fetch(number, video, playlist, language):
    index.send(number, video, tasks.PAYLOAD)


@dramatiq.actor(queue_name="index", max_retries=3)
def index(number, video, payload):
    tasks.done(number)


def submit(first, end):
    for number in range(first, end):
        fetch.send(**tasks.arguments(number))


latencies = functools.partial(tasks.latencies, submit)


def workers():
    command = os.path.join(os.path.dirname(sys.executable), "dramatiq")
    return [[command, "peer_dramatiq", "-p", "1", "-t", "8", "-Q", stage] for stage in ("fetch", "index")]
