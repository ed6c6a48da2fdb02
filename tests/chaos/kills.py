"""make chaos KILLS=100: workers are killed in mid-send, and nobody gets a letter twice or never.

For SQLite with the embedded broker and for PostgreSQL with Redis: real workers and beats with a
lease of three seconds and a tick of one, and a mail server that writes down what it takes before it
answers. Ends with 1 when a promise was broken.

In the table, `busy` counts the kills that came while the victim had a line to the mail server, or
while not everybody had a row yet; `accepted` those of the held whose mail the server had taken.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.chaos import ground
from tests.chaos.crew import Crew
from tests.chaos.scenes import CARRIERS, COLUMNS, PEOPLE, ROW, Run
from tests.sinks import process


def main() -> int:
    parser = argparse.ArgumentParser("tests.chaos.kills")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--carrier", choices=list(CARRIERS), default="smtp")
    parser.add_argument("--database", choices=ground.DATABASES)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    if options.here:
        return here(options)
    print(ROW.format(*COLUMNS), flush=True)
    databases = [options.database] if options.database else ground.DATABASES
    try:
        return max(each(database) for database in databases)
    except KeyboardInterrupt:
        return 130


def each(database: str) -> int:
    """In a process of its own, as Django knows one database. A Ctrl-C lets it tidy up first."""
    command = [sys.executable, "-m", "tests.chaos.kills", *sys.argv[1:], "--here"]
    child = subprocess.Popen([*command, "--database", database], start_new_session=True)
    try:
        return child.wait()
    except BaseException:
        child.terminate()
        child.wait(60)
        raise


def here(options) -> int:
    carrier = CARRIERS[options.carrier]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="afterword-chaos-")))
        broker = stack.enter_context(ground.services(options.database, folder))
        sink = stack.enter_context(process.running(carrier.sink, folder / "ledger"))
        os.environ |= ground.SHORT | {"EMAIL_URL": getattr(sink, carrier.email_url)}
        ground.migrate()

        import django
        from django.db import connections

        django.setup()
        stack.callback(connections.close_all)
        crew = stack.enter_context(Crew(folder))
        run = Run(options, broker, sink, crew)
        run.go(options.kills)
        if run.faults:
            print(f"The end of what the workers said:\n{crew.last_words}")
        return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
