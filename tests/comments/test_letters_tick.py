"""The tick in the reply form that asks for letters."""

import re

import pytest

from comments.models import Comment
from newsletter.models import Confirmation, Rush, Subscriber


@pytest.fixture
def reply(reader, post, stamp, django_capture_on_commit_callbacks):
    def send(**more):
        said = {"text": "Shade.", "name": "Tern", "consent": "on", "stamp": stamp, "step": "send"}
        with django_capture_on_commit_callbacks(execute=True):
            return reader.post(f"/replies/to/{post.slug}/", said | more)

    return send


def test_ticked_it_asks_by_mail(reply, mailoutbox):
    reply(letters="on", email="tern@example.com")

    assert {mail.to[0] for mail in mailoutbox} == {"tern@example.com"}
    assert Confirmation.objects.get().page == "reply"


def test_not_ticked_an_address_asks_for_no_letters(reply):
    reply(email="tern@example.com")

    assert Comment.objects.count() == 1
    assert not Confirmation.objects.exists()


def test_ticked_without_an_address_the_words_come_back(reply):
    response = reply(letters="on", text="Only shade helps.")

    page = response.content.decode()
    assert response.status_code == 400
    assert "Please write your e-mail address." in page and "Only shade helps." in page
    assert "<details" in page and " open>" in page


def test_read_through_first_it_is_still_wanted(reply):
    page = reply(letters="on", email="tern@example.com", step="check").content.decode()

    assert '<input type="hidden" name="letters" value="on">' in page
    assert '<input type="hidden" name="email" value="tern@example.com">' in page
    assert not Subscriber.objects.exists()


def test_the_same_browser_may_confirm_by_itself(reply, reader, mailoutbox):
    reply(letters="on", email="tern@example.com")
    mails = "".join(mail.body for mail in mailoutbox)
    link = re.search(r"/newsletter/confirm/\w+/", mails)[0]

    assert "data-at-once" in reader.get(link).content.decode()


def test_without_the_tick_no_cookie_is_set(reply):
    assert not reply().cookies


def test_while_machines_sign_strangers_up_it_takes_one_more_press(reply):
    Rush.objects.create()
    page = reply(letters="on", email="tern@example.com").content.decode()
    assert "Read it through before sending" in page and not Subscriber.objects.exists()

    reply(letters="on", email="tern@example.com", sure="1")
    assert Subscriber.objects.exists() and Comment.objects.exists()


def test_then_a_reply_without_the_tick_goes_as_always(reply):
    Rush.objects.create()
    reply()

    assert Comment.objects.count() == 1


def test_the_reply_itself_holds_no_address(reply):
    reply(letters="on", email="tern@example.com")

    row = str(Comment.objects.values().get())
    assert "tern@" not in row
