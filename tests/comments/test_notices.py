"""“Your reply is up”, “somebody answered you”: told once, and never of what nobody can read."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments.models import Comment, Notice, Writer
from newsletter.models import Suppression


@pytest.fixture
def up(hold, sara, commit):
    """A reply that staff published just now: up(writer=fern)."""

    def make(body="A wet scarf.", **facts):
        comment = hold(body, **facts)
        with commit():
            comment.publish(by=sara)
        return comment

    return make


def subjects(mailoutbox):
    return [mail.subject for mail in mailoutbox]


def test_their_reply_is_up_says_a_mail_ten_minutes_later(known, up, later, mailoutbox):
    fern = known("fern")
    up(writer=fern)
    later(minutes=9)
    assert mailoutbox == []

    later(minutes=1, seconds=5)

    [mail] = mailoutbox
    assert mail.to == ["fern@example.com"]
    assert mail.subject == "Slow Signal: your reply is up"
    assert fern.get_absolute_url() in mail.body


def test_published_by_the_rules_it_is_told_at_once(known, hold, commit, mailoutbox):
    comment = hold(writer=known("fern"))
    with commit():
        comment.publish(by=None, actor=Comment.Actor.RULES)

    assert subjects(mailoutbox) == ["Slow Signal: your reply is up"]


def test_an_address_that_is_not_proved_is_told_nothing(hold, sara, later, mailoutbox):
    comment = hold()
    comment.writer.give_address("fern@example.com")
    comment.publish(by=sara)
    mailoutbox.clear()
    later(minutes=20)

    assert Notice.objects.count() == 0
    assert not any("is up" in mail.subject for mail in mailoutbox)


def test_who_was_answered_hears_of_it(known, up, later, mailoutbox):
    first = up(writer=known("fern"))
    Notice.objects.all().delete()
    up("Same here.", parent=first)
    later(minutes=11)

    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (
        ["fern@example.com"],
        "Slow Signal: somebody answered you",
    )


def test_the_authors_answer_is_told_with_the_authors_name(known, up, sara, later, mailoutbox):
    first = up(writer=known("fern"))
    Notice.objects.all().delete()
    first.answer(by=sara, body="Thank you.")
    later(minutes=11)

    assert "Sara answered below your reply." in mailoutbox[0].body
    assert "Thank you." not in mailoutbox[0].body


def test_who_began_the_thread_hears_of_an_answer_to_an_answer(known, up, later, mailoutbox):
    fern, bram = known("fern"), known("bram")
    first = up(writer=fern)
    second = up("Same here.", writer=bram, parent=first)
    Notice.objects.all().delete()
    up("And here.", parent=second)
    later(minutes=11)

    assert sorted(mail.to[0] for mail in mailoutbox) == ["bram@example.com", "fern@example.com"]


def test_nobody_is_told_that_they_answered_themselves(known, up, later, mailoutbox):
    fern = known("fern")
    first = up(writer=fern)
    up("One more thing.", writer=fern, parent=first)
    later(minutes=11)

    assert {notice.kind for notice in Notice.objects.all()} == {"published"}


def test_no_mail_brings_the_words_of_a_reply(known, up, later, mailoutbox):
    first = up("My own words.", writer=known("fern"))
    up("The words of another.", name="Quiet Harbor", parent=first)
    later(minutes=11)

    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        said = mail.message().as_string() + mail.body
        assert "own words" not in said
        assert "of another" not in said and "Quiet Harbor" not in said


# Never for what is not public --------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["reject", "mark_spam", "hold_again"])
def test_no_notice_leaves_for_a_reply_that_staff_took_down_again(
    known, up, later, mailoutbox, sara, verb
):
    getattr(up(writer=known("fern")), verb)(by=sara)
    later(minutes=11)

    assert mailoutbox == []
    assert Notice.objects.get().reason == "not public"


@pytest.mark.parametrize("verb", ["withdraw", "keep_private", "hold_for_review"])
def test_no_notice_leaves_for_a_reply_that_went_another_way(known, up, later, mailoutbox, verb):
    first = up(writer=known("fern"))
    answer = up("Same here.", parent=first)
    getattr(answer, verb)()
    later(minutes=11)

    assert subjects(mailoutbox) == ["Slow Signal: your reply is up"]


def test_no_notice_leaves_for_an_answer_to_what_is_not_shown_any_more(
    known, up, later, mailoutbox, sara
):
    first = up(writer=known("fern"))
    up("Same here.", parent=first)
    first.reject(by=sara)
    later(minutes=11)

    assert mailoutbox == []


@pytest.mark.parametrize("how", ["withdrawn", "unpublished", "scheduled"])
def test_no_notice_leaves_for_a_post_that_is_not_public(known, up, later, mailoutbox, post, how):
    up(writer=known("fern"))
    changes = {
        "withdrawn": {"withdrawn_at": timezone.now()},
        "unpublished": {"published_at": None},
        "scheduled": {"published_at": timezone.now() + timedelta(days=2)},
    }
    type(post).objects.filter(pk=post.pk).update(**changes[how])
    later(minutes=11)

    assert mailoutbox == []


def test_published_rejected_published_tells_once(known, up, later, mailoutbox, sara):
    comment = up(writer=known("fern"))
    later(minutes=11)
    comment.reject(by=sara)
    comment.publish(by=sara)
    later(minutes=11)

    assert subjects(mailoutbox) == ["Slow Signal: your reply is up"]


def test_what_was_left_out_is_told_when_it_is_published_again(known, up, later, mailoutbox, sara):
    comment = up(writer=known("fern"))
    comment.reject(by=sara)
    later(minutes=11)
    comment.publish(by=sara)
    later(minutes=11)

    assert subjects(mailoutbox) == ["Slow Signal: your reply is up"]


def test_ten_minutes_count_from_the_last_time_that_it_went_up(known, up, later, mailoutbox, sara):
    comment = up(writer=known("fern"))
    later(minutes=8)
    comment.reject(by=sara)
    comment.publish(by=sara)
    later(minutes=8)
    assert mailoutbox == []

    later(minutes=3)
    assert len(mailoutbox) == 1


def test_published_again_a_season_later_it_is_not_told_again(known, up, later, mailoutbox, sara):
    comment = up(writer=known("fern"))
    later(minutes=11)
    comment.reject(by=sara)
    later(days=31)
    assert not Notice.objects.exists()
    comment.publish(by=sara)
    later(minutes=11)

    assert len(mailoutbox) == 1


def test_replies_brought_from_elsewhere_tell_nobody(known, hold, later, mailoutbox, sara):
    old = timezone.now() - timedelta(days=400)
    first = hold(writer=known("fern"), created_at=old)
    first.publish(by=sara)
    hold("Same here.", parent=first, created_at=old).publish(by=sara)
    later(minutes=11)

    assert mailoutbox == []


@pytest.mark.parametrize(
    "why", ["switched off", "all stopped", "notices stopped", "paused", "suppressed", "forgotten"]
)
def test_who_does_not_want_it_gets_none(known, up, later, mailoutbox, why):
    fern = known("fern")
    up(writer=fern)
    person = fern.subscriber
    {
        "switched off": lambda: fern.stop_telling("published"),
        "all stopped": person.unsubscribe,
        "notices stopped": person.stop_notices,
        "paused": lambda: person.pause(until=timezone.now().date() + timedelta(days=9)),
        "suppressed": lambda: Suppression.objects.add_address(person.email, "bounce"),
        "forgotten": lambda: Writer.objects.update(subscriber=None, proved_at=None),
    }[why]()
    later(minutes=11)

    assert mailoutbox == []
    assert Notice.objects.get().status == "skipped"


def test_one_switch_leaves_the_others_on(known, up, later, mailoutbox):
    fern = known("fern")
    fern.stop_telling("published")
    first = up(writer=fern)
    up("Same here.", parent=first)
    later(minutes=11)

    assert subjects(mailoutbox) == ["Slow Signal: somebody answered you"]


VERBS = ["publish", "reject", "mark_spam", "hold_again", "keep_private", "offer_again", "wait"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(VERBS), max_size=9), st.randoms(use_true_random=False))
def test_whatever_is_decided_a_mail_leaves_once_and_only_while_everybody_can_read(
    known, hold, sara, time_machine, mailoutbox, verbs, chance: random.Random
):
    Notice.objects.all().delete()
    mailoutbox.clear()
    name = f"fern{chance.getrandbits(60)}"
    writer = known(name)
    mailoutbox.clear()
    comment = hold(f"Words of {name}.", writer=writer)
    told = 0
    for verb in verbs:
        if verb == "wait":
            time_machine.move_to(timezone.now() + timedelta(minutes=chance.choice([4, 11])))
            Notice.objects.all().deliver_due()
            if len(mailoutbox) > told:
                told = len(mailoutbox)
                assert Comment.objects.get(pk=comment.pk).is_published
        elif verb in {"keep_private", "offer_again"}:
            getattr(comment, verb)()
        else:
            getattr(comment, verb)(by=sara)

    assert len(mailoutbox) <= 1


@pytest.mark.django_db(transaction=True)
def test_taken_back_while_its_notice_leaves_it_is_told_at_most_once_and_consistently(
    known, hold, sara, at_once, time_machine, mailoutbox
):
    comment = hold(writer=known("fern"))
    comment.publish(by=sara)
    mailoutbox.clear()
    time_machine.move_to(timezone.now() + timedelta(minutes=11))

    def leave():
        Notice.objects.all().deliver_due()

    at_once(leave, leave, lambda: Comment.objects.get(pk=comment.pk).reject(by=sara))

    notice = Notice.objects.get()
    assert len(mailoutbox) == (1 if notice.status == "sent" else 0)
    assert notice.status in {"sent", "skipped"}


@pytest.mark.django_db(transaction=True)
def test_two_moderators_publish_at_once_and_it_is_told_once(
    known, hold, sara, at_once, time_machine, mailoutbox
):
    comment = hold(writer=known("fern"))

    def publish():
        Comment.objects.get(pk=comment.pk).publish(by=sara)

    at_once(publish, publish)
    mailoutbox.clear()
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    Notice.objects.all().deliver_due()

    assert len(mailoutbox) == 1
