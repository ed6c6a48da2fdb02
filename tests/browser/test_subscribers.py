"""J7 to J10, walked in Chromium on the running group, scripts on and off."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import newest_mail, sign_up

pytestmark = pytest.mark.browser
ARTICLE = "/2012/07/ccsvi-and-the-liberation-treatment/"
NEWS = """
from django.utils import timezone
from blog.models import Author, Post
from newsletter.models import Edition, Issue
from newsletter.tasks import tick
old = Post.objects.get(slug="ccsvi-and-the-liberation-treatment")
sara = Author.objects.get(slug="sara")
now = timezone.now()
post = Post.objects.create(title="{title}", body="Wait.", author=sara, published_at=now)
post.follows_up.add(old)
tick()
Issue.objects.filter(edition__kind="story", items__post=post).update(starts_at=timezone.now())
tick()
"""
END_PAUSE = """
from datetime import timedelta
from django.utils import timezone
from newsletter.models import Subscriber
from newsletter.tasks import tick
yesterday = timezone.localdate() - timedelta(days=1)
Subscriber.objects.filter(email="{address}").update(paused_until=yesterday)
tick()
"""
numbers = itertools.count(1)
both_ways = pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])


def someone():
    return f"wagtail.{next(numbers)}@example.com"


def confirm_link(page, address):
    """The link in the newest confirmation, as another program would be handed it."""
    newest_mail(page, "Please confirm", address)
    return re.search(r"/newsletter/confirm/[0-9a-z]+/", page.content())[0]


def in_(visit, scripts, address):
    """A browser whose person has just confirmed their address."""
    page = visit(scripts=scripts)
    sign_up(page, address)
    page.goto(confirm_link(page, address))
    if not scripts:
        page.get_by_role("button", name="Yes, sign me up").click()
    expect(page.locator("h1")).to_contain_text("You’re signed up")
    return page


@both_ways
def test_j7_one_press_in_the_browser_that_signed_up(visit, site, scripts):
    page = in_(visit, scripts, someone())
    page.get_by_label(re.compile("Once a month")).check()
    page.get_by_label(re.compile("Discreet")).check()
    page.get_by_role("button", name="Save my choices").click()

    expect(page.locator("main")).to_contain_text("You get one letter a month")
    expect(page.get_by_label(re.compile("Discreet"))).to_be_checked()
    assert page.refused == [] and page.foreign == []


@both_ways
def test_j7_another_browser_has_one_button_and_a_week_later_there_is_no_error(visit, site, scripts):
    address = someone()
    page = visit(scripts=scripts)
    sign_up(page, address)
    link = confirm_link(page, address)

    other = visit(scripts=scripts)
    other.goto(link)
    expect(other.get_by_role("button", name="Yes, sign me up")).to_be_visible()
    expect(other.locator("main").get_by_role("button")).to_have_count(1)
    other.get_by_role("button", name="Yes, sign me up").click()
    expect(other.locator("h1")).to_contain_text("You’re signed up")

    other.goto(link)
    expect(other.locator("h1")).to_have_text("You are already signed up")


@both_ways
def test_j9_a_relapse_a_pause_and_welcome_back(visit, site, scripts):
    address = someone()
    page = in_(visit, scripts, address)
    page.get_by_role("button", name=re.compile("3 months")).click()
    expect(page.locator("main")).to_contain_text("Your pause has begun.")

    site.manage("shell", "-v0", "-c", END_PAUSE.format(address=address))
    newest_mail(page, "Welcome back", address)
    page.get_by_role("link", name=re.compile("newsletter.manage")).first.click()
    page.get_by_role("button", name=re.compile("6 months")).click()
    expect(page.locator("main")).to_contain_text("Your pause has begun.")
    newest_mail(page, "Welcome back", address)
    page.get_by_role("link", name=re.compile("newsletter.unsubscribe")).first.click()
    page.get_by_role("button", name="Stop all letters").click()
    expect(page.locator("h1")).to_contain_text("no more letters")


@both_ways
def test_j10_one_story_followed_and_one_mail_about_its_news(visit, site, scripts):
    address, title = someone(), f"News on veins {next(numbers)}"
    page = visit(scripts=scripts)
    page.goto(ARTICLE)
    page.get_by_role("link", name="Tell me when there is news on this").click()
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Tell me", exact=True).click()
    expect(page.locator("h1")).to_have_text("Check your mail")
    page.goto(confirm_link(page, address))
    if not scripts:
        page.get_by_role("button", name="Yes, tell me").click()
    expect(page.locator("h1")).not_to_contain_text("One press to go")

    site.manage("shell", "-v0", "-c", NEWS.format(title=title))
    page.goto(ARTICLE)
    expect(page.locator("main")).to_contain_text(title)
    newest_mail(page, title, address)
    page.goto("/dev/mail/")
    rows = page.locator("li, tr").filter(has_text=address).filter(has_text=title)
    expect(rows).to_have_count(1)
