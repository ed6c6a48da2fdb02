"""python -m bench.import_people: how long a list of a million people takes, and its peak memory.

One process, as a worker or the command does it; the file is written before, and not counted.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.mail import peak_megabytes
from tests import with_services
from tests.chaos import ground

HEADER = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,TAGS\n"


def write(file: Path, people: int) -> None:
    """As Mailchimp does, in no order; one in a hundred is there twice, one in fifty unproven."""
    some = random.Random(1)
    with file.open("w") as out:
        out.write(HEADER)
        name = ""
        for number in range(people):
            name = f"{some.getrandbits(40):010x}.fern" if number % 100 else name
            at = f"2023-0{1 + number % 9}-11 10:0{number % 6}:07" if number % 50 else ""
            out.write(f"{name}@example.com,Fern,“Marigold”,2,{at},{at},{number},\n")


def measure(database: str, people: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="afterword-bench-")))
        stack.enter_context(ground.services(database, folder))
        os.environ["EMAIL_URL"] = f"file:{folder / 'mail'}"
        ground.migrate()
        write(folder / "people.csv", people)

        import django
        from django.db import connections

        django.setup()
        stack.callback(connections.close_all)
        from newsletter.models import Import
        from tests.chaos import letters

        letters.publication()
        with (folder / "people.csv").open("rb") as file:
            pieces = iter(lambda: file.read(65_536), b"")
            brought = Import.objects.receive("people.csv", pieces)
        begun = time.perf_counter()
        brought.go_on()
        checked = time.perf_counter()
        used = time.process_time()
        brought.start(source="The old list", without_proof=Import.WithoutProof.LEAVE)
        while brought.go_on():
            pass
        done, used = time.perf_counter(), time.process_time() - used
        brought.refresh_from_db()
    print(
        f"{database}: {people} lines read in {checked - begun:.0f} s, "
        f"{brought.counts['joined']} people taken in in {done - checked:.0f} s "
        f"({used:.0f} s of CPU), peak {peak_megabytes('self'):.0f} MB",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser("bench.import_people")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--database", choices=ground.DATABASES)
    options = parser.parse_args()
    if options.database:
        measure(options.database, options.people)
        return 0
    for database in ground.DATABASES if with_services.find_postgres() else ["sqlite"]:
        command = [sys.executable, "-m", "bench.import_people", "--database", database]
        subprocess.run([*command, "--people", str(options.people)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
