"""`manage.py serve`: everything Afterword needs on one machine, as one group of processes.

Runs without Django, so that the process which watches the others stays small.
"""

import argparse
import errno
import fcntl
import os
import socket
import sys
import time
from pathlib import Path
from typing import TextIO

from config import embedded, local
from config.supervisor import Child, StartFailed, Supervisor, say

HOST = "127.0.0.1"  # a reverse proxy on the same machine does the rest


class Refused(Exception):
    """Says in plain words why nothing was started and what to do."""


def main(argv: list[str]) -> int:
    options = _parse(argv)
    try:
        port, data_dir = _port(), _writable(local.data_dir())
        with _only_one(data_dir):
            if "web" not in options.without:
                _need_free_port(port, patience=8 if (data_dir / "serve.json").exists() else 0)
            _make_secrets(data_dir)
            _supervisor(port, data_dir, options.without).run()
    except (Refused, StartFailed, embedded.NoServer) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("manage.py serve", description="Run Afterword until Ctrl-C.")
    parser.add_argument(
        "--without", action="append", default=[], choices=["worker", "beat", "web"], metavar="PART",
        help="leave out worker, beat or web, for when another machine runs it; may be repeated",
    )  # fmt: skip
    return parser.parse_args(argv)


def _supervisor(port: int, data_dir: Path, without: list[str]) -> Supervisor:
    env = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port)}
    env.setdefault("DEMO", "0")
    if not env.get("REDIS_URL"):
        env.pop("REDIS_URL", None)  # empty means unset: the settings find the embedded one
    children = [] if "REDIS_URL" in env else [_broker(data_dir)]
    children += [
        Child("migrate", _manage("migrate", "--noinput", "--verbosity=0"), once=True),
        Child("static files", _manage("collectstatic", "--noinput", "--verbosity=0"), once=True),
        Child("demo", _manage("demo"), once=True),
        *(part for part in (_worker(), _beat(), _web(port)) if part.name not in without),
    ]
    return Supervisor(
        children,
        data_dir / "serve.json",
        env=env,
        cwd=local.BASE_DIR,
        on_up=lambda: say(_welcome(data_dir, without)),
    )


def _broker(data_dir: Path) -> Child:
    path = embedded.socket_path(data_dir)
    embedded.stop_leftover(path)
    return Child(
        "broker",
        embedded.command(data_dir),
        ready=lambda: embedded.answers(path),
        hint=f"See the end of {embedded.log_file(data_dir)}.",
    )


def _manage(*words: str) -> list[str]:
    return [sys.executable, str(local.BASE_DIR / "manage.py"), *words]


def _worker() -> Child:
    command = [
        *_celery("app", "worker"),
        *("--pool=threads", "--concurrency=4", "--loglevel=warning"),
        *("--without-mingle", "--without-gossip", "--without-heartbeat"),  # no other to talk to
    ]
    return Child("worker", command, grace=25)


def _beat() -> Child:
    # In memory: what is due is decided by rows, so beat has nothing to remember.
    command = [*_celery("beat", "beat"), "--scheduler=celery.beat:Scheduler", "--loglevel=warning"]
    return Child("beat", command, grace=2)


def _celery(app: str, job: str) -> list[str]:
    # For containers; with JSON alone, as in the settings, root's worker runs nobody's code.
    quiet = ["-W", "ignore:You're running the worker with superuser"]
    return [sys.executable, *quiet, "-m", "celery", "--quiet", "-A", f"config.celery:{app}", job]


def _web(port: int) -> Child:
    command = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
        *("--bind", f"{HOST}:{port}", "--worker-class", "gthread", "--workers=1", "--threads=8"),
        *("--graceful-timeout=4", "--log-level=warning", "--no-control-socket"),
        "--logger-class=config.web_log.Log",
    ]
    if os.access("/dev/shm", os.W_OK):  # noqa: S108 (the heartbeat must not wait for a disk)
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return Child("web", command, ready=lambda: _web_answers(port), grace=5)


def _web_answers(port: int) -> bool:
    request = f"GET /healthz HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n"
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(request.encode())
            return connection.recv(16).startswith(b"HTTP/1.")
    except OSError:
        return False


def _welcome(data_dir: Path, without: list[str]) -> str:
    lines = ["", "Afterword is running. Stop it with Ctrl-C.", ""]
    if "web" not in without:
        url = local.site_url()
        lines += [
            f"  Site      {url}/",
            f"  Admin     {url}/admin/",
            f"  Log in    {_login(data_dir)}",
        ]
        lines += [""]
    return "\n".join(lines)


def _login(data_dir: Path) -> str:
    account = "author" if os.environ.get("DEMO", "0") == "0" else "sara"
    if os.environ.get("ADMIN_PASSWORD"):
        return f"as {account}, with the password you set in ADMIN_PASSWORD"
    if local.is_local(local.site_url()):
        password = local.local_secret(data_dir / "admin-password")
        return f"as {account}, with the password {password}"
    return "with an account that you made (manage.py createsuperuser)"


def _make_secrets(data_dir: Path) -> None:
    """Before the children start, who read them; on a public site the settings ask for them."""
    if not local.is_local(local.site_url()):
        return
    if not os.environ.get("SECRET_KEY"):
        local.local_secret(data_dir / "secret-key", groups=12)
    if not os.environ.get("ADMIN_PASSWORD"):
        local.local_secret(data_dir / "admin-password")


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Refused(f"PORT is “{text}”, but must be a number from 1 to 65535.")
    return int(text)


def _need_free_port(port: int, patience: float) -> None:
    """Patient after a kill -9, when the old web server notices within seconds."""
    give_up_at = time.monotonic() + patience
    while (problem := _bind_error(port)) == errno.EADDRINUSE and time.monotonic() < give_up_at:
        time.sleep(0.05)
    if problem == errno.EADDRINUSE:
        raise Refused(
            f"Port {port} is taken by another program. Stop that one, or choose another port: "
            f"PORT={port + 1} make run"
        )
    if problem:
        raise Refused(
            f"Port {port} cannot be opened ({os.strerror(problem)}). Choose another one: "
            "PORT=8000 make run"
        )


def _bind_error(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as problem:
            return problem.errno
    return None


def _writable(data_dir: Path) -> Path:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data_dir / "serve.lock").open("a").close()
    except OSError as problem:
        raise Refused(
            f"Afterword keeps its data in {data_dir}, but cannot write there "
            f"({problem.strerror}). Make that folder writable, or set DATA_DIR to another one."
        ) from problem
    return data_dir


def _only_one(data_dir: Path) -> TextIO:
    """Holds the lock until closed; the system also frees it when we are killed."""
    lock = (data_dir / "serve.lock").open("r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = lock.read().strip() or "unknown"
        raise Refused(
            f"Afterword is already running (process {process}) with the data in {data_dir}. Stop "
            f"it with Ctrl-C in its window or with “kill {process}”, or start another one with "
            "its own data: DATA_DIR=./var2 PORT=8001 make run"
        ) from None
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
