"""The workloads W1 to W4. Each returns the rows of its table."""
import base64
import json
import random
import re
import subprocess
import urllib.request

from .load import wrk
from .report import Measurement, run_rounds
from .servers import BIN, LOAD_CORE, http_json

JSON_V2 = "application/vnd.kafka.json.v2+json"
CONNECTIONS = 64


def words(count, seed=1):
    """Text of about `count` bytes that does not compress to nothing."""
    source = random.Random(seed)
    text = ""
    while len(text) < count:
        text += "".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) + " "
    return text[:count]


def make_topic(server, name, flush, partitions=1):
    http_json("POST", f"http://127.0.0.1:{server.port}/admin/topics",
              {"topic_name": name, "partitions_count": partitions})
    cluster = http_json("GET", f"http://127.0.0.1:{server.port}/v3/clusters")["data"][0]
    http_json("POST", f"http://127.0.0.1:{server.port}/v3/clusters/{cluster['cluster_id']}/topics/"
              f"{name}/configs:alter", {"data": [{"name": "flush", "value": flush}]})


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


def troupe_posting(server, topic, body, records=1):
    return posting([server], f"http://127.0.0.1:{server.port}/topics/{topic}", body,
                   {"Content-Type": JSON_V2}, records, lambda: end_offset(server, topic))


def redis_length(server):
    out = subprocess.run(["redis-cli", "-p", str(server.port), "xlen", "s"], capture_output=True,
                         text=True, check=True).stdout
    return int(re.findall(r"\d+", out)[0])


def w1(scratch, options):
    """One record of 100 B per request, 64 connections."""
    value = words(100)
    body = json.dumps({"records": [{"value": value}]})
    bare, broker = scratch.beast_responder(), scratch.troupe()
    make_topic(broker, "w1a", "os")
    make_topic(broker, "w1b", "fsync")
    contestants = {
        "bare Beast responder": posting([bare], f"http://127.0.0.1:{bare.port}/topics/w1a", body,
                                        {"Content-Type": JSON_V2}),
        "Troupe (a)": troupe_posting(broker, "w1a", body),
        "Troupe (b)": troupe_posting(broker, "w1b", body),
    }
    comparisons = [("Troupe (a)", "bare Beast responder", 0.70, 0.75),
                   ("Troupe (b)", "Troupe (a)", 0.60, 0.65)]
    if not options.no_peers:
        for row, fsync in (("(a)", False), ("(b)", True)):
            redis = scratch.redis(fsync)
            web = scratch.webdis(redis)
            contestants[f"webdis+Redis {row}"] = posting(
                [redis, web], f"http://127.0.0.1:{web.port}/",
                "XADD/s/*/v/" + value.replace(" ", "_"), {"Content-Type": "text/plain"},
                stored=lambda server=redis: redis_length(server))
        nchan = scratch.nchan()
        contestants["nginx+nchan (memory)"] = posting(
            [nchan], f"http://127.0.0.1:{nchan.port}/pub", value, {"Content-Type": "text/plain"})
        comparisons += [("Troupe (a)", "webdis+Redis (a)", 1.3, 2.0),
                        ("Troupe (b)", "webdis+Redis (b)", 0, 0)]
    rows = run_rounds("W1", "rec/s", contestants, options, comparisons)
    scratch.stop_servers()
    return rows


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


TABLE = {"W1": w1, "W2": w2, "W3": w3}
