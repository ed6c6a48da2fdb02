"""Phrases marked in a reader's HTML: only their words, and never a tag more."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blog import markup

MARKS = re.compile("</?mark>")


def marked(source, *phrases):
    return markup.marked(markup.reader_html(source), list(phrases))


@pytest.mark.parametrize(
    ("source", "phrase", "html"),
    [
        ("Stop it now.", "Stop it", "<p><mark>Stop it</mark> now.</p>"),
        ("At home, me.", "me", "<p>At home, <mark>me</mark>.</p>"),
        ("a < b & c", "< b & c", "<p>a <mark>&lt; b &amp; c</mark></p>"),
        ("**Stop** it", "Stop it", "<p><strong><mark>Stop</mark></strong> <mark>it</mark></p>"),
        ("Stop\nit", "Stop\nit", "<p><mark>Stop</mark><br>\n<mark>it</mark></p>"),
        ("One.\n\nTwo.", "One.\n\nTwo.", "<p><mark>One.</mark></p>\n<p><mark>Two.</mark></p>"),
        ("10 mg, 10 mg", "10 mg", "<p><mark>10 mg</mark>, <mark>10 mg</mark></p>"),
        ("Nothing", "else", "<p>Nothing</p>"),
        ("Nothing", " ", "<p>Nothing</p>"),
        ("p and strong", "strong", "<p>p and <mark>strong</mark></p>"),
    ],
)
def test_a_phrase_is_marked_where_it_stands(source, phrase, html):
    assert marked(source, phrase) == html


def test_a_links_address_is_no_text():
    html = marked("[clinic](https://clinic.example/clinic)", "clinic")

    assert html.count("<mark>") == 1 and 'href="https://clinic.example/clinic"' in html


def test_several_phrases_that_overlap_are_one_mark():
    assert marked("one two three", "one two", "two three") == "<p><mark>one two three</mark></p>"


def test_without_phrases_nothing_changes():
    html = markup.reader_html("*a* < b")

    assert markup.marked(html, []) == html


@given(
    st.text("ab <>&*\n-[]()\"'", max_size=60), st.lists(st.text("ab <>&\n", max_size=8), max_size=3)
)
def test_marks_are_all_that_is_added_and_each_is_closed(source, phrases):
    html = markup.reader_html(source)
    made = markup.marked(html, phrases)

    assert MARKS.sub("", made) == html
    assert re.fullmatch(r"(<mark>[^<]+</mark>|(?!</?mark>).)*", made, re.DOTALL)


def test_fifty_thousand_characters_take_no_time():
    import time

    html = markup.reader_html("a<b&c " * 8_000)
    start = time.process_time()
    markup.marked(html, ["a<b", "c a", "a " * 1_000])

    assert time.process_time() - start < 0.5
