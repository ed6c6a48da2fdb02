"""Workers and beats that may be killed at any time. Only those that were started here are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from config.supervisor import TETHER

ROOT = Path(__file__).resolve().parents[2]


def started(command: list[object], log: Path, **more) -> subprocess.Popen[bytes]:
    """A process that a Ctrl-C does not reach first, and that does not outlive this one."""
    tied = [sys.executable, TETHER, os.getpid(), *command]
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in tied],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **more,
        )


@dataclass
class Worker:
    process: subprocess.Popen[bytes]
    mark: Path

    @property
    def is_at_work(self) -> bool:
        return self.mark.exists() and self.process.poll() is None

    def talks_to(self, port: int) -> bool:
        """Whether it holds a connection to this port."""
        lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        inodes = {f"socket:[{line[9]}]" for line in lines if line[2].endswith(f":{port:04X}")}
        folder = Path(f"/proc/{self.process.pid}/fd")
        return any(_target(name) in inodes for name in folder.iterdir())


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""  # closed meanwhile


class Crew:
    """Everybody who works for one publication."""

    def __init__(self, folder: Path):
        self.folder, self.log = folder, folder / "crew.log"
        self.workers: list[Worker] = []
        self.beats: list[subprocess.Popen[bytes]] = []
        self.hired = 0

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error) -> None:
        for process in [*self.beats, *(worker.process for worker in self.workers)]:
            process.kill()
            process.wait()

    def hire(self, count: int = 1) -> None:
        for _ in range(count):
            self.hired += 1
            mark = self.folder / f"worker-{self.hired}"
            command = [
                *(sys.executable, "-W", "ignore", "-m", "tests.chaos.worker", mark, "worker"),
                *("--pool=threads", "--concurrency=4", "--loglevel=warning"),
                *("--without-mingle", "--without-gossip", "--without-heartbeat"),
                f"--hostname=worker-{self.hired}@%h",
            ]
            self.workers.append(Worker(started(command, self.log), mark))

    def beat(self, count: int = 1) -> None:
        for _ in range(count):
            command = [
                *(sys.executable, "-m", "celery", "--quiet", "-A", "config.celery:beat", "beat"),
                *("--scheduler=celery.beat:Scheduler", "--loglevel=warning"),
                f"--pidfile={self.folder / f'beat-{len(self.beats)}-{time.monotonic_ns()}'}",
            ]
            self.beats.append(started(command, self.log))

    @property
    def at_work(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.is_at_work]

    def wait_for(self, count: int, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while len(self.at_work) < count:
            if time.monotonic() > end:
                sys.exit(f"{len(self.at_work)} of {count} workers came to work.\n{self.last_words}")
            time.sleep(0.05)

    def replace_ended(self) -> int:
        """As the parent of the group does; says how many had ended by themselves."""
        ended = [worker for worker in self.workers if worker.process.poll() is not None]
        self.workers = [worker for worker in self.workers if worker not in ended]
        self.hire(len(ended))
        return len(ended)

    @property
    def last_words(self) -> str:
        return self.log.read_text()[-3000:]

    def kill(self, worker: Worker) -> None:
        worker.process.send_signal(signal.SIGKILL)
        worker.process.wait()
        self.workers.remove(worker)

    def kill_beats(self) -> None:
        for beat in self.beats:
            beat.kill()
            beat.wait()
        self.beats = []

    def dismiss(self) -> None:
        """Let all workers go, gently."""
        for worker in self.workers:
            worker.process.terminate()
        for worker in self.workers:
            worker.process.wait(60)
        self.workers = []
