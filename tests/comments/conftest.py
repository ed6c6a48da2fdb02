"""A reader who writes: `send()` posts the form as a page would, `hold()` is its row at once."""

import itertools

import pytest
from django.urls import reverse

from comments.models import Comment


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
