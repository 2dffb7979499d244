"""Asks a simulator through its proxy with unmodified peers: youtube-transcript-api and yt-dlp.

    clients.py HOST:PORT < cases.json > results.json

Cases are a JSON list of objects with `client`, `user` (the proxy's user name, which is the simulated address of the
client) and `id`; for the client `parse`, which asks nobody, `id` is the path of an srv1 file. Results are a list in the same order: either what came, or `error` with the name of the exception's
class. The authority to trust comes from REQUESTS_CA_BUNDLE and SSL_CERT_FILE.
"""
import json
import re
import sys

PROXY = sys.argv[1]


def transcript(case):
    from youtube_transcript_api import YouTubeTranscriptApi
    from youtube_transcript_api.proxies import GenericProxyConfig

    proxy = f"http://{case['user']}:pw@{PROXY}"
    api = YouTubeTranscriptApi(proxy_config=GenericProxyConfig(http_url=proxy, https_url=proxy))
    found = api.fetch(case["id"], languages=case.get("languages", ["en"]))
    return {
        "language": found.language_code,
        "automatic": found.is_generated,
        "segments": [[round(s.start * 1000), round(s.duration * 1000), s.text] for s in found],
    }


def yt_dlp(case, **more):
    import yt_dlp as module

    options = {
        "quiet": True,
        "no_warnings": True,
        "proxy": f"http://{case['user']}:pw@{PROXY}",
        # Its own bundle would win over SSL_CERT_FILE.
        "compat_opts": {"no-certifi"},
        "retries": 0,
        "extractor_retries": 0,
        "socket_timeout": 20,
        "cachedir": False,
        "skip_download": True,
        "logger": Silent(),
    }
    options.update(more)
    return module.YoutubeDL(options)


class Silent:
    """Keeps what yt-dlp complains of."""

    def __init__(self):
        self.words = []

    def debug(self, text):
        pass

    def info(self, text):
        pass

    def warning(self, text):
        self.words.append(text)

    def error(self, text):
        self.words.append(text)


def playlist(case):
    with yt_dlp(case, extract_flat=True) as client:
        found = client.extract_info(f"https://www.youtube.com/playlist?list={case['id']}", download=False)
        return {"title": found.get("title"), "ids": [entry["id"] for entry in found["entries"]]}


def subtitles(case):
    """The video's tracks by yt-dlp, and the text of the one asked for as json3."""
    silent = Silent()
    # The simulator has no sound and no pictures, only captions.
    with yt_dlp(case, ignore_no_formats_error=True, logger=silent) as client:
        found = client.extract_info(f"https://www.youtube.com/watch?v={case['id']}", download=False)
        tracks = {**found.get("automatic_captions", {}), **found.get("subtitles", {})}
        if not tracks:
            return {"error": "NoTracks", "words": " ".join(silent.words)}
        address = next(f["url"] for f in tracks[case.get("language", "en")] if f["ext"] == "json3")
        body = json.loads(client.urlopen(address).read())
        words = ["".join(s["utf8"] for s in event.get("segs", [])) for event in body["events"]]
        return {"title": found["title"], "lines": [text for text in words if text.strip()]}


def parse(case):
    """The peer's own parser on a recorded srv1 body."""
    from youtube_transcript_api._transcripts import _TranscriptParser

    with open(case["id"], encoding="utf-8") as file:
        found = _TranscriptParser().parse(file.read())
    return {"segments": [[round(s.start * 1000), round(s.duration * 1000), s.text] for s in found]}


def run(case):
    client = {"transcript": transcript, "playlist": playlist, "subtitles": subtitles, "parse": parse}
    try:
        return client[case["client"]](case)
    except Exception as error:
        return {"error": type(error).__name__, "words": re.sub(r"\s+", " ", str(error))[:400]}


json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
