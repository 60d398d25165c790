"""The load generator for HTTP: wrk on the load core, closed loop over keep-alive connections."""
import re
import subprocess
import tempfile

from .servers import LOAD_CORE

SCRIPT = """
wrk.method = "{method}"
wrk.body = [==[{body}]==]
{headers}
function done(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read
            + summary.errors.write + summary.errors.timeout
  print(string.format("RESULT ok=%d us=%d bytes=%d p50=%d p99=%d", summary.requests - bad,
                      summary.duration, summary.bytes, latency:percentile(50),
                      latency:percentile(99)))
end
"""


def wrk(url, seconds, method="GET", body="", headers=None, connections=64):
    """Runs wrk; returns a dict of ok (answers), seconds, bytes, p50 and p99 in us."""
    lines = "\n".join(f'wrk.headers["{k}"] = "{v}"' for k, v in (headers or {}).items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT.format(method=method, body=body, headers=lines))
        script.flush()
        output = subprocess.run(
            ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}",
             f"-d{max(1, round(seconds))}s", "-s", script.name, url],
            capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT ok=(\d+) us=(\d+) bytes=(\d+) p50=(\d+) p99=(\d+)", output)
    ok, microseconds, size, p50, p99 = map(int, found.groups())
    return {"ok": ok, "seconds": microseconds / 1e6, "bytes": size, "p50": p50, "p99": p99}
