"""Two rows of one person stand on one page. Its link goes to the proved address alone: whoever
typed that address with a reply holds the other row's link and cookie."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments import known as device
from comments.models import Comment, Receipt, Writer
from newsletter import tokens
from tests.person import Person


@pytest.fixture
def fern(known, show):
    """Somebody known with two replies on the page."""
    writer = known("fern")
    for number in range(2):
        show(f"Reply {number} of Fern.", writer=writer)
    return writer


@pytest.fixture
def other(fern, hold):
    """Somebody typed Fern's address with a reply, and Fern pressed the mailed button."""
    comment = hold("Not of Fern’s hand.")
    comment.writer.give_address("fern@example.com")
    Receipt.objects.get().prove()
    Receipt.objects.all().delete()
    return Writer.objects.get(pk=comment.writer.pk)


@pytest.fixture
def ask(other, commit):
    """Press the button of the old private link."""

    def press(at=other):
        with commit():
            return Person().open(at.get_absolute_url()).press("Mail me the link")

    return press


def pages(writer):
    replies = Comment.objects.all()
    changes = [reverse("comments:change", args=[writer.token, r.public_id]) for r in replies]
    return [reverse(f"comments:{name}", args=[writer.token]) for name in ("mine", "sent")] + changes


def test_whoever_typed_the_address_sees_nothing_of_its_owner(other, fern, reader):
    for page in pages(other):
        answer = reader.get(page, follow=True)
        assert "Your replies stand together on one page now." in answer.text
        for secret in ("Fern", "fern@", fern.public_id, "Stop these"):
            assert secret not in answer.text


@pytest.mark.parametrize("step", ["remove", "keep-private", "remove-name", "quote", "know"])
def test_whoever_typed_the_address_changes_nothing_of_its_owners(other, fern, reader, step):
    before = list(Comment.objects.values_list("body", "name", "status", "may_quote"))
    for reply in fern.comments.all():
        answer = reader.post(other.get_absolute_url(), {"step": step, "reply": reply.public_id})

    assert list(Comment.objects.values_list("body", "name", "status", "may_quote")) == before
    assert not answer.cookies


def test_whoever_typed_the_address_stops_and_starts_no_mails(other, fern, reader):
    reader.post(other.get_absolute_url(), {"step": "do-not-tell", "mails": "answered"})

    fern.refresh_from_db()
    assert fern.tell_answered


def test_other_words_typed_there_come_back_and_change_nothing(other, fern, reader, stamp):
    reply = fern.comments.first()
    page = reverse("comments:change", args=[other.token, reply.public_id])
    typed = {"step": "send", "text": "Other words.", "name": "Fern", "stamp": stamp, "sure": "1"}
    answer = reader.post(page, typed)

    assert BeautifulSoup(answer.content, "html.parser").textarea.text.strip() == "Other words."
    assert Comment.objects.get(pk=reply.pk).body == reply.body


def test_the_cookie_of_whoever_typed_the_address_gives_no_trust(other, fern, send, reader):
    reader.cookies[device.COOKIE] = tokens.make(device.PURPOSE, other.public_id)
    answer = send(text="Buy nothing.")

    reply = Comment.objects.get(body="Buy nothing.")
    assert reply.is_waiting and reply.writer not in (fern, other)
    assert answer.url.endswith(f"/{reply.writer.token}/")


def test_the_reply_stays_with_who_pressed(other, fern):
    assert fern.comments.filter(body="Not of Fern’s hand.").exists()


def test_whoever_presses_the_mailed_button_goes_on_to_the_one_page(fern, hold):
    hold("From the other device.").writer.give_address("fern@example.com")
    page = reverse("comments:prove", args=[Receipt.objects.get().token])
    person = Person().open(page).press("Yes, it was me")

    assert person.url == fern.get_absolute_url()
    assert person.sees("Reply 1 of Fern.")


def test_the_button_mails_the_way_there_to_the_proved_address(ask, fern, mailoutbox):
    person = ask()

    [mail] = mailoutbox
    assert mail.to == ["fern@example.com"]
    assert fern.get_absolute_url() in mail.body
    assert person.heading == "Check your mail" and not person.sees("fern@example.com")


def test_opening_the_old_link_sends_nothing(other, commit, mailoutbox):
    with commit():
        for page in pages(other):
            Client().get(page, follow=True)
            Client().get(page, {"step": "send-link"})

    assert not mailoutbox and not Receipt.objects.exists()


def test_a_press_from_another_site_sends_nothing(other):
    elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"})
    answer = elsewhere.post(other.get_absolute_url(), {"step": "send-link"})

    assert answer.status_code == 403 and not Receipt.objects.exists()


def test_the_answer_is_the_same_when_nobody_has_that_address_any_more(ask, fern, mailoutbox):
    first = ask()
    Writer.objects.filter(pk=fern.pk).update(subscriber=None, proved_at=None)
    second = ask()

    assert (first.url, first.page.main) == (second.url, second.page.main)
    assert len(mailoutbox) == 1


def test_three_a_day_go_whichever_old_link_asks(ask, fern, other, mailoutbox, time_machine):
    others = [other, *(Writer.objects.create(same_as=fern) for _ in range(4))]
    for each in others:
        ask(each)
        time_machine.move_to(timezone.now() + timedelta(minutes=6))

    assert len(mailoutbox) == 3


def test_pressed_twice_it_is_one_mail(ask, mailoutbox):
    ask()
    ask()

    assert len(mailoutbox) == 1


def test_it_goes_to_no_address_that_was_left_meanwhile(other, fern, commit, mailoutbox):
    with commit():
        other.send_link()
        fern.give_address("new@example.com")
        Receipt.objects.get(subscriber__email="new@example.com").prove()

    assert not any("fern@example.com" in mail.to for mail in mailoutbox)
