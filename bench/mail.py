"""python -m bench.mail: what an issue costs in CPU and memory, and when its first mail leaves.

Our own processes (worker, beat, broker, and the start of the issue), not the mail server's.
python -m bench.mail --carrier mailgun --people 1000000 for a single one.
"""

from __future__ import annotations

import argparse
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from tests.chaos import ground
from tests.chaos.crew import Crew
from tests.sinks import process

RUNS = [("smtp", 2_000), ("smtp", 10_000), ("mailgun", 20_000)]
SINKS = {"smtp": "tests.sinks.smtp", "mailgun": "tests.sinks.provider"}
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def peak_megabytes(pid: int | str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@dataclass
class Site:
    """A publication with an audience, a post that nobody got yet, and a crew at rest."""

    letters: ModuleType
    crew: Crew
    broker: ground.Broker
    sink: process.Started

    @property
    def workers(self) -> list[int]:
        return [worker.process.pid for worker in self.crew.workers]

    @property
    def ours(self) -> list[int]:
        """Every process but this one and the mail server's."""
        return [*self.workers, self.crew.beats[0].pid, self.broker.ask("INFO")["process_id"]]


@contextmanager
def site(carrier: str, people: int, database: str = "sqlite", workers: int = 1) -> Iterator[Site]:
    """Django knows one database and one EMAIL_URL: once in a process."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="afterword-bench-")))
        broker = stack.enter_context(ground.services(database, folder))
        sink = stack.enter_context(process.running(SINKS[carrier], folder / "ledger"))
        os.environ["EMAIL_URL"] = sink.email_url if carrier == "smtp" else sink.mailgun_url
        ground.migrate()

        import django
        from django.db import connections

        django.setup()
        stack.callback(connections.close_all)
        from tests.chaos import letters

        letters.publication()
        letters.weekly()
        letters.seed(people)
        letters.write_post()
        crew = stack.enter_context(Crew(folder))
        crew.beat()
        crew.hire(workers)
        crew.wait_for(workers)
        time.sleep(2)
        yield Site(letters, crew, broker, sink)


def ready_made(email_url: str, size: int, times: int = 2_000) -> float:
    """What as many ready-made messages of this size cost over one smtplib connection: the floor."""
    server = urlsplit(email_url)
    lines = b"x" * 74 + b"\r\n"
    begun = time.process_time()
    with smtplib.SMTP(server.hostname or "", server.port or 25) as smtp:
        for number in range(times):
            head = f"Message-ID: <{number}@bench.example>\r\nSubject: bench\r\n\r\n".encode()
            letter = head + lines * (size // len(lines))
            smtp.sendmail("bench@example.org", [f"bench{number}@example.com"], letter)
    return (time.process_time() - begun) / times * 1000


def measure(carrier: str, people: int, database: str, workers: int) -> None:
    with site(carrier, people, database, workers) as here:
        before, own, begun = cpu_seconds(here.ours), time.process_time(), time.time()
        issue = here.letters.weekly().send_now()
        own, started = time.process_time() - own, time.time() - begun
        while not here.letters.has_ended(issue):
            time.sleep(0.25)
        took, spent = time.time() - begun, cpu_seconds(here.ours) - before + own
        found = here.letters.outcome(issue, here.sink.taken)
        first = min(line.at for line in here.sink.taken) - begun
        peak = max(peak_megabytes(pid) for pid in here.workers)
        if carrier == "smtp":
            size = len(issue.html) + len(issue.text)
            floor = ready_made(here.sink.email_url, size)
            print(f"ready-made messages by smtplib, just now: {floor:.2f} CPU-seconds per 1,000")
    print(
        f"{carrier}, {people} people, {database}: {spent / people * 1000:.2f} CPU-seconds per "
        f"1,000 mails, {people / took:.0f} mails a second, peak {peak:.0f} MB a worker; "
        f"started in {started:.2f} s, the first mail left after {first:.2f} s; {found.sent} sent, "
        f"{found.held} held, {found.duplicates} twice, {found.lost} lost",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser("bench.mail")
    parser.add_argument("--carrier", choices=list(SINKS))
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--database", choices=ground.DATABASES, default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if options.carrier:
        measure(options.carrier, options.people, options.database, options.workers)
        return 0
    for carrier, people in RUNS:
        # Each in a process of its own: Django knows one EMAIL_URL.
        command = [sys.executable, "-m", "bench.mail", "--carrier", carrier]
        subprocess.run([*command, "--people", str(people)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
