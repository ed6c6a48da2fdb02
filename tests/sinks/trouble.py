"""What a server on this machine is told to do wrong, and the mails that it took all the same."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

FOREVER = math.inf


@dataclass
class Trouble:
    """One way to misbehave at one step, for so many times.

    In this order: take the mail (`taken`), hang for `seconds`, then drop the line or give `answer`.
    With neither, the server goes on as if nothing had been.
    """

    step: str
    who: str = "*"  # a recipient, or a pattern of them: gone@*
    answer: str = ""
    seconds: float = 0
    drop: bool = False
    taken: bool = False
    times: float = 1
    retry_after: int | None = None

    def meets(self, step: str, recipients: Iterable[str]) -> bool:
        if self.step != step or self.times < 1:
            return False
        return self.who == "*" or any(fnmatch(address, self.who) for address in recipients)


class Troubles:
    """Those that a server was told of, the first told first."""

    def __init__(self) -> None:
        self.waiting: list[Trouble] = []

    def add(self, step: str, **how) -> None:
        self.waiting.append(Trouble(step, **how))

    def forget(self) -> None:
        self.waiting = []

    def met(self, step: str, recipients: Iterable[str] = ()) -> Trouble | None:
        """The trouble to make now, if any; counts it."""
        for trouble in self.waiting:
            if trouble.meets(step, recipients):
                trouble.times -= 1
                return trouble
        return None


class Ledger:
    """A line for each mail, in the file before anybody is told that the mail was taken."""

    def __init__(self, path: Path | str | None) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self.file = None if path is None else os.open(path, flags, 0o600)

    def note(self, mails: Iterable[tuple[str, str]]) -> None:
        """Recipient and Message-ID of each."""
        if self.file is not None:
            now = time.time()
            lines = "".join(f"{now:.6f}\t{who}\t{name}\n" for who, name in mails)
            os.write(self.file, lines.encode())

    def close(self) -> None:
        if self.file is not None:
            os.close(self.file)
            self.file = None


@dataclass(frozen=True)
class Line:
    """One line of a ledger."""

    at: float
    recipient: str
    message_id: str


def read_ledger(path: Path | str, offset: int = 0) -> tuple[list[Line], int]:
    """Every mail that was taken, in its order, from this byte on; and the byte to go on from."""
    with open(path, "rb") as file:
        file.seek(offset)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]  # the last line may still be on its way
    lines = (line.split("\t") for line in whole.decode().splitlines())
    return [Line(float(at), who, name) for at, who, name in lines], offset + len(whole)
