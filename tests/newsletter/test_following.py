"""Asking for news on one story: confirmed like letters, and without them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Confirmation, Consent, Follow, Subscriber


@pytest.fixture
def follow(reader, stamp, post, commit):
    """Fill in the page behind "Tell me when there is news on this"."""

    def send(email="marigold@example.com", **more):
        with commit():
            path = f"/newsletter/follow/{post.slug}/"
            return reader.post(path, {"email": email, "stamp": stamp, **more})

    return send


@pytest.fixture
def confirm(reader, mailoutbox, link):
    return lambda: reader.post(link("confirm", mailoutbox[-1]))


def test_each_post_offers_it(reader, post):
    page = reader.get(post.get_absolute_url()).content.decode()

    assert f'href="/newsletter/follow/{post.slug}/"' in page
    assert "Tell me when there is news on this" in page


def test_its_page_names_the_story_and_asks_for_one_thing(reader, post):
    page = reader.get(f"/newsletter/follow/{post.slug}/").content.decode()

    assert "Hot days" in page
    assert page.count('type="email"') == 1


def test_it_begins_with_the_confirmation_and_not_before(follow, confirm, post):
    follow()
    person = Subscriber.objects.get()
    assert not person.follows.exists()

    confirm()
    person.refresh_from_db()
    assert (person.status, person.frequency) == ("active", "none")
    assert person.follows.going_on().get().story == post


def test_it_brings_no_letters(follow, confirm):
    follow()
    confirm()

    assert not Subscriber.objects.active().exists()


def test_with_the_tick_it_brings_both(follow, confirm):
    follow(letters="on")
    confirm()

    assert Subscriber.objects.get().gets_letters
    assert sorted(Consent.objects.values_list("what", flat=True)) == ["letters", "story"]


def test_the_mail_names_neither_the_story_nor_what_it_is_about(follow, mailoutbox, post):
    follow()

    said = mailoutbox[0].subject + mailoutbox[0].body + str(mailoutbox[0].alternatives)
    assert post.title not in said and post.slug not in said


def test_the_page_to_confirm_names_it(follow, reader, mailoutbox, link):
    follow()
    page = reader.get(link("confirm", mailoutbox[0])).content.decode()

    assert "Hot days" in page
    assert "Yes, tell me</button>" in page


def test_a_subscriber_who_follows_confirms_that_too(follow, confirm, subscribe, post):
    someone = subscribe("marigold", frequency="monthly")
    follow()
    assert not someone.follows.exists()

    confirm()
    someone.refresh_from_db()
    assert someone.frequency == "monthly"
    assert someone.follows.get().story == post


def test_a_follower_who_signs_up_for_letters_is_asked_for_those(
    follow, confirm, sign_up, mailoutbox
):
    follow()
    confirm()
    sign_up("marigold@example.com")

    assert len(mailoutbox) == 2
    confirm()
    assert Subscriber.objects.get().frequency == "weekly"


def test_the_consent_names_the_story(follow, confirm, post):
    follow()
    confirm()

    consent = Consent.objects.get()
    assert (consent.what, consent.story, consent.page) == ("story", post, "follow")


def test_the_answer_is_the_same_as_for_letters(follow, sign_up):
    assert follow()["Location"] == sign_up("fern@example.com")["Location"]


def test_an_address_that_cannot_be_is_given_back(follow):
    response = follow("mari gold@b", letters="on")

    assert response.status_code == 400
    page = response.content.decode()
    assert 'value="mari gold@b"' in page and 'name="letters" checked' in page


@pytest.mark.parametrize("facts", [{"published_at": None}, {"unlisted": True}])
def test_a_story_that_is_not_public_cannot_be_followed(follow, post, facts):
    type(post).objects.filter(pk=post.pk).update(**facts)

    assert follow().status_code == 404
    assert not Confirmation.objects.exists()


def test_leaving_the_letters_keeps_the_story(follow, confirm):
    follow(letters="on")
    confirm()
    person = Subscriber.objects.get()
    person.stop_letters()

    assert (person.status, person.gets_letters) == ("active", False)
    assert person.follows.going_on().exists()


def test_the_last_story_stopped_nothing_is_left(follow, confirm, post):
    follow()
    confirm()
    person = Subscriber.objects.get()
    person.stop_stories([post])

    assert person.status == "unsubscribed"


def test_stopping_a_story_keeps_the_letters(follow, confirm, post):
    follow(letters="on")
    confirm()
    person = Subscriber.objects.get()
    person.stop_stories([post])

    assert person.gets_letters
    assert not person.follows.going_on().exists()


def test_stopping_everything_stops_stories_too(follow, confirm):
    follow(letters="on")
    confirm()
    person = Subscriber.objects.get()
    person.unsubscribe()

    assert person.status == "unsubscribed"
    assert not person.follows.going_on().exists()


def test_followed_again_it_goes_on(follow, confirm, post, time_machine):
    follow()
    confirm()
    person = Subscriber.objects.get()
    person.stop_stories([post])
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    follow()
    confirm()

    assert person.follows.going_on().count() == 1


def test_letters_and_the_last_story_stopped_by_two_pages_at_once_nothing_is_left(subscribe, post):
    marigold = subscribe("marigold")
    Follow.objects.begin(marigold, post)
    elsewhere = Subscriber.objects.get(pk=marigold.pk)
    elsewhere.stop_letters()
    marigold.stop_stories([post])

    assert marigold.status == "unsubscribed"
