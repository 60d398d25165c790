"""W8: ten thousand partitions in one broker."""
import pathlib
import re
import time
import urllib.error
import urllib.request

from .report import Row
from .servers import TICKS, http_json
from .workloads import JSON_V2, make_topic

TOPICS, PARTITIONS = 10, 1000


def pss_kib(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def restart_seconds(scratch, server, kill):
    """From the start of the process to /readyz; then whether all partitions can be used."""
    scratch.servers.remove(server)
    if kill:
        server.process.kill()
        server.process.wait()
    else:
        server.stop()
    begin = time.monotonic()
    again = scratch.troupe(directory=server.directory)
    while not ready(again.port):
        time.sleep(0.005)
    took = time.monotonic() - begin
    return again, took, everything_works(again)


def everything_works(server):
    """All partitions are there, and the last one of every topic takes a record."""
    base = f"http://127.0.0.1:{server.port}/topics"
    for topic in range(TOPICS):
        if len(http_json("GET", f"{base}/t{topic}/partitions")) != PARTITIONS:
            return False
        answer = http_json("POST", f"{base}/t{topic}",
                           {"records": [{"value": 1, "partition": PARTITIONS - 1}]}, JSON_V2)
        if answer["offsets"][0].get("error_code") is not None:
            return False
    return True


def w8(scratch, options):
    """Creation, memory, idle CPU and restart. One run: these are not rates."""
    broker = scratch.troupe()
    make_topic(broker, "first", "os")
    before, begin = pss_kib(broker), time.monotonic()
    for topic in range(TOPICS):
        make_topic(broker, f"t{topic}", "os", PARTITIONS)
    count = TOPICS * PARTITIONS
    create = (time.monotonic() - begin) / count * 1e6
    time.sleep(2)
    memory = (pss_kib(broker) - before) / count
    cpu, idle = broker.cpu_seconds(), 20
    time.sleep(idle)
    idle_cpu = (broker.cpu_seconds() - cpu) / idle * 100
    broker, orderly, complete = restart_seconds(scratch, broker, False)
    broker, killed, complete_again = restart_seconds(scratch, broker, True)
    correct = complete and complete_again
    scratch.stop_servers()

    def row(name, value, unit, limit):
        return Row(f"W8 {count:,} partitions", name, unit, rate=value, at_most=limit, rounds=1,
                   correct=correct)

    return [row("creation of a partition", create, "us", 100),
            row("memory per idle partition", memory, "KiB", 64),
            row(f"idle CPU over {idle} s (tick {1000 // TICKS} ms)", idle_cpu, "% of a core", 1),
            row("restart after SIGTERM, to /readyz", orderly, "s", 5),
            row("restart after kill -9, to /readyz", killed, "s", 5)]
