"""Whatever is posted: a plain page, quickly; escaped when shown; never more rights than a form."""

import time

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments.models import Comment

BODIES = {
    "a megaword": "w" * 1_000_000,
    "ten thousand letters in one word": "w" * 10_000,
    "lines": "\n" * 9_000 + "end",
    "many lines": "l\n" * 100_000,
    "quotes": ">" * 5_000 + " deep",
    "brackets": "[" * 5_000 + "x",
    "links within links": "[a](" * 2_000,
    "lists": "- " * 5_000 + "x",
    "emphasis": "*a **b " * 1_200,
    "marks": "a" + "\u0301" * 9_000,
    "towers of marks": ("e" + "\u0301" * 300 + " ") * 30,
    "NULs": "a\x00b\x00c",
    "a lone surrogate": "%ED%A0%80",
    "backticks": "`" * 9_999,
    "entities": "&amp;&lt;" * 1_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("step", ["check", "send"])
def test_hostile_texts_are_taken_or_refused_within_a_second(send, sara, body, step):
    start = time.process_time()
    response = send(text=body, step=step)
    for comment in Comment.objects.all():
        assert comment.publish(by=sara)

    assert response.status_code in {200, 303, 400}
    assert time.process_time() - start < 1


def test_ten_megabytes_are_refused(send):
    response = send(text="word " * 2_000_000)

    assert response.status_code in {400, 413}
    assert not Comment.objects.exists()


def test_bytes_that_are_no_text_are_refused_or_mended(reader, address, stamp):
    response = reader.post(
        address,
        f"text=a%ED%A0%80%FF&name=%C3%28&consent=on&stamp={stamp}",
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code in {303, 400}


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/octet-stream"])
def test_forms_of_another_kind_are_given_back_empty(reader, address, kind):
    response = reader.post(address, "text=a&name=b&consent=on", content_type=kind)

    assert response.status_code == 403
    assert not Comment.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(reader, address, method):
    assert getattr(reader, method)(address).status_code == 405


MARKUP = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}", "</p>"]


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_in_text_and_name_is_shown_and_not_obeyed(send, reader, sara, markup):
    preview = send(text=markup, name=markup, step="check")
    given_back = send(text=markup, name=markup, consent="")
    send(text=markup, name=markup)
    comment = Comment.objects.get()
    private = reader.get(comment.writer.get_absolute_url())
    comment.publish(by=sara)
    public = reader.get(comment.post.get_absolute_url())

    for response in (preview, given_back, private, public):
        main = BeautifulSoup(response.content, "html.parser").main
        assert not main.find(["script", "img"], src=lambda s: s != "/static/blog/comfort.js")
        assert markup in main.decode(formatter=None) or markup in str(main.find_all("input"))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/a"])
def test_only_web_addresses_become_links(show, url):
    assert "<a" not in show(f"[look]({url})").body_html


def test_links_of_readers_vouch_for_nothing(show):
    assert 'rel="ugc nofollow noopener"' in show("[look](https://a.example/)").body_html


def test_fields_that_the_form_does_not_have_are_ignored(send, sara):
    send(
        status="published",
        author="1",
        author_id="1",
        writer="1",
        parent="1",
        root="1",
        is_staff="1",
        approved="1",
        created_at="2001-01-01",
        published_at="2001-01-01",
        body="other words",
        public_id="2" * 16,
    )

    comment = Comment.objects.get()
    assert (comment.status, comment.author, comment.parent) == ("pending", None, None)
    assert (comment.body, comment.created_at.year > 2001) == ("A wet scarf.", True)
    assert comment.public_id != "2" * 16


def test_a_field_given_twice_counts_once(send):
    send(name=["Bram", "Marigold"], text=["One", "Two"])

    comment = Comment.objects.get()
    assert (comment.name, comment.body) == ("Marigold", "Two")


@pytest.mark.parametrize(
    "number", ["0", "-1", "99999999999999999999", "1e9", "NaN", "\x00", "١", "1'--", "1" * 9999]
)
def test_numbers_of_questions_that_do_not_exist_open_the_form_for_the_post(reader, address, number):
    response = reader.get(address, {"question": number, "to": number})

    page = BeautifulSoup(response.content, "html.parser")
    assert (response.status_code, page.h1.get_text(strip=True)) == (200, "Your reply")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(max_size=200), name=st.text(max_size=70))
def test_any_text_is_answered_and_what_is_taken_can_be_published(send, sara, text, name):
    from django.core.cache import cache

    cache.clear()
    response = send(text=text, name=name)

    assert response.status_code in {303, 400}
    for comment in Comment.objects.waiting():
        assert comment.publish(by=sara)
