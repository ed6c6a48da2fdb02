"""What the form and the preview promise is what happens."""

from datetime import time

import pytest
from bs4 import BeautifulSoup
from django.template import Context, Template

from blog.forms import StampInput
from comments.models import Comment

WAITS = "Sara reads it, usually within two days. Until then nobody else can see it."
AT_ONCE = "It appears at once, and everybody can read it."


@pytest.fixture(autouse=True)
def _unhurried(time_machine, words):
    time_machine.move_to("2030-01-01 12:00:00+00:00", tick=False)
    words["stamp"] = StampInput().format_value(None)
    time_machine.shift(30)


def main(response):
    return BeautifulSoup(response.content, "html.parser").main


def said(response):
    return " ".join(main(response).get_text().split())


def rule(post, **rules):
    for name, value in rules.items():
        setattr(post, name, value)
    post.save()


@pytest.mark.parametrize("mode", ["", "first", "all", "open"])
def test_the_preview_says_what_sending_does(send, post, mode):
    rule(post, replies_mode=mode)
    promised = said(send(step="check"))

    send()

    appears = Comment.objects.get().is_published
    assert (AT_ONCE in promised) is appears
    assert (WAITS in promised) is not appears


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("", "Sara reads every first reply before it appears, usually within two days."),
        ("first", "Sara reads every first reply before it appears, usually within two days."),
        ("all", "Sara reads every reply before it appears, usually within two days."),
        ("open", "Replies here appear at once, unless something in them should be looked at"),
    ],
)
def test_the_form_says_who_reads_it(reader, address, post, mode, sentence):
    rule(post, replies_mode=mode)

    assert sentence in said(reader.get(address))


def test_a_questions_own_mode_is_the_one_that_is_said(reader, address, post):
    question = post.questions.get(position=2)
    question.mode = "all"
    question.save()

    page = said(reader.get(address, {"question": "2"}))

    assert "Sara reads every reply before it appears" in page


def test_while_sara_is_away_nobody_is_promised_two_days(reader, send, address, publication):
    publication.is_away = True
    publication.save()

    assert "Sara is away just now." in said(reader.get(address))
    assert "Sara is away just now." in said(send(step="check"))
    assert "two days" not in said(send(step="check"))
    assert "it may take longer than usual" in said(reader.get(send().url))


def test_in_quiet_hours_the_preview_says_so(send, post):
    rule(post, quiet_from=time(0), quiet_until=time(23, 59))

    assert "It waits: these are quiet hours." in said(send(step="check"))


def test_the_preview_shows_the_very_words_that_the_page_will(send, post):
    typed = "**Shade**, <b>and</b>\n\n- a fan\n- [peas](https://peas.example)\n\n> cool"
    shown = main(send(step="check", text=typed)).find("article", class_="reply")
    send(text=typed)
    Comment.objects.get().publish(by=None)

    page = Template("{% load replies %}{% thread post %}").render(Context({"post": post}))

    there = BeautifulSoup(page, "html.parser").find("article", class_="reply")
    assert inside(shown, "h2") == inside(there, "h3", "footer")


def inside(article, heading, *besides):
    """What was written, without what stands around it."""
    for name in (heading, *besides):
        article.find(name).extract()
    for small in article.find_all(class_="small"):
        small.extract()
    return "".join(str(article.decode_contents()).split())


@pytest.mark.parametrize("mode", ["first", "open"])
def test_the_thank_you_page_is_true(send, reader, post, mode):
    rule(post, replies_mode=mode)

    page = said(reader.get(send().url))

    published = Comment.objects.get().is_published
    assert ("Everybody can read it now." in page) is published
    assert ("Nobody else can see it yet." in page) is not published


def test_the_thank_you_page_waits_for_scripts_to_offer_a_copy(send, reader, settings):
    settings.SITE_URL = "https://slow-signal.example"
    page = main(reader.get(send().url))

    button = page.find("button", attrs={"data-copy": True})
    assert button.has_attr("hidden")
    assert button["data-copy"] == page.find("strong").get_text()


def test_without_scripts_the_form_says_that_nothing_is_kept(reader, address):
    page = main(reader.get(address))

    assert "this device keeps nothing before you send it" in page.find(class_="scriptless").text
    assert "Clear it" in page.find(class_="scripted").text


def test_the_tick_about_a_shared_device_is_never_sent(reader, address):
    page = main(reader.get(address))

    assert not page.find("div", class_="status").input.has_attr("name")


def test_drafts_are_kept_by_a_file_of_this_site_and_not_within_the_page(reader, address, post):
    for url in (address, post.get_absolute_url()):
        page = BeautifulSoup(reader.get(url).content, "html.parser")
        scripts = [script["src"] for script in page.find_all("script")]
        assert "/static/comments/reply.js" in scripts


@pytest.mark.parametrize("whose", ["post", "publication"])
def test_where_there_are_quiet_hours_the_form_does_not_promise_at_once(
    reader, address, post, publication, whose
):
    rule(post, replies_mode="open")
    rule(
        {"post": post, "publication": publication}[whose], quiet_from=time(22), quiet_until=time(7)
    )

    assert "or they come in the quiet hours" in said(reader.get(address))
