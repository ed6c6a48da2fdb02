"""The admin's first page in words, and who may do what."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog.models import Post
from comments.models import Comment, Writer
from config.admin import ROLES, make_groups
from newsletter.models import Edition


def first_page(client):
    return " ".join(client.get(reverse("admin:index")).content.decode().split())


@pytest.fixture
def waiting(post):
    """Three held replies, the oldest from yesterday."""
    for days in (1, 0, 0):
        Comment.objects.create(
            post=post,
            name="Wren",
            body="Shade.",
            writer=Writer.objects.create(),
            consent_at=timezone.now(),
            consent_wording="x",
            waiting_since=timezone.now() - timedelta(days=days),
        )


@pytest.fixture
def member(publication):
    """Somebody with exactly one role."""
    make_groups()

    def make(*roles):
        user = User.objects.create_user("helper", password="x", is_staff=True)
        user.groups.set(Group.objects.filter(name__in=roles))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


@pytest.mark.parametrize(
    ("hour", "words"),
    [(8, "Good morning"), (13, "Good afternoon"), (21, "Good evening"), (2, "Good evening")],
)
def test_it_greets_by_the_clock_of_the_publication(sara, time_machine, hour, words):
    time_machine.move_to(f"2026-11-23 {hour:02}:30:00+00:00", tick=False)
    client = Client()
    client.force_login(sara)

    assert f"<h1>{words}, Sara.</h1>" in first_page(client)


def test_it_says_what_waits(desk, waiting):
    assert "3 replies are waiting; the oldest came yesterday." in first_page(desk)


def test_it_says_when_nothing_waits(desk, post):
    assert "No reply is waiting." in first_page(desk)


def test_it_offers_at_most_two_buttons(desk, waiting, post):
    Post.objects.create(title="Sleep", slug="sleep", author=post.author, body="x")
    letter = first_page(desk).partition('<div class="ledger">')[0].partition("<main")[2]

    assert 1 <= letter.count('class="button') <= 2


def test_it_says_when_the_digest_goes_and_what_it_holds(desk, post, time_machine):
    Edition.objects.all().delete()
    time_machine.move_to("2026-11-23 12:00:00+00:00", tick=False)
    Post.objects.update(published_at=timezone.now() - timedelta(days=1))
    Edition.objects.create(
        kind="weekly", since="2026-11-01T00:00Z", switched_on_at="2026-11-20T00:00Z"
    )

    page = first_page(desk)

    assert "It goes by itself on Sunday 29 November at 09:00. So far it holds one post." in page
    assert page.count("Send this week’s digest now") == 1


def test_it_names_the_draft_and_the_scheduled_post(desk, post):
    Post.objects.create(title="Sleep", slug="sleep", author=post.author, body="x")
    Post.objects.create(
        title="Folder",
        slug="folder",
        author=post.author,
        body="x",
        published_at=timezone.now() + timedelta(days=3),
    )

    page = first_page(desk)

    assert "Your draft “Sleep” was last touched today" in page
    assert "“Folder” appears by itself on" in page


def test_every_page_of_the_admin_bears_the_publications_name(desk, post):
    for name in ("index", "lists", "status", "password_change", "auth_user_changelist"):
        assert "Slow Signal" in desk.get(reverse(f"admin:{name}")).content.decode()


@pytest.mark.parametrize("name", ["index", "lists", "status", "password_change"])
def test_no_page_of_the_admin_has_inline_code(desk, name):
    page = desk.get(reverse(f"admin:{name}")).content.decode()

    assert "<style" not in page
    assert " style=" not in page
    assert " on" + "click=" not in page


def test_the_login_page_never_shows_the_password(publication, settings, monkeypatch):
    settings.LOCAL_MODE = settings.DEMO = True
    monkeypatch.setenv("ADMIN_PASSWORD", "tiny-otter-lamp")

    page = Client().get(reverse("admin:login")).content.decode()

    assert "The account is “sara”." in page
    assert "was printed" not in page  # not when somebody chose it
    assert "tiny-otter-lamp" not in page


def test_elsewhere_the_login_page_names_no_account(publication, settings):
    settings.LOCAL_MODE = False

    assert "The account is" not in Client().get(reverse("admin:login")).content.decode()


def test_a_wrong_password_is_said_in_words(publication):
    client = Client()
    page = client.post(reverse("admin:login"), {"username": "sara", "password": "x"})

    assert 'role="alert"' in page.content.decode()


@pytest.mark.parametrize("asked_for", ["", "//evil.example/", "https:evil", "javascript:x"])
def test_logging_in_leads_into_the_admin_whatever_was_asked_for(sara, asked_for):
    answer = Client().post(
        reverse("admin:login"), {"username": "sara", "password": "sara", "next": asked_for}
    )

    assert answer.headers["Location"] == reverse("admin:index")


LISTS = {
    "author": {"blog_post", "blog_tag", "blog_image", "newsletter_issue", "comments_comment"},
    "moderator": {"comments_comment", "blog_post"},
    "operator": {"newsletter_subscriber", "blog_publication", "auth_user", "newsletter_issue"},
}
ALL_LISTS = sorted(set.union(*LISTS.values()))


@pytest.mark.parametrize("role", LISTS)
@pytest.mark.parametrize("name", ALL_LISTS)
def test_each_role_sees_its_lists_and_no_others(member, role, name):
    answer = member(role).get(reverse(f"admin:{name}_changelist"), follow=True)

    assert answer.status_code == (200 if name in LISTS[role] else 403)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_a_first_page(member, role):
    assert member(role).get(reverse("admin:index")).status_code == 200


def test_an_author_reads_no_addresses_and_an_operator_no_held_replies(member):
    make_groups()
    may = {
        name: set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))
        for name in ROLES
    }

    assert not {code for code in may["author"] if "subscriber" in code or "delivery" in code}
    assert not {code for code in may["operator"] if "comment" in code}
    assert not {code for code in may["moderator"] if "subscriber" in code}


def way_to(row):
    """The admin's page that leads from a row to where it stands on the site."""
    kind = ContentType.objects.get_for_model(row)
    return reverse("admin:view_on_site", args=[kind.pk, row.pk])


@pytest.mark.parametrize("role", [*ROLES, None])
def test_no_role_is_led_to_a_writers_private_link(member, waiting, role):
    answer = member(role).get(way_to(Writer.objects.first()))

    assert answer.status_code == 404


def test_only_who_may_see_a_row_is_led_to_where_it_stands(member, post):
    client = member("operator")
    refused = client.get(way_to(post))
    User.objects.get(username="helper").groups.set(Group.objects.filter(name="author"))
    led = client.get(way_to(post))

    assert refused.status_code == 403
    assert led.headers["Location"] == post.get_absolute_url()


def test_making_the_groups_again_changes_nothing(db):
    make_groups()
    before = set(Group.objects.values_list("name", "permissions"))

    make_groups()

    assert set(Group.objects.values_list("name", "permissions")) == before


def test_staff_without_a_role_are_told_so(member):
    assert "There is nothing here that you may see." in (
        member().get(reverse("admin:lists")).content.decode()
    )


def test_an_operator_cannot_become_a_superuser(member):
    client = member("operator")
    helper = User.objects.get(username="helper")
    page = reverse("admin:auth_user_change", args=[helper.pk])

    client.post(
        page,
        {
            "username": "helper",
            "first_name": "Hel",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "user_permissions": ["1"],
            "groups": [str(Group.objects.get(name="operator").pk)],
            "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00",
        },
    )

    helper.refresh_from_db()
    assert helper.first_name == "Hel"
    assert not helper.is_superuser
    assert not helper.user_permissions.exists()


def test_an_operator_cannot_touch_a_superuser(member, sara):
    client = member("operator")

    page = client.post(reverse("admin:auth_user_change", args=[sara.pk]), {"username": "mine"})
    password = client.get(reverse("admin:auth_user_password_change", args=[sara.pk]))

    assert (page.status_code, password.status_code) == (403, 403)


@pytest.mark.parametrize("role", ["author", "moderator"])
def test_an_operator_takes_no_role_that_they_do_not_have(member, role):
    client = member("operator")
    helper = User.objects.get(username="helper")
    both = Group.objects.filter(name__in=["operator", role])

    client.post(
        reverse("admin:auth_user_change", args=[helper.pk]),
        {
            "username": "helper",
            "is_active": "on",
            "is_staff": "on",
            "groups": [str(group.pk) for group in both],
            "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00",
        },
    )

    assert [group.name for group in helper.groups.all()] == ["operator"]


def test_an_operator_cannot_give_a_moderator_a_new_password(member):
    client = member("operator")
    other = User.objects.create_user("other", password="x", is_staff=True)
    page = reverse("admin:auth_user_password_change", args=[other.pk])
    before = client.get(page)
    other.groups.set(Group.objects.filter(name="moderator"))

    assert (before.status_code, client.get(page).status_code) == (200, 403)


def test_an_apps_name_in_the_path_leads_to_its_lists(desk):
    answer = desk.get("/admin/blog/")

    assert answer.headers["Location"] == reverse("admin:lists") + "#app-blog"


def test_the_first_page_asks_for_each_thing_once(desk, waiting):
    with CaptureQueriesContext(connection) as asked:
        first_page(desk)

    replies = [q["sql"] for q in asked if "comments_comment" in q["sql"]]
    posts = [q["sql"] for q in asked if "blog_post" in q["sql"]]
    assert len(replies) == len(set(replies))
    assert len(posts) == len(set(posts))
