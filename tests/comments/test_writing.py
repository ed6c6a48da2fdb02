"""Writing a reply: the form, its errors, reading it through, sending."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from comments.models import Comment
from comments.models.arriving import CONSENT_WORDING


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def test_a_sent_reply_is_held_with_all_that_was_said(send, post):
    send(question="2")

    comment = Comment.objects.get()
    assert (comment.post, comment.question.position) == (post, 2)
    assert (comment.name, comment.body, comment.status) == ("Marigold", "A wet scarf.", "pending")


def test_consent_is_kept_with_its_wording_and_time(send):
    send()

    comment = Comment.objects.get()
    assert comment.consent_wording == CONSENT_WORDING
    assert timezone.now() - comment.consent_at < timedelta(minutes=1)


def test_sending_leads_by_303_to_a_page_that_can_be_reloaded(send, reader):
    response = send()

    assert response.status_code == 303
    assert reader.get(response.url).status_code == 200


def test_one_word_is_enough(send):
    assert send(text="Ice").status_code == 303


def test_the_form_repeats_the_question_and_asks_for_an_answer(reader, address):
    page = soup(reader.get(address, {"question": "2"}))

    assert page.h1.get_text(strip=True) == "Your reply to question 2"
    assert page.find(class_="question").get_text() == "When did you learn?"
    assert page.find("label", attrs={"for": "text"}).get_text() == "Your answer"


def test_the_form_starts_in_the_text_box_and_ticks_nothing(reader, address):
    page = soup(reader.get(address))

    assert page.find("textarea").has_attr("autofocus")
    assert not page.find(id="consent").has_attr("checked")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("text", "Please write your reply. One word is enough."),
        ("name", "Please give a name to show. A nickname is fine."),
        ("consent", "Please tick the box if your words may be shown on this page."),
    ],
)
def test_what_is_missing_is_said_once_on_top_and_at_its_box(send, words, missing, sentence):
    del words[missing]

    response = send()

    page = soup(response)
    link = page.find(role="alert").find("a")
    assert (response.status_code, link.get_text()) == (400, sentence)
    box = page.find(id=link["href"].removeprefix("#"))
    assert (box["name"], box["aria-invalid"]) == (missing, "true")
    assert page.find(id=box["aria-describedby"].split()[0]).get_text() == sentence


def test_all_that_is_missing_is_counted_and_what_is_there_is_kept(send):
    page = soup(send(name=" ", consent=""))

    assert page.find(role="alert").h2.get_text().startswith("2 things to mend.")
    assert page.find("textarea").get_text().strip() == "A wet scarf."
    assert not Comment.objects.exists()


def test_a_tick_is_kept_when_something_else_is_missing(send):
    assert soup(send(name="")).find(id="consent").has_attr("checked")


def test_a_text_that_is_too_long_comes_back_whole(send):
    text = "word " * 2400

    response = send(text=text)

    page = soup(response)
    assert response.status_code == 400
    assert "10000 characters at most" in page.find(role="alert").get_text()
    assert page.find("textarea").get_text().strip() == text.strip()


def test_a_name_that_is_too_long_is_refused_in_words(send):
    assert "60 characters at most" in soup(send(name="n" * 61)).find(role="alert").get_text()


@pytest.mark.parametrize("nothing", ["\u200b", " \u00a0 ", "\u2060\u200d", "\x00", "\u202e"])
@pytest.mark.parametrize("field", ["text", "name"])
def test_what_nobody_can_see_counts_as_nothing(send, field, nothing):
    response = send(**{field: nothing})

    assert soup(response).find(id=field)["aria-invalid"] == "true"


@pytest.mark.parametrize("name", ["Sara", "sara", " S A R A ", "Ｓａｒａ", "s.a.r.a", "Sa\u200bra"])
def test_a_name_that_imitates_the_author_is_refused_in_words(send, name):
    response = send(name=name)

    assert response.status_code == 400
    assert "Sara writes here" in soup(response).find(role="alert").get_text()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("name", ["Sarah", "Sara in the hills", "☂", "Zoë"])
def test_other_names_are_free(send, name):
    assert send(name=name).status_code == 303


def test_the_preview_shows_it_and_keeps_nothing(send):
    response = send(step="check", question="1", text="**Shade**, and\n\n- a fan")

    reply = soup(response).find("article", class_="reply")
    assert (reply.h2.get_text(), reply.strong.get_text()) == ("Marigold", "Shade")
    assert "answering “What cools you?”" in reply.get_text()
    assert not Comment.objects.exists()


def hidden(response):
    fields = soup(response).main.find_all("input", type="hidden")
    return {field["name"]: field["value"] for field in fields}


def test_what_was_read_through_is_what_is_sent(send, reader, address):
    typed = 'Line one\nline "two" & <three>\n\n  and a fourth'
    kept = hidden(send(step="check", question="3", text=typed))

    reader.post(address, kept | {"step": "send"})

    comment = Comment.objects.get()
    assert (comment.body, comment.question.position) == (typed, 3)


def test_change_it_gives_the_form_back_filled_and_unjudged(send, reader, address):
    kept = hidden(send(step="check", question="3", text="One\n\ntwo"))

    response = reader.post(address, kept | {"step": "change"})

    page = soup(response)
    assert (response.status_code, page.find(role="alert")) == (200, None)
    assert page.find("textarea").get_text() == "\nOne\n\ntwo"
    assert page.find(id="consent").has_attr("checked")
    assert page.h1.get_text(strip=True) == "Your reply to question 3"


def test_reading_it_through_does_not_make_a_person_look_like_a_machine(
    send, reader, address, time_machine
):
    time_machine.move_to(timezone.now() + timedelta(seconds=30), tick=False)
    kept = hidden(send(step="check"))

    reader.post(address, kept | {"step": "send"})

    assert [signal.rule for signal in Comment.objects.get().noticed] == ["first"]


def test_a_question_that_is_gone_is_said_and_the_words_go_to_the_post_next_time(
    send, reader, address
):
    response = send(question="9")
    assert "not there any more" in soup(response).find(role="alert").get_text()

    again = hidden(response)
    send(**again)

    assert Comment.objects.get().question is None


def test_a_reply_to_a_reply_stands_one_level_down(send, show):
    marigold = show()
    send(name="Bram", to=marigold.public_id)

    bram = Comment.objects.get(name="Bram")
    assert (bram.parent, bram.root, bram.question) == (marigold, marigold, None)


def test_deeper_replies_keep_what_they_answer_and_stay_at_two_levels(hold, show):
    first = show()
    second = show(parent=first)

    third = hold(parent=second)

    assert (third.parent, third.root) == (second, first)


def test_the_form_shows_whom_it_answers(reader, address, show):
    page = soup(reader.get(address, {"to": show().public_id}))

    assert page.h1.get_text(strip=True) == "Your reply to Marigold"
    assert "A wet scarf." in page.find("article").get_text()


@pytest.fixture
def elsewhere(sara):
    from blog.models import Post

    return Post.objects.create(
        title="Cold days",
        slug="cold-days",
        author=sara.author,
        body="Brr.",
        published_at=timezone.now() - timedelta(days=1),
    )


@pytest.mark.parametrize(
    "target", ["held", "rejected", "spam", "withdrawn", "another post's", "nobody's"]
)
def test_a_reply_to_what_is_not_shown_here_is_refused_with_the_text_kept(
    target, send, hold, show, elsewhere, sara
):
    reply = show(on=elsewhere) if target == "another post's" else hold()
    {"rejected": reply.reject, "spam": reply.mark_spam}.get(target, lambda by: 0)(by=sara)
    if target == "withdrawn":
        reply.withdraw()
    to = "2" * 16 if target == "nobody's" else reply.public_id

    response = send(name="Bram", to=to)

    page = soup(response)
    assert response.status_code == 400
    assert "not shown any more" in page.find(role="alert").get_text()
    assert page.find("textarea").get_text().strip() == "A wet scarf."
    assert not Comment.objects.filter(name="Bram").exists()


def test_no_page_of_the_way_sets_a_cookie(send, reader, address):
    reader.get(address)
    send(step="check")
    reader.get(send().url)

    assert not reader.cookies
