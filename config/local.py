"""What the settings and `serve` must agree on; read before Django is loaded, so nothing heavy."""

import os
from pathlib import Path
from random import SystemRandom
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1: people type these from a screen


def data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve()


def site_url() -> str:
    default = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    return (os.environ.get("SITE_URL") or default).rstrip("/")


def is_local(url: str) -> bool:
    """Whether only this machine can reach the address, so that secrets may be made and shown."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.endswith(".localhost") or _is_loopback(host)


def local_secret(path: Path, groups: int = 4) -> str:
    """The secret kept in this file, made at the first call; of two first callers one wins."""
    if not path.exists():
        _make_secret(path, groups)
    return path.read_text().strip()


def _is_loopback(host: str) -> bool:
    numbers = host.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(n.isdigit() for n in numbers)


def _make_secret(path: Path, groups: int) -> None:
    choose = SystemRandom().choice  # what `secrets` uses, which loads OpenSSL besides
    secret = "-".join("".join(choose(READABLE) for _ in range(5)) for _ in range(groups))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    try:
        os.link(draft, path)  # unlike a rename it never replaces; unlike O_EXCL it is never empty
    except FileExistsError:
        pass
    finally:
        draft.unlink()
