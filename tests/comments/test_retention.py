"""What was kept long enough goes by itself; what is still needed stays, and so does the record."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Change, Comment, Decision, Report, Writer
from comments.tasks import tick
from newsletter import retention

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


@pytest.fixture
def wait(time_machine):
    """Let so many days pass, with one tick at their end."""

    def pass_by(days, more=timedelta()):
        time_machine.move_to(timezone.now() + timedelta(days=days) + more)
        tick()

    return pass_by


@pytest.fixture
def spam(hold, sara):
    comment = hold(body="Buy pills", name="Pillman")
    comment.mark_spam(by=sara)
    return comment


@pytest.fixture
def rejected(hold, sara):
    comment = hold(body="Secret words", name="Fern")
    comment.reject(by=sara)
    return comment


def everything():
    models = [model for model in apps.get_models() if model._meta.managed]
    return "".join(serializers.serialize("json", model._base_manager.all()) for model in models)


def test_spam_is_deleted_after_fourteen_days(spam, wait):
    wait(14, -SOON)
    assert Comment.objects.exists()

    wait(0, SOON * 2)
    assert not Comment.objects.exists()
    assert "Pillman" not in everything()


def test_of_spam_that_others_answered_only_the_words_go(spam, hold, sara, wait):
    answer = hold(body="Do not buy it.", parent=spam)
    answer.publish(by=sara)

    wait(15)

    spam.refresh_from_db()
    assert (spam.body, spam.name, spam.purged_at is not None) == ("", "", True)
    answer.refresh_from_db()
    assert answer.is_published


def test_an_answer_to_spam_goes_and_then_the_spam(spam, hold, sara, wait):
    hold(body="Buy more", parent=spam).mark_spam(by=sara)

    wait(15)
    wait(0, SOON)

    assert not Comment.objects.filter(status="spam", body__contains="more").exists()
    assert "Buy" not in everything()


def test_spam_counts_from_the_decision(hold, sara, wait, time_machine):
    comment = hold()
    time_machine.move_to(timezone.now() + timedelta(days=13))
    comment.mark_spam(by=sara)

    wait(10)

    assert Comment.objects.exists()


def test_the_words_of_what_was_not_published_go_after_thirty_days(rejected, wait):
    wait(30, -SOON)
    assert "Secret words" in everything()

    wait(0, SOON * 2)
    assert "Secret words" not in everything() and "Fern" not in everything()


def test_its_row_and_what_was_decided_stay(rejected, wait):
    wait(31)

    rejected.refresh_from_db()
    assert rejected.status == "rejected" and rejected.purged_at
    assert Decision.objects.get().verdict == "rejected"


def test_what_nobody_decided_about_goes_after_ninety_days_and_leaves_the_queue(hold, wait):
    comment = hold(body="Still waiting")
    wait(90, -SOON)
    assert Comment.objects.waiting().exists()

    wait(0, SOON * 2)

    comment.refresh_from_db()
    assert (comment.status, comment.lane, comment.body) == ("rejected", "", "")
    assert comment.decisions.get().actor == Comment.Actor.RULES


def test_held_by_reports_and_never_looked_at_its_answers_stay(show, hold, sara, wait):
    comment = show()
    answer = hold(body="Me too.", parent=comment)
    answer.publish(by=sara)
    comment.hold_for_review()

    wait(91)

    answer.refresh_from_db()
    comment.refresh_from_db()
    assert answer.is_published and comment.purged_at


def test_published_and_private_ones_stay(show, hold, wait):
    show()
    hold(name="Fern").keep_private()

    wait(400)

    assert Comment.objects.exclude(body="").count() == 2


def test_signals_and_likeness_go_with_the_words(rejected, wait):
    Comment.objects.update(signals=[{"rule": "honeypot", "weight": 5}], likeness_a=1)

    wait(31)

    rejected.refresh_from_db()
    assert (rejected.signals, rejected.likeness_a, rejected.name_key) == ([], None, "")


def test_its_changes_and_reports_go_with_the_words(rejected, wait):
    Report.objects.create(comment=rejected, revision=1, reason="harm")
    Change.objects.create(comment=rejected, body="Other secret")

    wait(31)

    assert not Change.objects.exists() and not Report.objects.exists()


def test_old_words_of_a_change_go_thirty_days_after_the_decision(show, wait):
    Change.objects.create(
        comment=show(), body="Old words", status="accepted", decided_at=timezone.now()
    )
    wait(29)
    assert Change.objects.exists()

    wait(2)
    assert not Change.objects.exists()


def test_a_change_that_waits_is_not_forgotten(show, wait):
    Change.objects.create(comment=show(), body="New words")

    wait(89)

    assert Change.objects.exists()


def test_reports_go_after_thirty_days(show, wait):
    Report.objects.create(comment=show(), revision=1, reason="harm")
    wait(29)
    assert Report.objects.exists()

    wait(2)
    assert not Report.objects.exists()


def test_a_private_link_to_nothing_goes(spam, wait):
    wait(15)
    assert Writer.objects.exists()

    wait(16)
    assert not Writer.objects.exists()


def test_a_private_link_to_a_reply_stays(show, rejected, wait):
    show()

    wait(400)

    assert Writer.objects.count() == 2


def test_a_second_link_of_somebody_stays_while_it_leads_to_replies(show, wait):
    Writer.objects.create(same_as=show().writer)

    wait(400)

    assert Writer.objects.count() == 2


def test_no_minute_is_a_long_one(post, hold, wait, monkeypatch):
    monkeypatch.setattr(retention.some, "__defaults__", (2,))
    for number in range(5):
        hold(body=f"Waiting {number}")

    wait(91)
    assert Comment.objects.filter(purged_at=None).count() == 3

    wait(0)
    wait(0)
    assert not Comment.objects.filter(purged_at=None).exists()


def test_with_nothing_old_a_minute_asks_little(show, hold):
    show()
    hold()

    with CaptureQueriesContext(connection) as queries:
        tick()

    asked = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) < 25


def test_a_part_that_fails_does_not_keep_the_others(rejected, wait, monkeypatch):
    def broken(*_args):
        raise RuntimeError

    monkeypatch.setattr("comments.models.Alert.objects.mind_floods", broken)

    wait(31)

    rejected.refresh_from_db()
    assert rejected.purged_at


@pytest.mark.skipif(connection.vendor != "sqlite", reason="small tables: others plan by size")
def test_idle_links_are_found_without_reading_all_replies_for_each(db):
    plan = Writer.objects.idle().explain()

    assert "SEARCH U0" in plan and "SCAN U" not in plan


def test_what_came_back_to_the_page_meanwhile_keeps_the_other_words_that_wait(show, sara):
    comment = show()
    comment.changes.create(name="Marigold", body="A fan.")
    comment.reject(by=sara)
    as_found = Comment.objects.get(pk=comment.pk)
    comment.publish(by=sara)

    as_found.purge()

    comment.refresh_from_db()
    assert (comment.lane, comment.changes.count()) == ("changed", 1)
