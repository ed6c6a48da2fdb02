"""The first page asks whoever moderates for what only people can do."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from comments.models import Comment, HelpLine, Report
from config.admin import make_groups
from tests.person import Person, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(desk):
    """What the first page says, to Sara who may do everything."""

    def look():
        return Person(desk).open("/admin/")

    return look


@pytest.fixture
def reply(post, sara):
    comment = Comment.objects.hold(client="c", post=post, name="Fern", body="Shade.")
    comment.publish(by=sara)
    return comment


def test_it_says_when_words_are_soon_deleted_because_nobody_decided(first, reply, sara):
    reply.hold_again(by=sara)
    assert not first().sees("has waited very long")

    Comment.objects.update(waiting_since=timezone.now() - timedelta(days=82))

    assert first().sees("One reply has waited very long. In a few days its words are deleted.")


def test_it_leads_to_what_readers_reported(first, reply):
    Report.objects.take(reply, reason="harm", client="one")

    page = first()

    assert page.sees("Readers reported one reply that is on the page.")
    assert page.follow("See the reports").sees("Reply by Fern")


def test_whoever_looked_lets_it_stay_in_one_press(first, reply, desk):
    Report.objects.take(reply, reason="harm", client="one")

    desk.post(
        "/admin/comments/report/",
        {"action": "let_stay", "_selected_action": [Report.objects.get().pk]},
    )

    reply.refresh_from_db()
    assert reply.kept_revision == reply.revision
    assert not first().sees("Readers reported")


def test_only_who_may_decide_lets_a_reply_stay(reply, client):
    make_groups()
    user = User.objects.create_user("vi", is_staff=True)
    user.groups.add(Group.objects.get(name="author"))
    client.force_login(user)
    Report.objects.take(reply, reason="harm", client="one")

    client.post(
        "/admin/comments/report/",
        {"action": "let_stay", "_selected_action": [Report.objects.get().pk]},
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    reply.refresh_from_db()
    assert reply.kept_revision is None


def test_the_replys_own_page_lists_reports_by_reason(reply, desk):
    for client in ("one", "two"):
        Report.objects.take(reply, reason="harm", client=client)

    page = Person(desk).open(f"/admin/comments/comment/{reply.pk}/change/")

    assert "It could harm somebody: 2" in said(page.page)


def test_help_lines_are_there_from_the_first_day_and_ask_to_be_checked(first):
    assert HelpLine.objects.begin() and not HelpLine.objects.begin()

    assert HelpLine.objects.count() == 4
    assert first().sees("Please check their numbers.")


def test_checked_they_rest_for_half_a_year(first, desk, time_machine):
    HelpLine.objects.begin()
    chosen = list(HelpLine.objects.values_list("pk", flat=True))
    desk.post("/admin/comments/helpline/", {"action": "were_checked", "_selected_action": chosen})
    assert not first().sees("Please check their numbers.")

    time_machine.move_to(timezone.now() + timedelta(days=181))

    assert HelpLine.objects.overdue().count() == 4


def test_it_says_when_nobody_could_be_told(first, sara):
    assert first().sees("Nobody would be told when a reply needs care")

    User.objects.update(email="sara@example.com")

    assert not first().sees("Nobody would be told")


def test_who_does_not_moderate_is_asked_for_nothing(client, post):
    make_groups()
    user = User.objects.create_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name="author"))
    client.force_login(user)
    HelpLine.objects.begin()

    assert not Person(client).open("/admin/").sees("Please check their numbers.")
