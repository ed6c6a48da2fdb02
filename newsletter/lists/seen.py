"""Who came before in a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class Seen:
    """Kept on disk: a million of them would fill the memory."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("")  # a file of its own, gone when closed
        self.database.execute("CREATE TABLE seen (mark INTEGER PRIMARY KEY) WITHOUT ROWID")

    def among(self, canonicals: Iterable[str]) -> set[str]:
        marks = {hash(canonical): canonical for canonical in canonicals}
        places = ", ".join("?" * len(marks))
        rows = self.database.execute(
            f"SELECT mark FROM seen WHERE mark IN ({places})",  # noqa: S608
            list(marks),
        )
        return {marks[mark] for (mark,) in rows}

    def add(self, canonicals: Iterable[str]) -> None:
        marks = [(hash(canonical),) for canonical in canonicals]
        self.database.executemany("INSERT OR IGNORE INTO seen VALUES (?)", marks)

    def close(self) -> None:
        self.database.close()
