"""Taking back: the words, or only the name. Without a reason, at once, for good, everywhere."""

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core import serializers
from django.test import Client

from comments.models import Comment
from comments.screening import Verdict
from newsletter.models import Quote

HELD = Verdict(publish=False)


def said(response):
    main = BeautifulSoup(response.content, "html.parser").main
    return " ".join(main.get_text().split())


def whole_database():
    """Every row of every table, as text."""
    rows = (row for model in apps.get_models() for row in model._base_manager.all())
    return serializers.serialize("json", rows)


@pytest.fixture
def press(reader):
    def go(step, comment, browser=reader):
        url = comment.writer.get_absolute_url()
        return browser.post(url, {"step": step, "reply": comment.public_id}, follow=True)

    return go


def test_it_asks_what_goes_and_changes_nothing_yet(press, show):
    comment = show()

    page = said(press("ask", comment))

    assert "Take my words back" in page and "Take only my name back" in page
    assert Comment.objects.get().name == "Marigold" and Comment.objects.get().is_published


def test_only_the_name_goes_and_the_words_stay_as_a_readers(press, show):
    comment = show()

    page = said(press("remove-name", comment))

    comment.refresh_from_db()
    assert (comment.name, comment.name_key, comment.status) == ("", "", "published")
    assert "A wet scarf." in page and "You took your name back." in page


def test_no_version_and_no_quote_keeps_the_name(show, press, sara):
    comment = show(name="Quennimarr", may_quote=True)
    comment.change("A fan.", "Quennimarr", HELD)
    comment.waiting_change.accept(by=sara)
    comment.change("Ice.", "Quennimarr", HELD)

    press("remove-name", comment)

    assert "quennimarr" not in whole_database().lower()
    assert Quote.objects.get().name == "A reader"
    assert comment.changes.waiting().get().body == "Ice."


@pytest.mark.parametrize("verb", ["publish", "reject", "mark_spam", "keep_private"])
def test_the_name_can_be_taken_back_in_every_state(hold, sara, verb):
    comment = hold()
    getattr(comment, verb)(by=sara)
    status = comment.status

    assert comment.drop_name() and not comment.drop_name()

    newest = comment.decisions.first()
    assert (newest.about, newest.actor, newest.verdict) == ("name", "writer", status)


def test_a_later_change_may_give_a_name_again_or_none(hold):
    comment = hold()
    comment.drop_name()

    comment.change("A fan.", "", HELD)
    assert (comment.body, comment.name) == ("A fan.", "")
    comment.change("A fan.", "Bram", HELD)

    assert (comment.name, comment.name_key) == ("Bram", "bram")


def test_without_a_name_the_form_asks_for_none(reader, hold, stamp):
    comment = hold()
    comment.drop_name()
    url = f"{comment.writer.get_absolute_url()}{comment.public_id}/"
    assert "Name to show (optional)" in reader.get(url).text

    reader.post(url, {"text": "A fan.", "name": "", "stamp": stamp})

    comment.refresh_from_db()
    assert comment.body == "A fan."


def test_taken_back_no_word_of_any_version_is_anywhere(show, press, sara):
    comment = show(body="Zanzolin one.", name="Quennimarr", may_quote=True)
    comment.change("Zanzolin two.", "Quennimarr", HELD)
    comment.waiting_change.accept(by=sara)
    comment.change("Zanzolin three.", "Quennimarr", HELD)
    assert whole_database().count("Zanzolin") >= 3

    page = said(press("remove", comment))

    rows = whole_database()
    assert "zanzolin" not in rows.lower() and "quennimarr" not in rows.lower()
    assert "You took this reply back on" in page


def test_the_thread_keeps_a_line_where_others_answered(show, press, reader, post):
    comment = show()
    show(body="Thank you!", parent=comment)

    press("remove", comment)

    page = said(reader.get(post.get_absolute_url()))
    assert "A reply was removed by its writer." in page and "Thank you!" in page


@pytest.mark.parametrize("step", ["remove", "remove-name"])
def test_another_sites_button_asks_again_instead(press, show, step):
    comment = show()

    response = press(step, comment, browser=Client(headers={"Sec-Fetch-Site": "cross-site"}))

    assert response.status_code == 403
    comment.refresh_from_db()
    assert (comment.name, comment.body) == ("Marigold", "A wet scarf.")


def test_there_is_nothing_more_to_press_once_it_is_gone(press, show, sara):
    comment = show()
    press("remove", comment)

    page = BeautifulSoup(press("offer-again", comment).content, "html.parser").main

    assert not page.find("input", {"name": "reply"}) and "Change my reply" not in page.get_text()
    assert not comment.drop_name() and not comment.offer_again() and not comment.keep_private()


@pytest.mark.django_db(transaction=True)
def test_the_name_taken_back_while_other_words_are_accepted_is_gone(show, sara, at_once):
    comment = show()
    comment.change("A fan.", "Marigold", HELD)
    waiting = comment.waiting_change

    at_once(
        lambda: waiting.accept(by=sara),
        lambda: Comment.objects.get(pk=comment.pk).drop_name(),
    )

    comment.refresh_from_db()
    assert (comment.name, comment.body) == ("", "A fan.")
    assert not comment.changes.exclude(name="").exists()
