"""BullMQ for Node: BULLMQ_HOME is a folder whose node_modules has bullmq and ioredis."""
import functools, subprocess
import tasks

_process = None


def submit(first, end):
    global _process
    if _process is None:
        _process = subprocess.Popen(["node", "bullmq.mjs", "submit"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                    cwd=__file__.rpartition("/")[0])
        assert _process.stdout.readline() == "ready\n"
    _process.stdin.write(f"{first} {end}\n")
    _process.stdin.flush()
    assert _process.stdout.readline() == "done\n"


latencies = functools.partial(tasks.latencies, submit)


def workers():
    return [["node", "bullmq.mjs", "work", stage] for stage in ("fetch", "index")]


def close():
    if _process is not None:
        _process.kill()
        _process.wait()
