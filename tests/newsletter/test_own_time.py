"""Approved for a time of one's own."""

from datetime import timedelta

import pytest
from django.utils import timezone

COMPOSE = "/admin/newsletter/issue/compose/weekly/"


@pytest.fixture
def send_it_then(desk, weekly, post):
    def press(typed):
        draft = weekly.draft()
        words = {"do": "approve-then", "at": typed, "stamp": f"{draft.pk}-{draft.version}"}
        page = desk.post(COMPOSE, words, follow=True).content.decode()
        draft.refresh_from_db()
        return draft, page

    return press


def test_a_letter_goes_at_a_time_of_ones_own(send_it_then):
    at = timezone.localtime(timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    draft, _page = send_it_then(f"{at:%Y-%m-%dT%H:%M}")

    assert (draft.status, draft.starts_at) == ("scheduled", at)


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-45T99:99", "x" * 500])
def test_a_time_that_is_none_is_said_in_words(send_it_then, typed):
    draft, page = send_it_then(typed)

    assert draft.status == "draft"
    assert "is no day and time" in page


def test_a_time_that_has_passed_leaves_ten_minutes_all_the_same(send_it_then):
    draft, _page = send_it_then("2020-01-01T09:00")

    assert draft.starts_at > timezone.now() + timedelta(minutes=9)
