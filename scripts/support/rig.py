"""What scripts/crash, scripts/faults, scripts/flood and scripts/secrets share: the programs as processes, with faults.c
preloaded, and a server on loopback that plays logs and takes alerts. The standard library alone."""
import base64
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
START = 60  # seconds for a start, an end, or whatever else is waited for


class Failure(Exception):
    """A promise that was broken."""


def check(truth, text):
    if not truth:
        raise Failure(text)


def eventually(truth, text, seconds=START):
    """Waits until something holds, and gives it."""
    end = time.monotonic() + seconds
    while True:
        value = truth()
        if value:
            return value
        check(time.monotonic() < end, f"did not happen within {seconds} s: {text}")
        time.sleep(0.02)


def get(url, body=None, timeout=30):
    """(status, body); status 0 where nothing was answered."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, ValueError, http.client.HTTPException):
        return 0, b""


class Rig:
    """The programs, the preloaded library, and a folder for all that a run writes."""
    told = None

    def __init__(self, release=False):
        command = ["swift", "build", "--show-bin-path"] + (["-c", "release"] if release else [])
        self.bin = pathlib.Path(os.environ.get("NEXO_BIN") or subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip())
        if not (self.bin / "nexo-watch").exists():
            sys.exit(f"{self.bin}/nexo-watch is not there: build first")
        if Rig.told != self.bin:  # once: what is shown is shown of these
            print(f"programs: {self.bin}", flush=True)
            Rig.told = self.bin
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="nexo-rig-"))
        self.shim = self.work / "faults.so"
        source = ROOT / "scripts/support/faults.c"
        compiler = shutil.which("cc") or shutil.which("clang") or sys.exit("a C compiler, cc or clang, is needed")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self.shim, source, "-ldl", "-lpthread"], check=True)
        self.started = []
        self.count = 0

    def folder(self, name):
        self.count += 1
        folder = self.work / f"{self.count}-{name}"
        folder.mkdir()
        return folder

    def start(self, program, *arguments, faults=None, env=None):
        """A program that goes on; `faults` are variables of faults.c."""
        self.count += 1
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.work), **(env or {})}
        if faults:
            variables |= {"LD_PRELOAD": str(self.shim), **{name: str(value) for name, value in faults.items()}}
        log = self.work / f"{self.count}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [self.bin / program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=variables, cwd=self.work)
        running = Running(process, log)
        self.started.append(running)
        return running

    def run(self, program, *arguments, faults=None, env=None):
        """(exit code, all that was printed) of a program that ends."""
        running = self.start(program, *arguments, faults=faults, env=env)
        code = running.wait()
        return code, running.text

    def run_briefly(self, program, *arguments, env=None):
        """What is printed by a program that should refuse to run, or does run."""
        running = self.start(program, *arguments, env=env)
        running.port()
        running.end()
        return running.log.read_bytes()

    def close(self, keep=False):
        for running in self.started:
            running.kill()
        if keep:
            print(f"kept: {self.work}")
        else:
            shutil.rmtree(self.work)


class Running:
    def __init__(self, process, log):
        self.process, self.log = process, log

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    @property
    def last_words(self):
        """Of a crash, where it was: that thread's part of the backtrace."""
        text = self.text
        crash = text.find(" crashed:\n")
        return text[text.rfind("\n", 0, crash) + 1:][:12_000] if crash >= 0 else text[-2000:]

    @property
    def is_running(self):
        return self.process.poll() is None

    def port(self):
        """The port that its log names; None if it ends before."""
        def named():
            found = re.search(r'"port":"(\d+)"', self.text)
            return int(found[1]) if found else not self.is_running
        port = eventually(named, f"a port in {self.log}: {self.text[-2000:]}")
        return None if port is True else port

    def wait(self):
        try:
            return self.process.wait(START)
        except subprocess.TimeoutExpired:
            raise Failure(f"does not end: {self.process.args}: {self.text[-2000:]}") from None

    def end(self):
        """SIGTERM; the exit code."""
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.is_running:
            self.process.kill()
        self.process.wait()


def register(port, name, proof=False):
    """(status, the answer's JSON)."""
    key = hashlib.sha256(name.encode()).digest()
    body = json.dumps({"id": name, "public_key": base64.b64encode(key).decode(), "timestamp": 1}).encode()
    status, answer = get(f"http://127.0.0.1:{port}/did/register" + ("?proof=1" if proof else ""), body)
    try:
        return status, json.loads(answer)
    except ValueError:
        return status, {}


def lines(path):
    """The whole lines of a JSONL file, as JSON."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def canonical(value):
    return json.dumps(value, sort_keys=True)


class LogBook:
    """A log's files as a real server made them, the same log's other history, and what of it is shown at present."""

    def __init__(self, rig, name, honest, shared, other):
        """`honest` registrations; from `shared` on another history has `other` more."""
        self.name = name
        base = rig.folder(f"log-{name}")
        data, fork = base / "data", base / "fork"
        self._serve(rig, data, [f"{name}-{index}" for index in range(honest)])
        fork.mkdir()
        shutil.copytree(data / "keys", fork / "keys")
        shutil.copy(data / "trust.json", fork / "trust.json")
        for file in ("users.jsonl", "sth.jsonl"):
            (fork / file).write_bytes(b"".join((data / file).read_bytes().splitlines(True)[:shared]))
        self._serve(rig, fork, [f"{name}-other-{index}" for index in range(other)])
        self.trust = data / "trust.json"
        self.heads = (data / "sth.jsonl").read_bytes().splitlines()
        self.users = (data / "users.jsonl").read_bytes()
        self.fork = (fork / "sth.jsonl").read_bytes().splitlines()
        self.shared = shared
        self.shown = 1
        self.is_forked = False

    @staticmethod
    def _serve(rig, data, names):
        server = rig.start("nexo-server", "run", "--data", data, "--host", "127.0.0.1", "--port", 0,
                           env={"RATE_LIMIT_RPS": "0", "LOG_LEVEL": "notice"})
        port = server.port()
        check(port, f"nexo-server does not start: {server.text}")
        for name in names:
            check(register(port, name)[0] == 201, f"a registration was refused: {server.text}")
        check(server.end() == 0, f"nexo-server does not end: {server.text}")

    def chain(self, limit):
        heads = self.fork if self.is_forked else self.heads[:self.shown]
        return b"[" + b",".join(reversed(heads[-limit:])) + b"]"


class Stage:
    """Plays the logs at /NAME, and takes webhooks at /hook; both can be told to refuse."""

    def __init__(self, books=(), address="127.0.0.1"):
        self.books = {book.name: book for book in books}
        self.messages = []
        self.problems = []
        self.answers = 200
        self.on_message = lambda message: None
        stage = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                name, _, rest = self.path[1:].partition("/")
                book = stage.books.get(name)
                if book and rest.startswith("sth/chain"):
                    limit = re.search(r"limit=(\d+)", rest)
                    self.reply(200, book.chain(int(limit[1]) if limit else 10))
                elif book and rest == "users.jsonl":
                    self.reply(200, book.users)
                else:
                    self.reply(404, b"{}")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = {"key": self.headers["Idempotency-Key"], "body": json.loads(body)}
                try:
                    stage.on_message(message)
                except Failure as failure:
                    stage.problems.append(str(failure))
                if stage.answers == 200:
                    stage.messages.append(message)
                self.reply(stage.answers, b"")

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass  # a client that was killed

        self.server = Server((address, 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://{address}:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def watch(self, folder, interval="200ms", extra="", alerts=""):
        """Writes a watch.yaml for all logs, with one webhook; gives its path."""
        text = f"listen: 127.0.0.1:0\nstore: watch.db\nevidence: evidence\ninterval: {interval}\n{extra}"
        text += f"alerts:\n  group_interval: 1s\n  retry_first: 50ms\n  retry_max: 500ms\n{alerts}"
        text += f"  sinks: [{{name: ops, webhook: {{url: \"{self.url}/hook\"}}}}]\nlogs:\n"
        for book in self.books.values():
            shutil.copy(book.trust, folder / f"{book.name}.json")
            text += f"  - {{name: {book.name}, url: \"{self.url}/{book.name}\", trust: {book.name}.json, "
            text += f"leaves: \"{self.url}/{book.name}/users.jsonl\"}}\n"
        (folder / "watch.yaml").write_text(text)
        return folder / "watch.yaml"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def metric(port, name):
    """The samples of a family by their label `log`."""
    _, body = get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    found = {}
    for line in body.decode(errors="replace").splitlines():
        sample = re.fullmatch(re.escape(name) + r'\{(.*)\} ([0-9.e+-]+)', line)
        if sample:
            label = re.search(r'log="([^"]*)"', sample[1])
            key = label[1] if label else ""
            found[key] = found.get(key, 0) + float(sample[2])
    return found
