"""Decisions: what the rows promise, whoever decides, however often and at once."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from comments.models import Comment, Writer


def test_every_decision_says_who_when_and_what_changed(hold, sara):
    comment = hold()
    before = timezone.now()

    assert comment.publish(by=sara)

    decision = comment.decisions.get()
    assert (decision.before, decision.verdict, decision.by) == ("pending", "published", sara)
    assert before <= decision.at <= timezone.now()


def test_a_decision_that_changes_nothing_is_none(show, sara):
    comment = show()

    assert not comment.publish(by=sara)
    assert comment.decisions.count() == 1


def test_publish_reject_publish_works_and_keeps_the_first_day(hold, sara):
    comment = hold()
    comment.publish(by=sara)
    day = comment.published_at

    assert comment.reject(by=sara)
    assert comment.publish(by=sara)

    assert (comment.status, comment.published_at) == ("published", day)
    assert comment.decisions.count() == 3


def test_back_to_the_queue_undoes_any_decision(hold, sara):
    comment = hold()
    comment.mark_spam(by=sara)

    assert comment.hold_again(by=sara)

    assert list(Comment.objects.waiting()) == [comment]


def test_what_is_decided_is_told_from_what_somebody_else_decided_since(hold, sara):
    comment = hold()
    stale = Comment.objects.get(pk=comment.pk)
    comment.reject(by=sara)

    assert not stale.reject(by=sara)
    assert stale.status == "rejected"


def test_deciding_about_a_row_that_is_gone_is_no_error(hold, sara):
    comment = hold()
    Comment.objects.filter(pk=comment.pk).delete()

    assert not comment.publish(by=sara)


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_both_count_and_the_last_one_holds(hold, sara, at_once):
    comment = hold()

    def decide(verb):
        return lambda: getattr(Comment.objects.get(pk=comment.pk), verb)(by=sara)

    at_once(decide("publish"), decide("reject"))

    comment.refresh_from_db()
    newest, oldest = comment.decisions.order_by("-pk")
    assert newest.verdict == comment.status
    assert (oldest.before, newest.before) == ("pending", oldest.verdict)


@pytest.mark.django_db(transaction=True)
def test_the_same_decision_at_once_is_one_decision(hold, sara, at_once):
    comment, answers = hold(), []

    at_once(*[lambda: answers.append(Comment.objects.get(pk=comment.pk).publish(by=sara))] * 4)

    assert sorted(answers) == [False, False, False, True]
    assert comment.decisions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_published_and_taken_back_at_once_it_is_gone(hold, sara, at_once):
    comment = hold()

    at_once(
        lambda: Comment.objects.get(pk=comment.pk).publish(by=sara),
        lambda: Comment.objects.get(pk=comment.pk).withdraw(),
    )

    comment.refresh_from_db()
    assert (comment.status, comment.body, comment.body_html) == ("withdrawn", "", "")


def test_the_authors_answer_is_published_below_at_once(show, sara):
    comment = show()

    answer = comment.answer(by=sara, body="Thank *you*.")

    assert (answer.parent, answer.root, answer.author) == (comment, comment, sara.author)
    assert answer.is_published and "<em>you</em>" in answer.body_html
    assert (answer.name, answer.writer) == ("Sara", None)


def test_an_answer_to_an_answer_stays_at_two_levels(show, sara):
    first = show()
    second = show(parent=first)

    assert second.answer(by=sara, body="Thank you.").root == first


def test_an_answer_pressed_twice_is_one(show, sara):
    comment = show()

    answers = [comment.answer(by=sara, body="Thank you.") for _ in range(2)]

    assert answers[0] == answers[1]
    assert comment.replies.count() == 1


def test_a_post_goes_with_its_whole_thread(show, sara, post):
    show().answer(by=sara, body="Thank you.")

    post.delete()

    assert not Comment.objects.exists()


def test_a_reply_that_others_answered_cannot_be_deleted_alone(show, sara):
    comment = show()
    comment.answer(by=sara, body="Thank you.")

    with pytest.raises(IntegrityError):
        comment.delete()


BROKEN = {
    "published without a time": {"status": "published", "body_html": "<p>x</p>"},
    "published without its HTML": {"status": "published", "published_at": timezone.now()},
    "taken back with its words": {"status": "withdrawn", "withdrawn_at": timezone.now()},
    "taken back at no time": {"status": "withdrawn", "body": "", "name": ""},
    "not taken back, but at a time": {"withdrawn_at": timezone.now()},
    "held without words": {"body": ""},
    "nobody's": {"writer": None},
    "a reader's without consent": {"consent_at": None},
    "a reader's without the wording": {"consent_wording": ""},
    "in no known state": {"status": "visible"},
}


@pytest.mark.parametrize("facts", BROKEN.values(), ids=BROKEN)
def test_the_database_refuses_a_reply_that_is(hold, facts):
    comment = hold()

    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(**facts)


@pytest.mark.parametrize("facts", ["author", "parent", "root", "itself"])
def test_the_database_refuses_a_reply_of_two_people_or_without_its_place(hold, sara, facts):
    comment, other = hold(), hold()
    broken = {
        "author": {"author": sara.author},
        "parent": {"parent": other},
        "root": {"root": other},
        "itself": {"parent": comment, "root": other},
    }[facts]

    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(**broken)


def test_the_database_refuses_a_second_reply_with_the_same_hash(hold):
    first, second = hold(), hold()

    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=second.pk).update(fingerprint=first.fingerprint)


def test_the_database_refuses_a_decision_that_changes_nothing(hold, sara):
    with pytest.raises(IntegrityError), transaction.atomic():
        hold().decisions.create(verdict="spam", before="spam", by=sara)


def test_a_decision_outlives_the_account_that_made_it(hold):
    moderator = User.objects.create_user("mod", is_staff=True)
    comment = hold()
    comment.publish(by=moderator)

    moderator.delete()

    assert comment.decisions.get().by is None


def test_the_database_refuses_two_writers_with_one_link(hold):
    first, second = hold().writer, hold().writer

    with pytest.raises(IntegrityError), transaction.atomic():
        Writer.objects.filter(pk=second.pk).update(public_id=first.public_id)


def test_rerender_draws_what_was_published_anew_and_nothing_else(show, hold, publication):
    public, held = show(), hold()
    Comment.objects.filter(pk=public.pk).update(body_html="<p>old</p>", markup_version=0)

    call_command("rerender")

    public.refresh_from_db()
    held.refresh_from_db()
    assert public.body_html == "<p>A wet scarf.</p>"
    assert held.body_html == ""
