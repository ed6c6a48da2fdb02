"""Run a command with a throwaway PostgreSQL and a throwaway Redis, both over TCP.

python tests/with_services.py pytest …: sets DATABASE_URL and REDIS_URL, and afterwards stops only
what it started. Servers that the machine already runs on the usual ports are left alone.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    postgres_bin, redis = find_postgres(), shutil.which("redis-server")
    if not postgres_bin or not redis:
        print(
            "These tests need PostgreSQL and Redis. On Debian: "
            "apt-get install postgresql redis-server",
            file=sys.stderr,
        )
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="afterword-") as folder,
        postgres(postgres_bin, Path(folder)) as database_url,
        redis_server(redis, Path(folder)) as redis_url,
    ):
        env = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        return subprocess.run(command, env=env, check=False).returncode


def find_postgres() -> Path | None:
    """Debian keeps the server's programs off the PATH, a folder for each version."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextlib.contextmanager
def postgres(programs: Path, folder: Path) -> Iterator[str]:
    data, port, owner = folder / "postgres", free_port(), server_owner()
    data.mkdir(mode=0o700)
    if owner:
        folder.chmod(0o711)
        shutil.chown(data, owner, owner)
    init = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
    init += ["--encoding=UTF8", "--locale=C.UTF-8"]
    subprocess.run(init, cwd="/", user=owner, group=owner, check=True, stdout=subprocess.DEVNULL)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "log_min_messages": "fatal",
    }
    serve = [programs / "postgres", "-D", data]
    serve += [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    with running(serve, port, stop=signal.SIGINT, owner=owner):
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis_server(program: str, folder: Path) -> Iterator[str]:
    port = free_port()
    serve = [program, "--bind", "127.0.0.1", "--port", port, "--dir", folder]
    serve += ["--save", "", "--loglevel", "warning"]
    with running(serve, port, stop=signal.SIGTERM, owner=None):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def running(
    command: list[object], port: int, *, stop: signal.Signals, owner: str | None
) -> Iterator[None]:
    """Its own session, so that a Ctrl-C reaches the tests first."""
    server = subprocess.Popen(
        [str(part) for part in command],
        cwd="/",
        user=owner,
        group=owner,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(port, server)
        yield
    finally:
        server.send_signal(stop)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit(f"{server.args} did not start.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_owner() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package makes a user for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
