"""What a new site begins with, and Slow Signal."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Page, Post, Publication
from comments.models import Comment
from config.demo import files
from newsletter.models import Edition, Issue, Quote, Subscriber, Suppression

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ground(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    settings.LOCAL_MODE = True
    settings.DEMO = True
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)


@pytest.fixture
def demo():
    call_command("demo")


def everything():
    """Every row of every table."""
    return {
        model._meta.label: sorted(model.objects.values_list(), key=str)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label != "contenttypes"
    }


def test_loading_twice_changes_nothing(demo):
    before = everything()

    call_command("demo")

    assert everything() == before


def test_loading_again_asks_little(demo, django_assert_max_num_queries):
    with django_assert_max_num_queries(60):
        call_command("demo")


def test_loading_again_keeps_what_people_changed(demo):
    sara = User.objects.get(username="sara")
    sara.set_password("my own")
    sara.save()
    Post.objects.filter(slug="hot-days").update(title="My words")
    Post.objects.filter(slug="notes-for-a-post-on-sleep").delete()
    Subscriber.objects.filter(email="hill.sam@example.com").delete()
    Comment.objects.get(name="Wren").withdraw()
    Publication.objects.update(name="My name")
    before = everything()

    call_command("demo")

    assert everything() == before


@pytest.mark.parametrize("lost", [Comment, Subscriber, Issue, Edition, Page])
def test_a_partly_loaded_demo_is_completed(demo, lost):
    def counts():
        return {label: len(rows) for label, rows in everything().items()}

    before = counts()
    if lost is Edition:
        Issue.objects.all().delete()
    if lost is Comment:
        Comment.objects.filter(parent__isnull=False).delete()
    lost.objects.all().delete()
    if lost is Comment:
        apps.get_model("comments.Writer").objects.all().delete()
    if lost is Subscriber:
        Suppression.objects.all().delete()

    call_command("demo")

    assert counts() == before


def test_posts_are_in_their_states(demo):
    scheduled = Post.objects.scheduled().get()

    assert Post.objects.listed().count() == 8
    assert timedelta(days=2) < scheduled.published_at - timezone.now() < timedelta(days=4)
    assert Post.objects.drafts().get().slug == "notes-for-a-post-on-sleep"
    assert [post.slug for post in Post.objects.listed() if not post.takes_replies] == ["hot-days"]


def test_published_posts_have_pictures_with_words_and_questions(demo):
    for post in Post.objects.listed():
        assert post.lead_image.alt
        assert post.questions.count() >= 2
        assert len(post.short_lines) == 3


def test_replies_are_in_their_states(demo):
    assert Comment.objects.waiting().count() == 7
    assert Comment.objects.published().count() == 11
    assert Comment.objects.get(status="withdrawn").replies.get().author.name == "Sara"
    assert Comment.objects.get(name="Hal").decisions.get().by.username == "sara"


def test_what_waits_says_why_and_lies_in_its_lane(demo):
    waiting = {reply.name: reply for reply in Comment.objects.waiting()}
    rules = {
        name: list(dict.fromkeys(signal.rule for signal in reply.noticed))
        for name, reply in waiting.items()
    }

    assert [name for name, reply in waiting.items() if reply.lane == "care"] == ["Grey Day"]
    assert {reply.lane for reply in waiting.values()} == {"care", "new"}
    assert rules == {
        "Grey Day": ["crisis", "first"],
        "Pip": ["under 16", "first"],
        "river_otter": ["advice", "clinic", "advert", "price", "links", "first"],
        "Cobalt": ["own dose", "cure", "first"],
        "VeinCare Team": ["clinic", "advert", "price", "links", "first"],
        "Nettie": ["phone", "first"],
        "Juniper": ["first"],
    }


def test_the_spam_of_the_demo_would_have_lain_in_the_spam_lane(demo):
    assert Comment.objects.get(name="best_watch_88").home_lane == "spam"


def test_only_who_allowed_it_may_be_quoted(demo):
    quotes = {quote.name: quote for quote in Quote.objects.choosable(Edition.objects.weekly())}

    assert set(quotes) == {"Bram", "Lantern"}
    assert quotes["Bram"].made_at.date().isoformat() == "2012-07-20"
    bram = Comment.objects.get(name="Bram")
    assert quotes["Bram"].path == f"{bram.post.get_absolute_url()}#{bram.anchor}"


def test_the_oldest_waiting_reply_is_a_day_old(demo):
    oldest = Comment.objects.waiting().first()

    assert timedelta(days=1) < timezone.now() - oldest.created_at < timedelta(days=2)


def test_the_first_digest_holds_just_the_newest_post(demo):
    weekly = Edition.objects.get(kind="weekly")

    assert [post.slug for post in weekly.new_posts()] == ["vitamin-d-one-clear-trial"]


def test_seven_posts_went_out_on_the_sunday_after(demo):
    issues = Issue.objects.sent()

    assert issues.count() == 7
    assert {issue.period.weekday() for issue in issues} == {6}
    assert all(issue.text and issue.html for issue in issues)


def test_every_edition_is_on_for_readers_choose(demo):
    assert set(Edition.objects.on()) == set(Edition.objects.all())
    assert {edition.since.date().isoformat() for edition in Edition.objects.all()} == {"2025-04-01"}


def test_subscribers_are_in_their_states(demo):
    states = dict(Subscriber.objects.values_list("email", "status"))

    assert states["lantern@example.com"] == "paused"
    assert states["juniper@example.com"] == "pending"
    assert states["nettie@example.com"] == "unsubscribed"
    assert Suppression.objects.cover("bounce.hard@example.com")


def test_who_came_in_a_file_has_given_no_consent(demo):
    assert not Subscriber.objects.get(email="import.old@example.com").consents.exists()


def test_loading_sends_no_mail(demo, mailoutbox):
    assert mailoutbox == []


def test_sara_can_log_in_with_the_kept_password(demo, tmp_path):
    password = (tmp_path / "admin-password").read_text().strip()

    assert Client().login(username="sara", password=password)
    assert set(User.objects.get().groups.values_list("name", flat=True)) == {
        "author",
        "moderator",
        "operator",
    }


def test_a_password_from_the_environment_is_taken(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", "tiny otter lamp")
    call_command("demo")

    assert Client().login(username="sara", password="tiny otter lamp")


def test_on_a_public_site_no_password_is_made_up(settings, tmp_path, capsys):
    settings.LOCAL_MODE = settings.DEMO = False
    call_command("demo")

    assert not User.objects.get(username="author").has_usable_password()
    assert "manage.py changepassword author" in capsys.readouterr().err
    assert not (tmp_path / "admin-password").exists()


def test_an_empty_site_has_what_its_pages_need(settings):
    settings.DEMO = False
    call_command("demo")

    assert not Post.objects.exists()
    assert not Subscriber.objects.exists()
    assert User.objects.get().username == "author"
    assert Edition.objects.get(kind="weekly").switched_on_at


@pytest.mark.parametrize("demo_or_not", [True, False])
def test_no_link_of_the_footer_is_dead(settings, demo_or_not):
    settings.DEMO = demo_or_not
    call_command("demo")

    for name in ("about", "house-rules", "privacy", "health-data", "help", "corrections"):
        assert Client().get(reverse(f"blog:{name}")).status_code == 200
        assert Page.objects.get(slug=name).body_html


def test_an_empty_site_twice_changes_nothing(settings):
    settings.DEMO = False
    call_command("demo")
    before = everything()

    call_command("demo")

    assert everything() == before


@pytest.mark.parametrize(
    "promise",
    ["first reply", "a change always shows", "fewer letters", "notice on the", "notice at the top"],
)
def test_no_page_promises_what_the_product_cannot_do_yet(promise):
    for folder in (files.FOLDER / "pages", files.START_PAGES):
        for text in files.pages(folder):
            assert promise not in text.body, text.slug
