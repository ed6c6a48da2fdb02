"""The folder of lists that were handed in: for our eyes only, and emptied after a day."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings


def keep(chunks: Iterable[bytes]) -> str:
    """Write a file down piece by piece; says by which name."""
    name = f"{secrets.token_hex(16)}.csv"
    handle = os.open(path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return name


def path(name: str) -> Path:
    folder = Path(settings.DATA_DIR) / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / name


def delete_others(known: set[str], *, before: datetime) -> int:
    """Delete what nobody knows: of who was killed between the file and its row. Says how many."""
    others = [file for file in path(".").iterdir() if file.name not in known]
    old = [file for file in others if file.stat().st_mtime < before.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
