"""What all Python peers share: the task that is submitted, and the file in which its end is marked."""
import mmap, os, time

COUNT = int(os.environ["QUEUE_COUNT"])
URL = f"redis://127.0.0.1:{os.environ['QUEUE_PORT']}/0"
PAYLOAD = ("what was said in a video, as a fetcher would hand it over " * 400)[:int(os.environ["QUEUE_SIZE"])]
with open(os.environ["QUEUE_MARKS"], "r+b") as _file:
    _map = mmap.mmap(_file.fileno(), COUNT * 9)
_times = memoryview(_map)[:COUNT * 8].cast("d")
_counts = memoryview(_map)[COUNT * 8:]


def done(number):
    _times[number] = time.monotonic()
    _counts[number] += 1


def arguments(number):
    return {"number": number, "video": f"v{number:010d}", "playlist": "PLbench-0123456789", "language": "en"}


def wait_for(number):
    while not _counts[number]:
        time.sleep(0.00005)
    return _times[number]


def latencies(submit, count):
    """Submits one task after another to a pipeline at rest, and tells how long each took."""
    times = []
    for number in range(count):
        time.sleep(0.03)
        start = time.monotonic()
        submit(number, number + 1)
        times.append((wait_for(number) - start) * 1000)
    times.sort()
    return {name: round(times[min(count - 1, int(count * part))], 2)
            for name, part in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99), ("max_ms", 1))}
