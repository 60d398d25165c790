"""W4, WebSocket fan-out at the greatest rate, and W12, subscribers that stall."""
import re
import statistics
import subprocess
import threading
import urllib.request

from .load import LOAD_CORE
from .report import Measurement, Row, run_rounds
from .servers import BIN
from .workloads import make_topic

SUBSCRIBERS = (1, 10, 100, 1000)


def run_client(server, words):
    """Runs ws_fanout_bench on the load core; returns its figures as a dict of floats. It fails
    when a subscriber got a record twice, late or never."""
    pids = ",".join(str(pid) for pid in server.pids())
    done = subprocess.run(["taskset", "-c", LOAD_CORE, BIN / "ws_fanout_bench", "--pids", pids,
                           *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{server.name}: {done.stderr.strip()}")
    return {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", done.stdout)}


def troupe_words(server, topic):
    return ["--port", server.port, "--target", f"/ws/topics/{topic}?from=latest&format=json",
            "--as", "json", "--publish-port", server.port, "--publish-target", f"/topics/{topic}"]


def delivering(server, words, subscribers, batch, window):
    """The rate is deliveries per CPU second of the server, the producing included."""
    words = [*words, "--subscribers", subscribers, "--batch", batch, "--window", window]

    def measure(seconds):
        run = run_client(server, [*words, "--seconds", seconds])
        deliveries, cpu = run["records"], max(run["cpu"], 0.01)
        per_frame = deliveries / max(run["frames"], 1)
        return Measurement(deliveries / cpu, cpu / max(deliveries, 1) * 1e6,
                           run["complete"] == 1 and deliveries > 0,
                           f"{deliveries / run['seconds']:,.0f}/s, {per_frame:.1f} records a frame")

    return measure


def w4_of(scratch, options, subscribers, batch, window, against, floor, goal):
    frames = {1: "one frame per write", 16: "16 frames per write"}
    contestants, comparisons = {}, [("Troupe", frames[against], floor, goal)]
    for per_write in (1, 16):
        limit = scratch.fanout_limit(subscribers, per_write)
        contestants[frames[per_write]] = delivering(
            limit, ["--port", limit.port, "--as", "tick", "--publish-port", limit.port],
            subscribers, per_write, 64 * per_write)
    broker = scratch.troupe()
    make_topic(broker, "w4", "os")
    contestants["Troupe"] = delivering(broker, troupe_words(broker, "w4"), subscribers, batch, window)
    if not options.no_peers:
        nchan = scratch.nchan()
        contestants["nginx+nchan"] = delivering(
            nchan, ["--port", nchan.port, "--target", "/sub", "--as", "plain", "--publish-port",
                    nchan.port, "--publish-target", "/pub"], subscribers, batch, window)
        nats = scratch.nats()
        contestants["NATS core"] = delivering(
            nats, ["--port", nats.websocket_port, "--target", "/", "--as", "nats",
                   "--publish-port", nats.port, "--publish-target", "bench"],
            subscribers, batch, window)
        comparisons += [("Troupe", name, 0, 0) for name in ("nginx+nchan", "NATS core")]
    rows = run_rounds(f"W4 N={subscribers:,} batch {batch}", "deliveries/CPU-s", contestants,
                      options, comparisons)
    scratch.stop_servers()
    return rows


def w4(scratch, options):
    """N subscribers of 128 B records, from single produces and from batches of 16."""
    rows = []
    for subscribers in SUBSCRIBERS:
        # With few subscribers the cost is that of producing, which the limit does not have.
        judged = subscribers >= 100
        rows += w4_of(scratch, options, subscribers, 1, 64, 1, *((0.8, 0.85) if judged else (0, 0)))
        rows += w4_of(scratch, options, subscribers, 16, 1024, 16,
                      *((0.5, 0.6) if judged else (0, 0)))
    return rows


def stalled_now(server):
    """As the broker itself sees it: the kernel's buffers are full, so it had to do something."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return float(re.search(r"^troupe_websocket_stalled_subscribers(?:{.*})? (\S+)", text,
                           re.M).group(1))


def w12(scratch, options):
    """1,000 subscribers at 50 records of 1,000 B per second; 100 of them read nothing."""
    broker = scratch.troupe()
    make_topic(broker, "w12", "os")
    seconds = max(10, options.seconds * 4)
    words = [*troupe_words(broker, "w12"), "--subscribers", 1000, "--rate", 50, "--payload", 1000,
             "--seconds", seconds]
    run_client(broker, [*words[:-1], 2])
    runs, stalled_seen = [], []
    for _ in range(min(3, options.rounds)):
        calm = run_client(broker, words)
        look = threading.Timer(seconds * 0.9, lambda: stalled_seen.append(stalled_now(broker)))
        look.start()
        runs.append((calm, run_client(broker, [*words, "--stalled", 100])))
        look.join()
    scratch.stop_servers()
    correct = all(run["complete"] == 1 for pair in runs for run in pair)

    def growth(run):
        return run["pss_after"] - run["pss_before"]

    def median(figure):
        return statistics.median(figure(*pair) for pair in runs)

    calm_p99 = median(lambda calm, _: calm["p99"] / 1000)

    def row(name, value, unit, limit=0.0):
        return Row("W12 1,000 subscribers", name, unit, rate=value, correct=correct, at_most=limit,
                   rounds=len(runs))

    return [row("stalled, as the broker counts them", statistics.median(stalled_seen), ""),
            row("memory growth per stalled subscriber",
                median(lambda calm, stalled: (growth(stalled) - growth(calm)) / 100), "KiB", 64),
            row("p99 of the healthy, nobody stalled", calm_p99, "ms"),
            row("p99 of the healthy, 100 stalled",
                median(lambda _, stalled: stalled["p99"] / 1000), "ms", 1.2 * calm_p99),
            row("until the woken had everything, in order",
                median(lambda _, stalled: stalled["wake_ms"]), "ms")]
