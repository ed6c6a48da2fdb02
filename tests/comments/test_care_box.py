"""The thank-you page of somebody at the end of their strength: help comes first."""

import datetime

import pytest
from bs4 import BeautifulSoup

from comments import signals
from comments.models import Comment, HelpLine
from comments.signals import Rule, Signal


@pytest.fixture(autouse=True)
def _a_rule_for_care(monkeypatch):
    monkeypatch.setitem(signals.RULES, "hard day", Rule("It sounds hard.", 5, is_care=True))


@pytest.fixture
def lines(db):
    HelpLine.objects.all().delete()
    day = datetime.date(2026, 11, 1)
    facts = {"checked_on": day, "check_due": day}
    HelpLine.objects.create(position=1, country="US and Canada", number="988", **facts)
    HelpLine.objects.create(
        position=2, country="UK and Ireland", name="Samaritans", number="116 123", **facts
    )
    HelpLine.objects.create(
        position=3, country="Elsewhere", name="your local emergency number", **facts
    )


@pytest.fixture
def thanked(reader, hold):
    def page(rule="hard day"):
        comment = hold(signals=[Signal(rule, 5)])
        url = f"/replies/sent/{comment.writer.token}/"
        return BeautifulSoup(reader.get(url).content, "html.parser").main

    return page


def said(element):
    return " ".join(element.get_text().split())


def test_help_is_first_in_reading_order_on_the_same_page(thanked, lines):
    page = thanked()

    assert said(page.find(["h1", "h2"])) == "It sounds as if today is very hard"
    assert said(page.h1) == "Thank you. Sara has your reply."
    assert "You do not have to carry it alone." in said(page.section)


def test_each_line_can_be_called(thanked, lines):
    calls = [link["href"] for link in thanked().find_all("a") if "tel:" in link["href"]]

    assert calls == ["tel:988", "tel:116123"]


def test_who_is_elsewhere_is_not_forgotten(thanked, lines):
    items = [said(item) for item in thanked().section.find_all("li")]

    assert items[1].startswith("UK and Ireland, Samaritans 116 123")
    assert items[2] == "Elsewhere: your local emergency number"


def test_an_old_list_is_shown_all_the_same(thanked, lines, time_machine):
    time_machine.move_to("2031-01-01")

    assert "988" in said(thanked())


def test_without_any_line_the_box_still_says_what_to_do(thanked):
    HelpLine.objects.all().delete()

    assert "call your emergency number" in said(thanked().section)


def test_nothing_on_the_page_blames_or_says_it_was_refused(thanked, lines):
    page = said(thanked()).lower()

    assert not any(word in page for word in ("refus", "rule", "violat", "reject", "danger to"))


def test_others_see_no_such_box(thanked, lines):
    page = thanked("too fast")

    assert "very hard" not in said(page) and not page.find("section", class_="care")


def test_it_is_held_whatever_the_page_allows(hold, post):
    comment = hold(signals=[Signal("hard day", 5)])

    assert (comment.status, comment.lane) == (Comment.Status.PENDING, Comment.Lane.CARE)
