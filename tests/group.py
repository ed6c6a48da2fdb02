"""The whole group of processes as `make run` starts it, in a data directory of its own."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "a-long-password-for-sara"
OUTSIDE = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "DJANGO_SETTINGS_MODULE"}
TICKS = os.sysconf("SC_CLK_TCK")


class _AsItIs(urllib.request.HTTPRedirectHandler):
    def http_error_303(self, req, fp, code, msg, headers):
        return fp


NO_REDIRECTS = urllib.request.build_opener(_AsItIs)


@dataclass
class Group:
    url: str
    data_dir: Path
    env: dict[str, str]
    serve: subprocess.Popen

    def fetch(
        self,
        path: str,
        data: dict[str, str] | None = None,
        client: int = 1,
        patience: float = 30,
    ) -> str:
        """One request as a browser makes it, redirects not followed. A proxy's word is believed on
        this machine, so each client number is a client of its own to the limits."""
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": f"192.0.2.{client % 250}"}
        body = urllib.parse.urlencode(data).encode() if data else None
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310
        with NO_REDIRECTS.open(request, timeout=patience) as answer:
            return answer.read().decode()

    def stamp(self, path: str) -> str:
        """The dated stamp that the form on this page carries."""
        field = re.search(r'<input[^>]*name="stamp"[^>]*>', self.fetch(path))
        value = re.search(r'value="([^"]*)"', field.group()) if field else None
        assert value, f"{path} carries no form stamp"
        return html.unescape(value.group(1))

    def ready(self) -> dict[str, object]:
        """What /readyz says, in whatever mood it is."""
        try:
            return json.loads(self.fetch("/readyz"))
        except urllib.error.HTTPError as error:
            return json.load(error)

    def child(self, name: str) -> int:
        """The process id of one of the group's children."""
        return json.loads((self.data_dir / "serve.json").read_text())["children"][name]["pid"]

    def manage(self, *args: str) -> str:
        """Run a management command on the group's data."""
        command = [sys.executable, "manage.py", *args]
        return subprocess.run(
            command, cwd=ROOT, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def processes(self, root: int | None = None) -> dict[int, str]:
        """Process ids of the parent, or of this one, and all below, with their command lines."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found, todo = {}, [root or self.serve.pid]
        while todo:
            pid = todo.pop()
            todo += children.get(pid, [])
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found[pid] = line.strip()
        return found

    def cpu_seconds(self, child: str = "") -> float:
        """User and system time of every process of the group so far, or of one of its parts."""
        total = 0
        for pid in self.processes(self.child(child) if child else None):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def pss(self) -> dict[str, float]:
        """Proportional set size in MB of each process of the group."""
        sizes = {}
        for pid, line in self.processes().items():
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kilobytes = next(row.split()[1] for row in rollup.splitlines() if row[:4] == "Pss:")
            sizes[f"{pid} {line[:70]}"] = int(kilobytes) / 1024
        return sizes


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Group]:
    """A fresh publication with the demo in it, up and ready; stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    env = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    env |= {"DATA_DIR": str(folder / "var"), "PORT": port, "DEMO": "1", "ADMIN_PASSWORD": PASSWORD}
    env |= more
    log = folder / "serve.log"
    with log.open("w") as output:
        serve = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    group = Group(f"http://127.0.0.1:{port}", folder / "var", env, serve)
    try:
        _wait_until_ready(group, log)
        yield group
    finally:
        serve.send_signal(signal.SIGTERM)
        serve.wait(timeout=40)


def _wait_until_ready(group: Group, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and group.serve.poll() is None:
        try:
            with urllib.request.urlopen(f"{group.url}/readyz", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"the group did not become ready:\n{log.read_text()[-3000:]}")
