"""How the letters do: the same numbers in words, as bars and in a table."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.admin import make_groups
from newsletter.models import Rush, Subscriber, Tally
from newsletter.plots import Growth, Month, Sent, _months_before

PLOTS = "/admin/newsletter/issue/plots/"


@pytest.fixture(autouse=True)
def _in_november(time_machine):
    time_machine.move_to("2026-11-23 12:00:00+00:00", tick=False)


@pytest.fixture
def member(publication):
    """Somebody with exactly one role."""
    make_groups()

    def make(role):
        user = User.objects.create_user(role, password="x", is_staff=True)
        user.groups.set(Group.objects.filter(name=role))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


def page(client, address=PLOTS):
    return " ".join(client.get(address).content.decode().split())


def cells(said, which):
    """The rows of the page's first or second table."""
    table = re.findall(r"<table>.*?</table>", said)[which]
    rows = re.findall(r"<tr>(.*?)</tr>", table)[1:]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def count(what, number, day):
    Tally.objects.count(what, number, day=date.fromisoformat(day))


def test_it_says_on_top_how_many_and_who_came_and_went(desk, subscribe):
    for name in ("fern", "moss", "reed"):
        subscribe(name)
    Subscriber.objects.get(email="reed@example.com").unsubscribe()

    assert "2 people get letters. 3 joined and 1 left in November." in page(desk)


def test_it_says_who_pauses(desk, subscribe):
    subscribe("fern").pause(until=timezone.localdate() + timedelta(days=30))

    assert "One person gets letters. One of them pauses." in page(desk)


def test_the_table_counts_back_from_today(desk, subscribe):
    for name in ("fern", "moss", "reed", "sage", "rush"):
        subscribe(name)
    Tally.objects.all().delete()
    count("joined", 3, "2026-11-02")
    count("left", 1, "2026-11-20")
    count("joined", 2, "2026-10-31")
    count("imported", 4, "2026-09-01")
    count("left", 3, "2026-09-30")

    assert cells(page(desk), 0) == [
        ["November 2026", "5", "3", "0", "1"],
        ["October 2026", "3", "2", "0", "0"],
        ["September 2026", "1", "0", "4", "3"],
    ]


def test_a_month_is_one_by_the_clock_of_the_publication(subscribe, publication, time_machine):
    publication.time_zone = "Pacific/Auckland"
    publication.save()
    time_machine.move_to("2026-11-30 13:00:00+00:00", tick=False)  # 1 December there
    subscribe("fern")

    assert Tally.objects.get().day == date(2026, 12, 1)


def test_no_more_than_a_year_is_shown(desk, publication):
    count("joined", 1, "2020-01-01")
    count("joined", 1, "2025-12-01")

    assert len(cells(page(desk), 0)) == 12


def test_a_new_site_has_a_page_too(desk, publication):
    said = page(desk)

    assert "0 people get letters. 0 joined and 0 left in November." in said
    assert "No letter has been sent yet." in said


def test_each_issue_says_what_became_of_it(desk, letter_to):
    issue = letter_to(7)
    rows = list(issue.deliveries.order_by("pk"))
    now = timezone.now()
    facts = [
        {"status": "sent", "sent_at": now},
        {"status": "sent", "sent_at": now, "complained_at": now},
        {"status": "sent", "sent_at": now, "bounced_at": now},
        {"status": "failed", "bounced_at": now},
        {"status": "uncertain"},
        {"status": "skipped"},
    ]
    for row, changes in zip(rows, facts, strict=False):
        issue.deliveries.filter(pk=row.pk).update(**changes)

    (cells_of_it,) = cells(page(desk), 1)

    assert cells_of_it[1:] == ["3", "1", "2", "1", "1", "1", "1"]
    assert "3 of 7 sent, 1 failed, 1 held." in page(desk)


def svgs(said):
    return [ElementTree.fromstring(svg) for svg in _outer_svgs(said)]  # noqa: S314


def _outer_svgs(said):
    depth, begin = 0, 0
    for tag in re.finditer(r"<svg|</svg>", said):
        if tag[0] == "<svg":
            begin = begin if depth else tag.start()
            depth += 1
        else:
            depth -= 1
            if not depth:
                yield said[begin : tag.end()]


def test_every_drawing_has_a_name_or_is_only_decoration(desk, letter_to):
    letter_to("fern")
    said = page(desk)

    drawings = svgs(said)
    assert len(drawings) >= 3
    for drawing in drawings:
        names = (drawing.get("aria-labelledby") or "").split()
        assert drawing.get("aria-hidden") == "true" or names
        assert all(f'id="{name}"' in said for name in names)


def test_the_drawings_need_no_style_and_no_script(desk, letter_to):
    letter_to("fern")
    said = page(desk).partition("<main")[2]

    assert " style=" not in said
    assert "<script" not in said
    assert "viewBox" not in said  # it would shrink the words with the window


def test_nobody_is_named_or_followed(desk, letter_to):
    letter_to("fern")

    said = page(desk)

    assert "@example.com" not in said
    assert "opens" in said  # only to say that we do not look at that


def test_a_rush_is_told_in_words_on_both_pages(desk, publication):
    Rush.objects.create(asked=240, confirmed=3)

    for address in (PLOTS, "/admin/"):
        said = page(desk, address)
        assert "machines seem to sign up strangers" in said
        assert "240 had asked and 3 of them had confirmed" in said


def test_a_rush_that_is_over_is_not_told(desk, publication):
    Rush.objects.create(lasts=None, ended_at=timezone.now(), asked=240)

    assert "machines seem" not in page(desk) + page(desk, "/admin/")


@pytest.mark.parametrize(("role", "may"), [("author", 200), ("operator", 200), ("moderator", 403)])
def test_who_may_see_it(member, role, may):
    client = member(role)

    assert client.get(PLOTS).status_code == may
    assert (PLOTS in page(client, "/admin/")) == (may == 200)


def test_the_list_of_issues_leads_there(desk, publication):
    assert f'href="{PLOTS}"' in page(desk, "/admin/newsletter/issue/")


@given(
    st.lists(
        st.tuples(*[st.integers(0, 1_000_000)] * 3),
        min_size=1,
        max_size=12,
    )
)
def test_every_bar_stays_inside_its_drawing(numbers):
    rows = [Month(date(2026, 1, 1), came, 0, left, readers) for came, left, readers in numbers]
    growth = Growth(rows, paused=0)

    for bar in growth.columns + growth.moves:
        assert 0 <= bar.x <= bar.x + bar.width <= 100.001
        assert -0.001 <= bar.y <= bar.y + bar.height <= 100.001


@given(st.tuples(*[st.integers(0, 1_000_000)] * 5))
def test_the_parts_of_an_issue_fill_its_bar(numbers):
    sent = Sent(None, *numbers, bounced=0, complaints=0)

    assert sum(bar.width for bar in sent.bars) == pytest.approx(100 if sum(numbers) else 0)
    assert all(bar.width > 0 for bar in sent.bars)


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(0, 100))
def test_months_are_counted_back_one_by_one(day, months):
    one_by_one = day.replace(day=1)
    for _ in range(months):
        one_by_one = (one_by_one - timedelta(days=1)).replace(day=1)

    assert _months_before(day, months) == one_by_one
