"""Fetches the transcripts of some videos with youtube-transcript-api in 32 threads: peer.py PROXY CA ID...

Prints one line: videos, failures, wall time, processor time. `compare` beside this file starts it.
"""
import os
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

proxy, authority, ids = sys.argv[1], sys.argv[2], sys.argv[3:]
os.environ["REQUESTS_CA_BUNDLE"] = authority
from youtube_transcript_api import YouTubeTranscriptApi  # noqa: E402
from youtube_transcript_api.proxies import GenericProxyConfig  # noqa: E402

# Its session is not for several threads: each has one.
local = threading.local()


def fetch(video):
    if not hasattr(local, "api"):
        local.api = YouTubeTranscriptApi(proxy_config=GenericProxyConfig(http_url=proxy, https_url=proxy))
    try:
        # Ours takes the video's own language, whichever it is.
        return len(local.api.fetch(video, languages=["en", "de", "es"]))
    except Exception as error:
        print(f"{video}: {type(error).__name__}", file=sys.stderr)
        return None


start = time.monotonic()
with ThreadPoolExecutor(32) as pool:
    counts = list(pool.map(fetch, ids))
wall = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_SELF)
processor = usage.ru_utime + usage.ru_stime
print(
    f"youtube-transcript-api, 32 threads: {len(ids)} videos, {counts.count(None)} failed; wall {wall:.2f} s, "
    f"processor {processor:.2f} s, {len(ids) / wall:.1f} videos/s, {len(ids) / processor:.1f} videos per second of processor"
)
