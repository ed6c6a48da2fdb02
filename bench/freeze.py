"""python -m bench.freeze: how long it takes to fix who gets an issue, for a million people."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.mail import peak_megabytes
from tests import with_services
from tests.chaos import ground


def freeze(issue) -> None:
    """All of the audience, whoever does it in life: when this returns, everybody has a row."""
    from newsletter.models import Delivery

    issue.start()
    while Delivery.objects.go_on(issue):
        pass


def measure(database: str, people: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="afterword-bench-")))
        stack.enter_context(ground.services(database, folder))
        os.environ["EMAIL_URL"] = f"file:{folder / 'mail'}"
        ground.migrate()

        import django
        from django.db import connections

        django.setup()
        stack.callback(connections.close_all)
        from django.utils import timezone

        from tests.chaos import letters

        letters.publication()
        edition = letters.weekly()
        letters.seed(people)
        letters.write_post()
        issue = edition.compose(timezone.now())
        begun = time.perf_counter()
        freeze(issue)
        took = time.perf_counter() - begun
        made = issue.deliveries.count()
    print(
        f"{database}: {made} deliveries frozen in {took:.1f} s, peak {peak_megabytes('self'):.0f} "
        "MB",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser("bench.freeze")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--database", choices=ground.DATABASES)
    options = parser.parse_args()
    if options.database:
        measure(options.database, options.people)
        return 0
    for database in ground.DATABASES if with_services.find_postgres() else ["sqlite"]:
        command = [sys.executable, "-m", "bench.freeze", "--database", database]
        subprocess.run([*command, "--people", str(options.people)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
