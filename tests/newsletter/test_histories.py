"""Whatever authors, readers, carriers and clocks do, in any order: nobody twice, nobody lost."""

import re
import smtplib
from datetime import timedelta

import pytest
import time_machine as clock
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Post, Publication
from newsletter import emails, schedule
from newsletter.models import Delivery, Edition, Issue, Subscriber, audience, issues
from newsletter.tasks import tick

BEGINNING = "2026-11-20 12:00 +0000"
KINDS = [Edition.Kind.EACH, Edition.Kind.WEEKLY, Edition.Kind.MONTHLY]  # those that readers choose
ZONES = ["Europe/London", "Pacific/Auckland", "America/Los_Angeles"]


class Moody(EmailBackend):
    """Takes mail, unless the next mood says otherwise."""

    moods: list[str] = []

    def send_messages(self, messages):
        mood = self.moods.pop(0) if self.moods else "well"
        if mood == "later":
            raise smtplib.SMTPRecipientsRefused({"x": (451, b"4.7.1 greylisted")})
        if mood == "never":
            raise smtplib.SMTPRecipientsRefused({"x": (550, b"5.7.1 not from you")})
        if mood == "not now":
            raise smtplib.SMTPConnectError(421, b"busy")
        if mood == "lost":
            raise TimeoutError
        super().send_messages(messages)
        if mood == "silent":
            raise TimeoutError
        return len(messages)


class World:
    """Everything that can happen, one step each; `n` chooses whom or how much."""

    def __init__(self, traveller):
        self.traveller = traveller
        self.posts, self.people = 0, 0
        self.pressed, self.known, self.letters = set(), set(), {}
        self.join(1)
        self.join(1)
        self.join(0)

    # Posts

    def publish(self, n):
        self.posts += 1
        author = Publication.objects.get().sara
        at = timezone.now() + timedelta(hours=[0, 0, 0, 30][n % 4])
        Post.objects.create(title=f"Post {self.posts}", body="-", author=author, published_at=at)

    def edit(self, n):
        if post := one_of(Post.objects, n):
            post.title += ", edited"
            post.save()

    def withdraw(self, n):
        if post := one_of(Post.objects.filter(withdrawn_at=None), n):
            Post.objects.filter(pk=post.pk).update(withdrawn_at=timezone.now())

    def bring_back(self, n):
        if post := one_of(Post.objects.exclude(withdrawn_at=None), n):
            facts = {"published_at": timezone.now()} if n % 2 else {}
            Post.objects.filter(pk=post.pk).update(withdrawn_at=None, **facts)

    def unlist(self, n):
        if post := one_of(Post.objects, n):
            Post.objects.filter(pk=post.pk).update(unlisted=not post.unlisted)

    # People

    def join(self, n):
        self.people += 1
        frequency = KINDS[n % 3]
        Subscriber.objects.create(email=f"p{self.people}@x.example", frequency=frequency).confirm()

    def change(self, n):
        frequency = [*KINDS, "none"][n % 4]
        if person := one_of(Subscriber.objects, n // 4):
            Subscriber.objects.filter(pk=person.pk).update(frequency=frequency)

    def rest(self, n):
        if person := one_of(Subscriber.objects, n):
            person.resume() or person.pause(until=timezone.now().date() + timedelta(days=9))

    def leave(self, n):
        if person := one_of(Subscriber.objects, n):
            person.unsubscribe() or person.confirm()

    # Time

    def minutes(self, n):
        self.pass_by(timedelta(minutes=n % 12))

    def days(self, n):
        self.pass_by(timedelta(hours=8 * (n % 6)))

    def slot(self, n):
        edition = Edition.objects.get(kind=KINDS[1 + n % 2])
        slot = schedule.next_slot(edition.rhythm, timezone.now())
        self.pass_by(slot - timezone.now() + timedelta(seconds=n % 50))
        tick()

    def pass_by(self, gap):
        self.traveller.shift(gap)
        tick()

    # The author's desk

    def draft(self, n):
        Edition.objects.get(kind=KINDS[n % 3]).draft()

    def send_now(self, n):
        Edition.objects.get(kind=KINDS[n % 3]).send_now()

    def arrange(self, n):
        if issue := one_of(Issue.objects.open(), n):
            order = list(issue.items.order_by("-position").values_list("post", flat=True))
            issue.arrange(order, leave_out=order[: n % 3])

    def approve(self, n):
        if issue := one_of(Issue.objects.open(), n):
            issue.approve(timezone.now() + timedelta(days=n % 3)) or issue.take_back()

    def start(self, n):
        if issue := one_of(Issue.objects.open(), n):
            issue.start()

    def hold(self, n):
        if issue := one_of(Issue.objects.unfinished(), n):
            issue.pause() or issue.resume()

    def cancel(self, n):
        if issue := one_of(Issue.objects.exclude(status__in=["sent", "cancelled", "empty"]), n):
            issue.cancel()

    def press(self, n):
        if issue := one_of(Issue.objects.started(), n):
            self.pressed |= set(issue.deliveries.held().values_list("pk", flat=True))
            issue.resend_held()
            issue.retry_failed()

    def switch(self, n):
        edition = Edition.objects.get(kind=KINDS[n % 3])
        at = None if edition.is_on else timezone.now()
        Edition.objects.filter(pk=edition.pk).update(switched_on_at=at)

    def move(self, n):
        Publication.objects.update(time_zone=ZONES[n % 3])

    # The carrier

    def mood(self, n):
        Moody.moods.append(["later", "never", "not now", "lost", "silent", "well"][n % 6])

    # What must be true ---------------------------------------------------------------------------

    def look(self):
        for letter in mail.outbox:
            if not letter.extra_headers["Message-ID"].startswith("<m."):  # memos are no letters
                self.look_at_letter(letter)
        mail.outbox.clear()
        for issue in Issue.objects.started().exclude(pk__in=self.known):
            self.known.add(issue.pk)
            listed = set(Post.objects.listed().values_list("pk", flat=True))
            assert set(issue.items.values_list("post", flat=True)) <= listed
        for issue in Issue.objects.filter(status__in=["sent", "cancelled"]).started():
            assert issue.equation.holds, issue.equation

    def look_at_letter(self, letter):
        [to] = letter.to
        person = Subscriber.objects.get(email=to)
        assert person.status == "active" and person.frequency != "none"
        brought = set(re.findall(r"^Post (\d+)", letter.body, re.M))
        assert brought
        number = emails.delivery_of(letter.extra_headers["Message-ID"])
        for earlier, (whose, posts) in self.letters.items():
            if whose == to and not {number, earlier} & self.pressed:
                assert not posts & brought, f"{to} got {posts & brought} twice"
        self.letters[number] = to, brought

    def come_to_an_end(self):
        Moody.moods.clear()
        for issue in Issue.objects.filter(status="paused"):
            issue.resume()
        for _ in range(40):
            self.pass_by(timedelta(hours=7))
            self.look()
            if not Issue.objects.unfinished().exists():
                break
        assert not Issue.objects.unfinished().exists()
        assert not Delivery.objects.filter(status__in=["queued", "sending"]).exists()


def one_of(rows, n):
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    return rows.get(pk=pks[n % len(pks)]) if pks else None


OFTEN = [World.publish] * 5 + [World.minutes] * 4 + [World.slot] * 4 + [World.change] * 4
NOW_AND_THEN = [World.days, World.send_now, World.mood, World.press, World.start] * 2
SELDOM = [
    *(World.edit, World.withdraw, World.bring_back, World.unlist, World.join, World.rest),
    *(World.leave, World.draft, World.arrange, World.approve, World.hold, World.cancel),
    *(World.switch, World.move),
]
STEPS = st.tuples(st.sampled_from(OFTEN + NOW_AND_THEN + SELDOM), st.integers(0, 23))


@pytest.fixture
def place(sara, settings, monkeypatch):
    """A publication, small parts, and a carrier with moods."""
    settings.EMAIL_BACKEND = f"{__name__}.Moody"
    monkeypatch.setattr(Publication, "sara", sara.author, raising=False)
    monkeypatch.setattr(issues, "FIRST_PART", 1)
    monkeypatch.setattr(audience.AudienceQuerySet.go_on, "__kwdefaults__", {"size": 2})


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, min_size=10, max_size=40))
def test_in_any_history_nobody_gets_a_post_twice_and_all_adds_up(place, caplog, steps):
    caplog.clear()
    Moody.moods, mail.outbox = [], []
    with clock.travel(BEGINNING, tick=False) as traveller, transaction.atomic():
        tick()
        world = World(traveller)
        for step, n in steps:
            step(world, n)
            world.look()
        world.come_to_an_end()
        transaction.set_rollback(True)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
