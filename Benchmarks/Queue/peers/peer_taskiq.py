"""taskiq on Redis streams, a hundred tasks at once."""
import asyncio, functools, os, sys
import tasks
from taskiq_redis import RedisStreamBroker

fetching = RedisStreamBroker(tasks.URL, queue_name="fetch", consumer_id="0")
indexing = RedisStreamBroker(tasks.URL, queue_name="index", consumer_id="0")


@fetching.task(task_name="fetch")
async def fetch(number, video, playlist, language):
    await index.kiq(number, video, tasks.PAYLOAD)


@indexing.task(task_name="index")
async def index(number, video, payload):
    tasks.done(number)


_loop = None


async def _submit(first, end):
    for start in range(first, end, 100):
        await asyncio.gather(*(fetch.kiq(**tasks.arguments(n)) for n in range(start, min(end, start + 100))))


def submit(first, end):
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
        _loop.run_until_complete(fetching.startup())
    _loop.run_until_complete(_submit(first, end))


latencies = functools.partial(tasks.latencies, submit)


def workers():
    command = os.path.join(os.path.dirname(sys.executable), "taskiq")
    return [[command, "worker", f"peer_taskiq:{broker}", "--workers", "1", "--max-async-tasks", "100", "--log-level",
             "ERROR"] for broker in ("fetching", "indexing")]
