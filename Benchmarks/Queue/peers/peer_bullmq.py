"""BullMQ's Python port, sixteen tasks at once."""
import asyncio, functools, sys
import tasks
from bullmq import Queue, Worker

OPTIONS = {"removeOnComplete": True, "attempts": 3}
_loop = _queue = None


async def _make():
    return Queue("fetch", {"connection": tasks.URL})


async def _submit(first, end):
    for start in range(first, end, 1000):
        await _queue.addBulk([{"name": "fetch", "data": tasks.arguments(n), "opts": OPTIONS}
                              for n in range(start, min(end, start + 1000))])


def submit(first, end):
    global _loop, _queue
    if _loop is None:
        _loop = asyncio.new_event_loop()
        _queue = _loop.run_until_complete(_make())
    _loop.run_until_complete(_submit(first, end))


latencies = functools.partial(tasks.latencies, submit)


def workers():
    return [[sys.executable, "-c", f"import peer_bullmq; peer_bullmq.work({stage!r})"] for stage in ("fetch", "index")]


def work(stage):
    async def run():
        following = Queue("index", {"connection": tasks.URL})

        async def fetch(job, token):
            await following.add("index", {**job.data, "payload": tasks.PAYLOAD}, OPTIONS)

        async def index(job, token):
            tasks.done(job.data["number"])

        Worker(stage, fetch if stage == "fetch" else index, {"connection": tasks.URL, "concurrency": 16})
        await asyncio.Event().wait()
    asyncio.run(run())
