"""J5: a reply pasted after hours, when whatever the page once carried is no longer good."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment


@pytest.fixture
def writing(person, post):
    person.open(f"/replies/to/{post.slug}/")
    return person.fill("Your reply", "Pasted.").fill("Name to show", "Plover").tick("Yes, show")


def given_back(writing):
    assert writing.sees("We could not be sure this came from you. Nothing is lost.")
    assert writing.value("Your reply") == "Pasted."
    return writing


def test_a_stamp_of_another_key_gives_the_words_back_and_sending_again_works(writing, settings):
    settings.SECRET_KEY = "another key altogether, after a restart"
    writing.press("Send")
    assert writing.status == 403

    given_back(writing).press("Send again")

    assert writing.heading == "Thank you. Sara has your reply."
    assert Comment.objects.get().body == "Pasted."


def test_a_form_left_open_for_two_months_is_given_back(writing, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=60))
    writing.press("Send")

    given_back(writing).press("Send again")

    assert Comment.objects.count() == 1


def test_a_form_left_open_for_a_week_is_simply_taken(writing, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=7))

    writing.press("Send")

    assert writing.heading == "Thank you. Sara has your reply."


def test_another_sites_form_is_not_believed_and_not_lost(writing):
    writing.client.defaults["HTTP_SEC_FETCH_SITE"] = "cross-site"

    writing.press("Send")

    given_back(writing)
    assert not Comment.objects.exists()
