"""A reader who writes: `send()` posts the form as a page would, `hold()` is its row at once."""

import itertools
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, Writer
from comments.tasks import tick


@pytest.fixture
def address(post):
    return reverse("comments:reply", args=[post.slug])


@pytest.fixture
def words(stamp):
    """What somebody types, complete."""
    return {"text": "A wet scarf.", "name": "Marigold", "consent": "on", "stamp": stamp}


@pytest.fixture
def send(reader, address, words):
    """Press *Send*: send(name="Bram"), send(step="check")."""

    def press(browser=reader, at=address, **typed):
        return browser.post(at, {"step": "send"} | words | typed)

    return press


@pytest.fixture
def hold(post):
    """A held reply, written by somebody new."""
    people = itertools.count(1)

    def make(body="A wet scarf.", name="Marigold", on=post, **facts):
        return Comment.objects.hold(
            client=f"client {next(people)}", post=on, name=name, body=body, **facts
        )

    return make


@pytest.fixture
def show(hold, sara):
    """A published reply."""

    def make(*args, **kwargs):
        comment = hold(*args, **kwargs)
        comment.publish(by=sara)
        return comment

    return make


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """What rings after a commit is answered when the block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def later(time_machine):
    """Let time pass, and let everything leave that is due then: later(minutes=10)."""

    def pass_by(**how_long):
        time_machine.move_to(timezone.now() + timedelta(**how_long))
        tick()

    return pass_by


@pytest.fixture
def known(publication):
    """A writer whose address is proved: known("marigold")."""

    def make(name="marigold", **facts):
        writer = Writer.objects.create(**facts)
        writer.give_address(f"{name}@example.com")
        receipt = writer.receipts.get()
        receipt.prove()
        receipt.delete()
        return Writer.objects.get(pk=writer.pk)

    return make
