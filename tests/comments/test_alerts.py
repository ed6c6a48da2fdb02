"""Somebody looks at once: mails to who takes care, and not a word of the reply in them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from django.utils import timezone

from comments.models import Alert, Comment
from comments.screening import Verdict
from comments.signals import RULES, Rule
from comments.tasks import tick

from .caring import NOTICED, WORDS

pytestmark = pytest.mark.django_db
SITE = "https://slow-signal.example"
DESK = f"{SITE}/admin/comments/comment/?lane=care"


@pytest.fixture(autouse=True)
def _cast(settings, monkeypatch, sara):
    settings.SITE_URL = SITE
    monkeypatch.setitem(RULES, "crisis", Rule("Somebody may be at the end.", 5, is_care=True))
    sara.email = "sara@example.com"
    sara.save()


@pytest.fixture
def deputy(publication):
    user = User.objects.create_user("dee", email="dee@example.com", is_staff=True)
    publication.deputy = user
    publication.save()
    return user


@pytest.fixture
def cry(hold, django_capture_on_commit_callbacks):
    """A reply that needs care arrives, and its transaction is committed."""

    def send(body=WORDS, **facts):
        with django_capture_on_commit_callbacks(execute=True):
            return hold(body=body, name="Grey Day", signals=NOTICED, **facts)

    return send


def to(mailoutbox):
    return sorted(mail.to[0] for mail in mailoutbox)


def test_it_waits_in_the_care_lane(cry):
    assert (cry().status, Comment.objects.get().lane) == ("pending", "care")


def test_the_posts_author_and_the_deputy_are_told_at_once(cry, deputy, mailoutbox):
    cry()

    assert to(mailoutbox) == ["dee@example.com", "sara@example.com"]


def test_a_deputy_who_is_the_author_is_told_once(cry, publication, sara, mailoutbox):
    publication.deputy = sara
    publication.save()

    cry()

    assert to(mailoutbox) == ["sara@example.com"]


def test_the_mail_quotes_no_word_names_nobody_and_no_post(cry, post, mailoutbox):
    cry()

    mail = mailoutbox[0].message().as_string()
    for secret in (WORDS, "keep going", "Grey Day", post.title, post.slug):
        assert secret not in mail


def test_it_says_how_many_and_leads_to_the_care_lane(cry, mailoutbox):
    cry()

    assert mailoutbox[0].subject == "Slow Signal: 1 reply needs care"
    assert f"\n{DESK}\n" in mailoutbox[0].body
    assert DESK in mailoutbox[0].alternatives[0][0]


def test_that_page_of_the_desk_shows_it(cry, desk, mailoutbox):
    cry()

    page = desk.get(DESK.removeprefix(SITE))

    assert page.status_code == 200 and "keep going" in page.content.decode()


def test_no_other_reply_alerts_anybody(hold, sara):
    hold().publish(by=sara)

    assert not Alert.objects.exists()


def test_sent_twice_it_alerts_once(post, cry):
    for _time in range(2):
        Comment.objects.hold(client="same", post=post, name="Grey Day", body=WORDS, signals=NOTICED)

    assert Alert.objects.count() == 1


def test_a_reply_is_never_lost_for_want_of_somebody_to_tell(cry, sara):
    sara.email = ""
    sara.save()

    assert cry().is_waiting
    assert not Alert.objects.exists()


def test_without_an_address_of_these_all_who_moderate_are_told(cry, sara, mailoutbox):
    sara.email = ""
    sara.save()
    for name, right in [("mo", "change_comment"), ("vi", "view_comment")]:
        user = User.objects.create_user(name, email=f"{name}@example.com", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename=right))
    User.objects.create_superuser("gone", email="gone@example.com", is_active=False)

    cry()

    assert to(mailoutbox) == ["mo@example.com"]


def test_while_nobody_rings_the_clock_sends_it(hold, mailoutbox):
    hold(body=WORDS, signals=NOTICED)
    assert not mailoutbox  # the ring was lost

    tick()

    assert to(mailoutbox) == ["sara@example.com"]


def test_decided_meanwhile_it_is_not_sent(hold, sara, mailoutbox):
    hold(body=WORDS, signals=NOTICED).reject(by=sara)

    tick()

    assert not mailoutbox
    assert Alert.objects.get().reason == "decided"


def test_taken_back_meanwhile_it_is_not_sent(hold, mailoutbox):
    hold(body=WORDS, signals=NOTICED).withdraw()

    tick()

    assert not mailoutbox


def test_kept_private_by_its_writer_it_is_still_told_of_and_leads_to_the_reply(hold, mailoutbox):
    comment = hold(body=WORDS, signals=NOTICED)
    comment.keep_private()

    tick()

    assert f"{SITE}/admin/comments/comment/{comment.pk}/change/" in mailoutbox[0].body


@pytest.mark.parametrize("facts", [{"is_active": False}, {"is_staff": False}, {"email": ""}])
def test_who_left_the_staff_meanwhile_is_not_told(hold, mailoutbox, facts):
    hold(body=WORDS, signals=NOTICED)
    User.objects.update(**facts)

    tick()

    assert not mailoutbox


def test_many_in_an_hour_are_told_of_together(cry, mailoutbox, time_machine):
    for number in range(20):
        cry(body=f"{WORDS} {number}")
    assert len(mailoutbox) == 6

    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    tick()

    assert len(mailoutbox) == 7
    assert mailoutbox[-1].subject == "Slow Signal: 20 replies need care"


def test_together_they_are_not_told_of_when_somebody_saw_to_all(cry, sara, time_machine):
    for number in range(7):
        cry(body=f"{WORDS} {number}").reject(by=sara)
    time_machine.move_to(timezone.now() + timedelta(minutes=11))

    tick()

    assert Alert.objects.get(comment=None).reason == "decided"


def test_one_that_readers_worry_about_leads_to_that_reply(
    show, mailoutbox, django_capture_on_commit_callbacks
):
    reply = show()
    with django_capture_on_commit_callbacks(execute=True):
        reply.raise_alarm()

    assert f"/admin/comments/comment/{reply.pk}/change/" in mailoutbox[0].body
    assert mailoutbox[0].subject == "Slow Signal: 1 reply needs care"


def test_nobody_is_told_twice_of_the_same_reply(cry, sara):
    alert = Alert.objects.get(comment=cry())

    with pytest.raises(IntegrityError):
        Alert.objects.create(kind="care", comment=alert.comment, user=sara)


def test_a_row_holds_no_word_and_no_address(cry):
    cry()

    row = str(Alert.objects.values().get())
    assert "example.com" not in row and "keep going" not in row


def test_other_words_that_need_care_are_told_of_though_the_first_ones_were_seen_to(
    cry, sara, mailoutbox, commit
):
    reply = cry()
    reply.publish(by=sara)
    mailoutbox.clear()

    with commit():
        reply.change(f"{WORDS} Again.", "Grey Day", Verdict(publish=False, signals=NOTICED))

    assert to(mailoutbox) == ["sara@example.com"]


def test_a_change_among_many_is_told_of_though_all_replies_were_seen_to(
    cry, show, sara, commit, time_machine
):
    reply = show()
    for number in range(6):
        cry(body=f"{WORDS} {number}").reject(by=sara)
    with commit():
        reply.change(WORDS, "Grey Day", Verdict(publish=False, signals=NOTICED))
    time_machine.move_to(timezone.now() + timedelta(minutes=11))

    tick()

    assert Alert.objects.get(comment=None).status == "sent"
