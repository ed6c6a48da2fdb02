"""J15 in Chromium: the digest prepared, tested, approved, stopped, watched; scripts on and off."""

import itertools

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessible import violations
from tests.browser.test_main_job import log_in, newest_mail

pytestmark = pytest.mark.browser
COMPOSE = "/admin/newsletter/issue/compose/weekly/"
NEW = """
from django.contrib.auth.models import User
from django.utils import timezone
from blog.models import Author, Post
from newsletter.models import *
User.objects.filter(username="sara").update(email="sara@example.com")
sara = Author.objects.get(slug="sara")
for title in ["{name} arrive", "{name} leave"]:
    post = Post.objects.create(title=title, body="Wait.", author=sara, published_at=timezone.now())
Quote.objects.create(reference="c-{name}", post=post, text="I saw {name}.", name="Wren")
"""
START = """
from newsletter.models import *
for number in range(8):
    someone, made = Subscriber.objects.get_or_create(email=f"watched.{number}@example.com")
    someone.confirm()
issue = Issue.objects.open().first()
Issue.objects.filter(pk=issue.pk).update(per_minute=60)
issue.refresh_from_db()
issue.start()
print(issue.pk)
"""
SMALL = """() => [...document.querySelectorAll(
        'button, input, select, textarea, summary, .tap, .button, nav a')]
    .filter(el => el.checkVisibility() && !el.closest('[hidden]') && el.type !== 'hidden')
    .map(el => [el, (el.closest('label') || el).getBoundingClientRect()])
    .filter(([el, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
    .map(([el, box]) => `${el.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
numbers = itertools.count(1)
both_ways = pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])


def prepare(page, site):
    """New posts, and the page where they are put together."""
    name = f"Swifts{next(numbers)}"
    site.manage("shell", "-v0", "-c", NEW.format(name=name))
    log_in(page)
    page.get_by_role("link", name="Prepare this week’s digest").click()
    if page.get_by_role("button", name="Begin").count():
        page.get_by_role("button", name="Begin").click()
    else:
        page.get_by_role("button", name="Save").click()
    return name


def fits(page, width):
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert page.evaluate(SMALL) == [], page.url
    assert page.refused == page.foreign == [], page.url


@both_ways
@pytest.mark.parametrize("width", [1280, 320])
def test_prepared_tested_approved_and_stopped(visit, site, scripts, width):
    page = visit(scripts=scripts, width=width)
    name = prepare(page, site)
    posts = page.locator("ol li")
    expect(posts.first).to_contain_text(f"{name} leave")

    # Every button keeps what was typed.
    page.get_by_label("Note on top").fill(f"Dear all, {name} are here.")
    page.get_by_role("button", name=f"Down “{name} leave”").click()
    expect(posts.first).to_contain_text(f"{name} arrive")
    expect(page.get_by_label("Note on top")).to_have_value(f"Dear all, {name} are here.")
    page.get_by_role("checkbox", name=f"I saw {name}.").check()
    page.get_by_role("button", name=f"Leave out “{name} arrive”").click()
    expect(posts.first).to_contain_text("left out")
    expect(page.get_by_role("checkbox", name=f"I saw {name}.")).to_be_checked()
    fits(page, width)

    page.get_by_role("button", name="Read it as readers get it").click()
    expect(page.locator("main")).to_contain_text(f"I saw {name}.")
    fits(page, width)
    page.get_by_role("link", name="See it as a mail program shows it").click()
    expect(page.locator("body")).to_contain_text(f"Dear all, {name} are here.")
    page.goto(COMPOSE)

    page.get_by_role("button", name="Send a test to me").click()
    expect(page.get_by_role("status")).to_contain_text("A test is on its way")
    letter = newest_mail(visit(), f"{name} leave", "sara@example.com")
    expect(letter.locator("main")).to_contain_text(f"Dear all, {name} are here.")

    page.get_by_role("button", name="Send it in ten minutes").click()
    expect(page.locator(".letter")).to_contain_text("It goes on")
    fits(page, width)
    page.get_by_role("button", name="Stop. Do not send it").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped. 0 sent.")
    page.get_by_role("button", name="Skip this one").click()
    expect(page.locator("h1")).to_have_text("Skip this letter?")
    fits(page, width)
    page.get_by_role("button", name="Skip this one").click()
    expect(page.get_by_role("status")).to_contain_text("Skipped.")


@both_ways
def test_watched_slowed_down_stopped_and_let_go(visit, site, scripts):
    page = visit(scripts=scripts, width=320)
    prepare(page, site)
    number = site.manage("shell", "-v0", "-c", START).split()[-1]
    page.goto(f"/admin/newsletter/issue/{number}/change/")
    state = page.locator("#state")
    expect(state).to_contain_text("It is on its way.")
    fits(page, 320)

    # With scripts it tells by itself how far it is; without, one looks again.
    before = state.inner_text()
    if scripts:
        expect(state).not_to_have_text(before, timeout=15_000)
    else:
        page.wait_for_timeout(3_000)
        page.get_by_role("link", name="Look again").click()
        expect(state).not_to_have_text(before)

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(state).to_contain_text("Stopped.")
    fits(page, 320)
    page.get_by_label("At most").select_option("")
    page.get_by_role("button", name="Change the speed").click()
    expect(page.get_by_role("status")).to_contain_text("as fast as the mail server")
    page.get_by_role("button", name="Go on").click()
    if scripts:
        expect(state).to_contain_text("It is sent.", timeout=30_000)
    else:
        for _ in range(10):
            if page.get_by_role("link", name="Look again").count() == 0:
                break
            page.wait_for_timeout(1_000)
            page.get_by_role("link", name="Look again").click()
        expect(state).to_contain_text("It is sent.")
    expect(page.locator("#numbers")).to_contain_text("0 not certain =")


def test_its_pages_have_no_violation_by_day_and_by_night(visit, site):
    page = visit(width=320)
    prepare(page, site)
    number = site.manage(
        "shell",
        "-v0",
        "-c",
        "from newsletter.models import *;"
        "print(Issue.objects.open().get(edition__kind='weekly').pk)",
    ).split()[-1]
    of_it = f"/admin/newsletter/issue/{number}"

    for path in [COMPOSE, f"{of_it}/preview/", f"{of_it}/cancel/"]:
        page.goto(path)
        assert (path, violations(page, "fog") + violations(page, "night")) == (path, [])
    page.goto(COMPOSE)
    page.get_by_role("button", name="Send it in ten minutes").click()
    assert violations(page, "fog") == []
    page.get_by_role("button", name="Stop. Do not send it").click()
    site.manage("shell", "-v0", "-c", START)
    page.goto(f"{of_it}/change/")
    assert violations(page, "fog") + violations(page, "night") == []
