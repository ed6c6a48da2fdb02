"""What happens to the crew while an issue goes out, and the table of what became of everybody."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

from tests.chaos import ground
from tests.chaos.crew import Crew, Worker, started
from tests.sinks import process
from tests.sinks.trouble import FOREVER

PEOPLE, CROWD = 500, 10_000
WORKERS = 3
PATIENCE = 300  # seconds that an issue may take
COLUMNS = ["database", "what", "issue", "people", "kills", "busy", "sent", "held", "accepted",
           "duplicates", "lost", "seconds"]  # fmt: skip
ROW = "{:<11}{:<26}{:>5}{:>8}{:>6}{:>6}{:>7}{:>6}{:>10}{:>12}{:>6}{:>9}"


@dataclass(frozen=True)
class Carrier:
    """How mail leaves, how slow the line is, and how many one killed thread may leave in doubt."""

    sink: str
    email_url: str
    pauses: list[dict]
    in_doubt: int


# As over a real line; the moment after a mail was taken is the one that nobody can be sure of.
CARRIERS = {
    "smtp": Carrier(
        "tests.sinks.smtp",
        "email_url",
        [{"step": "data", "seconds": 0.005}, {"step": "dot", "seconds": 0.015, "taken": True}],
        in_doubt=1,
    ),
    "mailgun": Carrier(
        "tests.sinks.provider",
        "mailgun_url",
        [{"step": "call", "seconds": 0.1, "taken": True}],
        in_doubt=1000,
    ),
    # It knows a call by its key, so that nobody needs to be held at all.
    "resend": Carrier(
        "tests.sinks.provider",
        "resend_url",
        [{"step": "call", "seconds": 0.1, "taken": True}],
        in_doubt=0,
    ),
}


class Run:
    """All issues on one database, one after the other."""

    def __init__(self, options, broker, sink: process.Started, crew: Crew):
        from tests.chaos import letters  # Django finds its settings only now

        self.letters = letters
        self.database, self.people = options.database, options.people
        self.carrier = CARRIERS[options.carrier]
        self.broker, self.sink, self.crew = broker, sink, crew
        self.kills = self.busy = self.seen = self.held = self.killed = self.ended = 0
        self.faults: list[str] = []

    def go(self, kills: int) -> None:
        self.letters.publication()
        self.letters.weekly()
        self.letters.seed(self.people)
        self.crew.beat()
        self.crew.hire(WORKERS)
        self.crew.wait_for(WORKERS)
        done = 0
        while done < kills:
            done += self.killed_in_mid_send(kills - done)
        for scene in (self.flushed, self.hung, self.broker_killed, self.without_beat, self.crowd):
            scene()
        done, kills = 0, max(2, kills // 5)
        self.letters.seed(CROWD)
        while done < kills:
            done += self.killed_while_freezing(kills - done)
        self.check_the_whole()

    def killed_in_mid_send(self, most: int) -> int:
        """Workers die at random moments until the issue has ended all the same."""
        begun = self.begin(slow=True)
        issue = self.letters.start()
        while not self.letters.has_ended(issue) and time.monotonic() < begun + PATIENCE:
            time.sleep(random.uniform(0.05, 0.8))
            if self.kills < most and self.crew.at_work:
                self.kill_somebody()
        return self.end("killed in mid-send", issue, begun)

    def killed_while_freezing(self, most: int) -> int:
        """Who starts it, or who sends it, dies within its first moments."""
        begun = self.begin(slow=False)
        before = self.letters.newest()
        self.letters.write_post()
        starter = self.starter()
        while (issue := self.letters.newest()) in (None, before):
            if starter.poll() is not None or time.monotonic() > begun + 60:
                sys.exit(f"No issue was made.\n{self.crew.last_words}")
            time.sleep(0.002)
        for _ in range(min(2, most)):
            time.sleep(random.choice([0.01, 0.05, 0.3]) * random.random())
            busy = self.busy
            if starter.poll() is None:
                starter.kill()
                starter.wait()
                self.kills += 1
            elif self.crew.at_work:
                self.kill_somebody()
            self.busy = busy + (issue.deliveries.count() < CROWD)
            if random.random() < 0.5:  # somebody presses once more; else the clock does
                starter = self.starter()
        # The clock starts what is overdue; an issue of a coming minute waits for that, or for Sara.
        if not self.letters.wait_for(lambda: self.letters.has_started(issue), 5):
            starter = self.starter()
        self.letters.wait_for(lambda: self.letters.has_ended(issue), PATIENCE)
        starter.wait(60)
        return self.end("killed while freezing", issue, begun)

    def flushed(self) -> None:
        """The broker forgets everything: the rows do not."""
        begun, issue = self.in_mid_send()
        self.broker.flush()
        self.ended_within(60, issue)
        self.end("broker flushed", issue, begun)

    def hung(self) -> None:
        begun, issue = self.in_mid_send()
        self.broker.hang(8)
        self.ended_within(60, issue)
        self.end("broker hung for 8 s", issue, begun)

    def broker_killed(self) -> None:
        if not isinstance(self.broker, ground.Embedded):
            return
        begun, issue = self.in_mid_send()
        self.broker.kill()
        time.sleep(4)
        self.broker.start()
        self.ended_within(60, issue)
        self.end("broker killed for 4 s", issue, begun)

    def without_beat(self) -> None:
        """The clock dies, and with it a worker; another clock comes a little later."""
        begun, issue = self.in_mid_send()
        self.crew.kill_beats()
        self.kill_somebody()
        time.sleep(4)
        self.crew.beat()
        self.ended_within(60, issue)
        self.end("beat and a worker killed", issue, begun)

    def crowd(self) -> None:
        """Three clocks and eight workers when a slot comes: one issue, and once to each."""
        self.crew.beat(2)
        self.crew.replace_ended()
        self.crew.hire(8 - len(self.crew.workers))
        self.crew.wait_for(8)
        begun = self.begin(slow=True)
        issues = self.letters.issues_of_a_slot()
        self.letters.wait_for(lambda: issues.filter(finished_at__isnull=False).exists(), 90)
        if issues.count() != 1:
            self.fault(f"one slot brought {issues.count()} issues")
        if issue := issues.first():
            self.end("3 beats, 8 workers", issue, begun)
        self.crew.kill_beats()
        self.crew.dismiss()
        self.crew.beat()
        self.crew.hire(WORKERS)
        self.crew.wait_for(WORKERS)

    def begin(self, *, slow: bool) -> float:
        if ended := self.crew.replace_ended():
            print(f"{ended} workers had ended by themselves")
        self.kills = self.busy = 0
        self.seen = len(self.sink.taken)
        self.sink.behave()
        if slow:
            for pause in self.carrier.pauses:
                self.sink.trouble(**pause, times=FOREVER)
        return time.monotonic()

    def in_mid_send(self):
        begun = self.begin(slow=True)
        issue = self.letters.start()
        if not self.letters.wait_for(lambda: len(self.sink.taken) >= self.seen + 50, 60):
            self.fault("the first fifty mails took more than a minute")
        return begun, issue

    def ended_within(self, seconds: float, issue) -> None:
        def over() -> bool:
            self.ended += self.crew.replace_ended()  # as whoever started them does
            return self.letters.has_ended(issue)

        if not self.letters.wait_for(over, seconds):
            self.fault(f"issue {issue.pk} did not end within {seconds} s")
            self.letters.wait_for(over, PATIENCE)

    def end(self, what: str, issue, begun: float) -> int:
        """Print the row; say how many were killed."""
        if not self.letters.has_ended(issue):
            self.fault(f"issue {issue.pk} did not end within {PATIENCE} s")
        seconds = time.monotonic() - begun
        found = self.letters.outcome(issue, self.sink.taken[self.seen :])
        print(
            ROW.format(
                self.database, what, issue.pk, found.people, self.kills, self.busy, found.sent,
                found.held, found.accepted, found.duplicates, found.lost, f"{seconds:.1f}",
            ),
            flush=True,
        )  # fmt: skip
        for fault in found.faults:
            self.fault(f"issue {issue.pk}: {fault}")
        if found.duplicates:
            self.fault(f"issue {issue.pk}: {found.duplicates} twice")
        if self.ended:
            print(f"{self.ended} workers had ended by themselves")
        deaths, self.ended = self.kills + self.ended, 0
        if found.held > self.carrier.in_doubt * deaths:
            self.fault(f"issue {issue.pk}: {found.held} held for {deaths} deaths")
        self.held += found.held
        self.killed += self.kills
        return self.kills

    def check_the_whole(self) -> None:
        """No letter came twice, also not one of an earlier issue while a later one went out."""
        letters = Counter((line.recipient, line.message_id) for line in self.sink.taken)
        twice = sum(letters.values()) - len(letters)
        if twice:
            self.fault(f"{twice} letters came twice in all")
        each = f"{self.held / self.killed:.2f}" if self.killed else "none"
        print(
            f"{self.database}: {len(letters)} letters, {self.killed} kills, {self.held} held "
            f"({each} a kill), {twice} twice, {len(self.faults)} promises broken"
        )

    def kill_somebody(self) -> None:
        """Rather one who talks to the mail server than one who waits."""
        port = self.sink.port
        workers = self.crew.at_work
        talking = [worker for worker in workers if worker.talks_to(port)]
        victim: Worker = random.choice(talking if talking and random.random() < 0.7 else workers)
        self.busy += victim in talking
        self.kills += 1
        self.crew.kill(victim)
        self.crew.hire()

    def starter(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "manage.py", "send_digest", "--now"]
        return started([*command], self.crew.log)

    def fault(self, what: str) -> None:
        print(f"BROKEN: {what}", flush=True)
        self.faults.append(what)
