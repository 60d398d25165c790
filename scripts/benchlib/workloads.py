"""The workloads over HTTP, W1 to W3. Each returns the rows of its table."""
import base64
import json
import random
import re
import subprocess
import urllib.request

from .load import wrk
from .report import Measurement, run_rounds
from .servers import BIN, SERVER_CORE, http_json

JSON_V2 = "application/vnd.kafka.json.v2+json"
CONNECTIONS, MANY_CONNECTIONS = 64, 1024


def words(count, seed=1):
    """Text of about `count` bytes that does not compress to nothing."""
    source = random.Random(seed)
    text = ""
    while len(text) < count:
        text += "".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) + " "
    return text[:count]


def make_topic(server, name, flush, partitions=1):
    """Old segments go after a second, so that a long run does not fill the disk."""
    base = f"http://127.0.0.1:{server.port}/v3/clusters"
    cluster = http_json("GET", base)["data"][0]["cluster_id"]
    configs = {"flush": flush, "segment.bytes": 64 << 20, "retention.bytes": 512 << 20}
    http_json("POST", f"{base}/{cluster}/topics",
              {"topic_name": name, "partitions_count": partitions,
               "configs": [{"name": k, "value": str(v)} for k, v in configs.items()]})


def end_offset(server, topic, partition=0):
    url = f"http://127.0.0.1:{server.port}/topics/{topic}/partitions/{partition}/offsets"
    return http_json("GET", url)["end_offset"]


def posting(servers, url, body, headers, records=1, stored=None, connections=CONNECTIONS):
    """A contestant that takes POSTs. `stored()` counts what it holds, for the check that every
    acknowledged record is there (those in flight at the end may be there too)."""

    def measure(seconds):
        before = stored() if stored else 0
        cpu = sum(s.cpu_seconds() for s in servers)
        run = wrk(url, seconds, "POST", body, headers, connections)
        cpu = sum(s.cpu_seconds() for s in servers) - cpu
        done = run["ok"] * records
        correct = True
        if stored:
            kept = stored() - before
            correct = done <= kept <= done + connections * records
        return Measurement(done / run["seconds"], cpu / max(done, 1) * 1e6, correct)

    return measure


def troupe_posting(server, topic, body, records=1, connections=CONNECTIONS):
    return posting([server], f"http://127.0.0.1:{server.port}/topics/{topic}", body,
                   {"Content-Type": JSON_V2}, records, lambda: end_offset(server, topic),
                   connections)


def syncing(scratch, records):
    """What a loop of write and fdatasync acknowledges per second, so many records at a time."""

    def measure(seconds):
        out = subprocess.run(
            ["taskset", "-c", SERVER_CORE, BIN / "sync_limit_bench", "--file",
             scratch.path / "sync-limit", "--records", str(records), "--seconds", str(seconds)],
            capture_output=True, text=True, check=True).stdout
        syncs, us, p50 = map(int, re.search(r"syncs=(\d+) us=(\d+) p50=(\d+)", out).groups())
        return Measurement(syncs * records / us * 1e6, 0.0, note=f"fdatasync p50 {p50} us")

    return measure


def redis_length(server):
    out = subprocess.run(["redis-cli", "-p", str(server.port), "xlen", "s"], capture_output=True,
                         text=True, check=True).stdout
    return int(re.findall(r"\d+", out)[0])


def w1(scratch, options):
    """One record of 100 B per request over 64 connections, then over 1,024."""
    value = words(100)
    body = json.dumps({"records": [{"value": value}]})
    rows = w1_page_cache(scratch, options, value, body)
    scratch.stop_servers()
    for connections in (CONNECTIONS, MANY_CONNECTIONS):
        rows += w1_durable(scratch, options, value, body, connections)
        scratch.stop_servers()
    return rows


def w1_page_cache(scratch, options, value, body):
    bare, broker = scratch.beast_responder(), scratch.troupe()
    make_topic(broker, "w1a", "os")
    contestants = {
        "bare Beast responder": posting([bare], f"http://127.0.0.1:{bare.port}/topics/w1a", body,
                                        {"Content-Type": JSON_V2}),
        "Troupe": troupe_posting(broker, "w1a", body),
    }
    comparisons = [("Troupe", "bare Beast responder", 0.70, 0.75)]
    if not options.no_peers:
        contestants["webdis+Redis everysec"] = webdis_posting(scratch, value, False)
        nchan = scratch.nchan()
        contestants["nginx+nchan (in memory)"] = posting(
            [nchan], f"http://127.0.0.1:{nchan.port}/pub", value, {"Content-Type": "text/plain"})
        comparisons += [("Troupe", "webdis+Redis everysec", 1.3, 2.0),
                        ("Troupe", "nginx+nchan (in memory)", 0, 0)]
    return run_rounds("W1 (a) 64 conn.", "rec/s", contestants, options, comparisons)


def w1_durable(scratch, options, value, body, connections):
    """The limit is one group commit of everything that can be on its way. The row (a) stands in
    the same rounds to be compared with, which is the one comparison of (b) with (a) there is."""
    broker = scratch.troupe()
    make_topic(broker, "w1a", "os")
    make_topic(broker, "w1b", "fsync")
    limit = f"write+fdatasync of {connections:,}"
    contestants = {  # the page cache first: fdatasync times vary too much for a canary
        "Troupe page cache": troupe_posting(broker, "w1a", body, connections=connections),
        limit: syncing(scratch, connections),
        "Troupe fdatasync": troupe_posting(broker, "w1b", body, connections=connections),
    }
    # With few connections the disk decides and not the broker: no floor against (a) there.
    floor, goal = (0.60, 0.65) if connections == MANY_CONNECTIONS else (0, 0)
    comparisons = [("Troupe fdatasync", limit, 0, 0),
                   ("Troupe fdatasync", "Troupe page cache", floor, goal)]
    if not options.no_peers and connections == CONNECTIONS:
        contestants["webdis+Redis always"] = webdis_posting(scratch, value, True)
        comparisons += [("Troupe fdatasync", "webdis+Redis always", 0, 0)]
    return run_rounds(f"W1 (b) {connections:,} conn.", "rec/s", contestants, options, comparisons)


def webdis_posting(scratch, value, fsync):
    redis = scratch.redis(fsync)
    web = scratch.webdis(redis)
    return posting([redis, web], f"http://127.0.0.1:{web.port}/",
                   "XADD/s/*/v/" + value.replace(" ", "_"), {"Content-Type": "text/plain"},
                   stored=lambda: redis_length(redis))


def w2(scratch, options):
    """100 records of 1 KB per request."""
    body = json.dumps({"records": [{"value": words(1000, seed)} for seed in range(100)]})
    limit, broker = scratch.limit("batch"), scratch.troupe()
    make_topic(broker, "w2a", "os")
    make_topic(broker, "w2b", "fsync")
    contestants = {
        "roofline": posting([limit], f"http://127.0.0.1:{limit.port}/", body,
                            {"Content-Type": JSON_V2}, 100, connections=8),
        "Troupe (a)": posting([broker], f"http://127.0.0.1:{broker.port}/topics/w2a", body,
                              {"Content-Type": JSON_V2}, 100,
                              lambda: end_offset(broker, "w2a"), connections=8),
        "Troupe (b)": posting([broker], f"http://127.0.0.1:{broker.port}/topics/w2b", body,
                              {"Content-Type": JSON_V2}, 100,
                              lambda: end_offset(broker, "w2b"), connections=8),
    }
    rows = run_rounds("W2", "rec/s", contestants, options,
                      [("Troupe (a)", "roofline", 0.45, 0.60), ("Troupe (b)", "Troupe (a)", 0, 0)])
    scratch.stop_servers()
    return rows


def w3(scratch, options):
    """Answers of 1 MB of stored 1 KB records; the unit is stored bytes, not JSON."""
    stored = 1 << 20
    limit, broker = scratch.limit("read", bytes=stored), scratch.troupe()
    make_topic(broker, "w3", "os")
    base = f"http://127.0.0.1:{broker.port}/topics/w3"
    for part in range(40):
        values = [{"value": {"n": n, "text": words(970, part * 100 + n)}} for n in range(100)]
        http_json("POST", base, {"records": values}, JSON_V2)

    def reading(server, url, headers, bytes_per_answer):
        def measure(seconds):
            cpu = server.cpu_seconds()
            run = wrk(url, seconds, "GET", "", headers, connections=4)
            cpu = server.cpu_seconds() - cpu
            done = run["ok"] * bytes_per_answer
            return Measurement(done / run["seconds"], cpu / max(done, 1) * 1e6, run["ok"] > 0)
        return measure

    def stored_bytes(kind):
        url = f"{base}/partitions/0/records?offset=0&max_bytes={stored}"
        request = urllib.request.Request(url, headers={"Accept": kind})
        with urllib.request.urlopen(request) as answer:
            records = json.load(answer)
        if "binary" in kind:
            return sum(len(base64.b64decode(r["value"])) for r in records)
        return sum(len(json.dumps(r["value"])) for r in records)

    url = f"{base}/partitions/0/records?offset=0&max_bytes={stored}"
    contestants = {"pread+write": reading(limit, f"http://127.0.0.1:{limit.port}/", {}, stored)}
    for name, kind in (("Troupe JSON", JSON_V2),
                       ("Troupe binary", "application/vnd.kafka.binary.v2+json")):
        contestants[name] = reading(broker, url, {"Accept": kind}, stored_bytes(kind))
    rows = run_rounds("W3", "B/s", contestants, options,
                      [("Troupe JSON", "pread+write", 0.30, 0.35),
                       ("Troupe binary", "pread+write", 0, 0)])
    scratch.stop_servers()
    return rows
