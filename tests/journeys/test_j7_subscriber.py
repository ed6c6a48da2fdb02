"""J7: a subscriber, without the choices that a later page brings; J8: old confirmation links."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Confirmation, Subscriber

ADDRESS = "wren@example.com"


def sign_up(person, address=ADDRESS, at="/newsletter/"):
    return person.open(at).fill("Your e-mail address", address).press("Sign me up")


def status(address=ADDRESS):
    return Subscriber.objects.get(email=address).status


@pytest.fixture
def mailed(person, mailed_link):
    """The confirmation link that somebody who signed up finds in their mail."""
    sign_up(person)
    return mailed_link("confirm")


def test_the_box_under_a_post_leads_to_check_your_mail(person, post, mailoutbox):
    sign_up(person, at=post.get_absolute_url())

    assert person.heading == "Check your mail"
    assert person.sees(mailoutbox[0].subject)


def test_a_scanner_that_opens_the_link_confirms_nothing(mailed, another):
    for _ in range(20):
        another.open(mailed)
        another.client.head(another.url)

    assert status() == "pending"


def test_one_button_in_another_browser_confirms(mailed, another):
    another.open(mailed)
    assert len(another.page.main.find_all("button")) == 1

    another.press("Yes, sign me up")

    assert "signed up" in another.heading
    assert status() == "active"


def test_a_week_later_the_same_link_says_already(mailed, another, time_machine):
    another.open(mailed).press("Yes, sign me up")
    time_machine.move_to(timezone.now() + timedelta(days=7))

    another.open(mailed)

    assert another.heading == "You are already signed up"


def test_a_link_of_two_months_ago_has_rested_too_long(mailed, another, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=61))
    Subscriber.objects.all().forget_unconfirmed()

    another.open(mailed)

    assert another.heading == "This link has rested too long"
    assert another.field("Your e-mail address")


def test_a_replaced_link_offers_a_new_one_without_retyping(
    mailed, person, another, time_machine, mailoutbox, mailed_link
):
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    sign_up(person)
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    mails = len(mailoutbox)

    another.open(mailed).press("Send me a new one")

    assert len(mailoutbox) == mails + 1
    another.open(mailed_link("confirm")).press("Yes, sign me up")
    assert status() == "active"


def test_an_old_confirmation_never_brings_back_someone_who_left(mailed, another):
    another.open(mailed).press("Yes, sign me up")
    Subscriber.objects.get().unsubscribe()

    another.open(mailed)

    assert another.field("Your e-mail address")
    assert status() == "unsubscribed"


def test_every_address_gets_the_same_answer(person, another, sara):
    sign_up(person)
    Confirmation.objects.get().subscriber.confirm()

    sign_up(person)
    sign_up(another, "new@example.com")

    assert person.url == another.url
    assert str(person.page) == str(another.page)
