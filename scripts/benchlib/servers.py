"""Starting and stopping the contestants, and reading what they cost."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = ROOT / "build/release/bin"
SERVER_CORE, LOAD_CORE = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")


def install_and_build():
    subprocess.run([ROOT / "scripts/install-dependencies", "--bench"], check=True)
    script = ". scripts/lib/common.sh; configure build/release --preset release"
    subprocess.run(["bash", "-c", script], cwd=ROOT, check=True)
    subprocess.run(["cmake", "-DTROUPE_BENCH=ON", "build/release"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", "build/release", "--quiet"], cwd=ROOT, check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


class Server:
    """A process (with its children) on the server's core. CPU and memory are read from /proc."""

    def __init__(self, name, command, port, cwd=None):
        self.name, self.port = name, port
        self.log = tempfile.NamedTemporaryFile(prefix="bench-", suffix=".log")
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *map(str, command)],
                                        stdout=self.log, stderr=self.log, cwd=cwd)
        try:
            wait_for_port(port)
        except RuntimeError as failure:
            self.stop()
            text = pathlib.Path(self.log.name).read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{name} did not start: {failure}\n{text}") from None

    def pids(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                tasks = pathlib.Path(f"/proc/{pid}/task")
                for task in tasks.iterdir():
                    todo += [int(c) for c in (task / "children").read_text().split()]
            except FileNotFoundError:
                pass
        return found

    def cpu_seconds(self):
        """User and system time of all its processes so far."""
        total = 0
        for pid in self.pids():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            except FileNotFoundError:
                pass
        return total / TICKS

    def stop(self):
        for pid in reversed(self.pids()):
            try:
                os.kill(pid, 15)
            except ProcessLookupError:
                pass
        try:
            self.process.wait(6)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Scratch:
    """A directory and the servers that live in it; all are gone afterwards."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="troupe-bench-", dir=ROOT / "build"))
        self.servers = []
        return self

    def __exit__(self, *_):
        self.stop_servers()
        shutil.rmtree(self.path, ignore_errors=True)

    def stop_servers(self):
        for server in reversed(self.servers):
            server.stop()
        self.servers.clear()

    def start(self, name, command, port, cwd=None):
        server = Server(name, command, port, cwd)
        self.servers.append(server)
        return server

    def directory(self, name):
        path = self.path / name
        path.mkdir(exist_ok=True)
        return path

    def file(self, name, text):
        path = self.path / name
        path.write_text(text)
        return path

    # -- contestants --------------------------------------------------------------

    def troupe(self, threads=1, directory=None):
        port = free_port()
        directory = directory or self.directory(f"troupe-{port}")
        server = self.start("troupe", [BIN / "troupe", "serve", "--data-dir", directory, "--http",
                                     f"127.0.0.1:{port}", "--io-threads", threads,
                                     "--disk-reserve", 0, "--retention-interval", "1s",
                                     "--log-level", "warn"], port)
        server.directory = directory
        return server

    def limit(self, mode, **options):
        port = free_port()
        words = [w for k, v in options.items() for w in (f"--{k}", str(v))]
        return self.start(f"limit ({mode})",
                          [BIN / "limit_server_bench", "--mode", mode, "--port", port, "--file",
                           self.path / f"limit-{port}", *words], port)

    def fanout_limit(self, subscribers, frames):
        port = free_port()
        return self.start(f"fan-out limit ({frames} frames per write)",
                          [BIN / "ws_limit_bench", "--port", port, "--subscribers", subscribers,
                           "--frames", frames], port)

    def beast_responder(self):
        port = free_port()
        return self.start("bare Beast responder", [BIN / "beast_responder_bench", "--port", port],
                          port)

    def redis(self, fsync):
        port = free_port()
        words = ["--appendonly", "yes", "--appendfsync", "always" if fsync else "everysec"]
        return self.start("redis", ["redis-server", "--port", port, "--bind", "127.0.0.1",
                                    "--save", "", "--dir", self.directory(f"redis-{port}"),
                                    *words], port)

    def webdis(self, redis):
        port = free_port()
        config = {"redis_host": "127.0.0.1", "redis_port": redis.port, "http_host": "127.0.0.1",
                  "http_port": port, "threads": 1, "pool_size": 4, "daemonize": False,
                  "verbosity": 0, "logfile": "/dev/null", "http_max_request_size": 134217728}
        return self.start("webdis", ["webdis", self.file(f"webdis-{port}.json",
                                                         json.dumps(config))], port)

    def nchan(self):
        port = free_port()
        config = self.file(f"nginx-{port}.conf", f"""
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; pid {self.path}/nginx-{port}.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_in_single_buffer on;
  client_body_temp_path {self.path}/nginx-body; nchan_shared_memory_size 512M;
  server {{
    listen 127.0.0.1:{port};
    location = /pub {{ nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 2000; }}
    location = /sub {{ nchan_subscriber websocket; nchan_channel_id bench;
                       nchan_subscriber_first_message newest; }}
  }}
}}
""")
        return self.start("nginx+nchan", ["nginx", "-c", config, "-p", self.path], port)

    def nats(self):
        port, web = free_port(), free_port()
        config = self.file(f"nats-{port}.conf", f"""
listen: 127.0.0.1:{port}
websocket {{ listen: "127.0.0.1:{web}", no_tls: true }}
jetstream {{ store_dir: "{self.directory(f'nats-{port}')}" }}
""")
        server = self.start("nats-server", ["nats-server", "-c", config], port)
        server.websocket_port = web
        return server


def http_json(method, url, body=None, content_type="application/json"):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, method=method,
                                     headers={"Content-Type": content_type} if data else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
        return json.loads(text) if text else None
