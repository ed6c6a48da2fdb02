"""A broker that is away: everything is done by rows, and the tick sees them."""

import time

import pytest
from django.test import Client

from config.broker import breaker
from config.celery import app
from newsletter.models import Subscriber
from newsletter.tasks import tick
from tests.newsletter.ways import once_each, states


def answer_the_bell():
    breaker.reset()
    app.conf.task_always_eager = True


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_a_sign_up_is_answered_and_its_mail_leaves_at_the_next_tick(
    publication, stamp, mailoutbox, unrung
):
    reader = Client(headers={"Sec-Fetch-Site": "same-origin"})
    start = time.monotonic()
    for number in range(8):
        form = {"email": f"reader{number}@example.com", "stamp": stamp}
        assert reader.post("/newsletter/", form).status_code == 303
    assert time.monotonic() - start < 8 * 1.0
    assert mailoutbox == []

    answer_the_bell()
    tick()
    assert len(mailoutbox) == Subscriber.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_an_issue_made_without_a_broker_goes_by_the_tick_alone(letter_to, smtp, unrung):
    start = time.monotonic()
    issue = letter_to(5)
    assert time.monotonic() - start < 2
    assert smtp.taken == []

    answer_the_bell()
    tick()
    assert once_each(smtp, 5) and states(issue) == {"sent": 5}
