"""Races that only PostgreSQL has: two transactions, each at its own moment."""

import contextlib
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsletter import carriers
from newsletter.models import Delivery, Issue, Quote
from newsletter.models.batches import Batch
from newsletter.outbox import Status
from newsletter.throttle import Rest

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]


@pytest.fixture(autouse=True)
def _nothing_leaves(transactional_db):
    Rest.objects.create(carrier=carriers.current().name, until=timezone.now() + timedelta(hours=1))


class Thread(threading.Thread):
    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.error = work, None

    def run(self):
        try:
            self.work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


def test_what_is_sent_again_while_the_issue_is_completed_is_sent(letter_to):
    issue = letter_to(2)
    held = issue.deliveries.all()
    held.update(status=Status.UNCERTAIN)

    def again():
        with transaction.atomic():  # as send_again() itself; a little slower to its commit
            issue.resend_held()
            time.sleep(0.6)

    slow = Thread(again)
    slow.start()
    time.sleep(0.3)
    other = Thread(lambda: Issue.objects.complete_finished())
    other.start()
    slow.join(10)
    other.join(10)
    assert not slow.error and not other.error, (slow.error, other.error)
    issue.refresh_from_db()
    assert (issue.status, issue.deliveries.counts()) == ("sending", {"queued": 2})


def test_a_quote_is_taken_back_while_its_letter_starts(weekly, post, subscribe, monkeypatch):
    subscribe("marigold")
    issue = weekly.compose(timezone.now())
    Quote.objects.keep("reply-1", post=post, text="It helped.", name="Fern")
    issue.chosen_quotes.choose(issue, Quote.objects.all())
    both = threading.Barrier(2, timeout=5)
    name = "take_in_new" if hasattr(Issue, "take_in_new") else "gather"
    find = getattr(Issue, name)

    def slowly(self):
        both.wait()  # the issue's row is locked by now
        time.sleep(0.3)
        find(self)

    monkeypatch.setattr(Issue, name, slowly)

    def take_back():
        both.wait()
        Quote.objects.take_back("reply-1")

    starts, takes = Thread(lambda: Issue.objects.get(pk=issue.pk).start()), Thread(take_back)
    starts.start(), takes.start()
    starts.join(15), takes.join(15)
    assert (starts.error, takes.error) == (None, None)


def test_reports_about_two_of_one_call_at_once(letter_to, settings):
    from newsletter.models import Chunk

    issue = letter_to(20)
    chunk = Chunk.objects.create(issue=issue, carrier="mailgun")
    issue.deliveries.update(status=Status.UNCERTAIN, chunk=chunk, attempts=1)
    rows = list(issue.deliveries.order_by("pk"))
    both = threading.Barrier(2, timeout=5)

    def report(row):
        def work():
            with transaction.atomic():  # MailEvent.weigh is one
                real = type(row)._settle_doubt

                def then_wait(self, *args, **more):
                    real(self, *args, **more)
                    with contextlib.suppress(threading.BrokenBarrierError):
                        both.wait(0.5)

                mine = Delivery.objects.get(pk=row.pk)
                mine._settle_doubt = then_wait.__get__(mine)
                mine.learn("delivered", at=timezone.now())

        return work

    threads = [Thread(report(rows[3])), Thread(report(rows[15]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert [thread.error for thread in threads] == [None, None]


def test_a_report_comes_while_the_answer_to_its_call_is_written_down(letter_to):
    from newsletter.models import Chunk

    issue = letter_to(20)
    chunk = Chunk.objects.create(issue=issue, carrier="mailgun")
    issue.deliveries.update(status=Status.SENDING, chunk=chunk, attempts=1)
    rows = list(issue.deliveries.order_by("pk"))
    both = threading.Barrier(2, timeout=5)

    def report():
        with transaction.atomic():
            mine = Delivery.objects.get(pk=rows[15].pk)
            real = mine._settle_doubt

            def then_wait(*args, **more):
                real(*args, **more)
                both.wait()
                time.sleep(0.3)

            mine._settle_doubt = then_wait
            mine.learn("delivered", at=timezone.now())

    def answer():
        both.wait()
        Batch(Chunk.objects.get(pk=chunk.pk), None, None, None, rows)._settle({})

    threads = [Thread(report), Thread(answer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert [thread.error for thread in threads] == [None, None]
