"""J3, J5, J7, J8 and the digest, walked in Chromium on the running group, scripts on and off."""

import itertools
import re
import time

import pytest
from playwright.sync_api import expect

from tests.group import PASSWORD

pytestmark = pytest.mark.browser
ARTICLE = "/2012/07/ccsvi-and-the-liberation-treatment/"
NEW_POST = """
from django.utils import timezone
from blog.models import Author, Post
sara = Author.objects.get(slug="sara")
Post.objects.create(title="{title}", body="Wait.", author=sara, published_at=timezone.now())
"""
numbers = itertools.count(1)
both_ways = pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])


def log_in(page):
    page.goto("/admin/")
    page.get_by_label("Username").fill("sara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("h1")).to_contain_text("Sara")


def newest_mail(page, subject, to):
    """The sent mail with this subject to this person, read where a person reads it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        page.goto("/dev/mail/")
        row = page.locator("li, tr").filter(has_text=to).filter(has_text=subject).first
        if row.count():
            row.get_by_role("link").first.click()
            return page
        time.sleep(0.3)
    raise AssertionError(f"no mail “{subject}” to {to} within 20 s")


def sign_up(page, address, at="/"):
    page.goto(at)
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Sign me up").click()
    expect(page.locator("h1")).to_contain_text("Check your mail")


@both_ways
def test_read_reply_publish_sign_up_confirm_digest(visit, site, scripts):
    name, words = f"Grebe {next(numbers)}", f"Waiting helped me most, {scripts}."
    address = f"heron.{next(numbers)}@example.com"

    # Read, and answer the second closing question.
    page = visit(scripts=scripts)
    page.goto("/")
    article = page.get_by_role("link", name="CCSVI and the “liberation” treatment")
    while not article.count():  # other walks have written posts, too
        page.get_by_role("link", name="Older posts").click()
        page.wait_for_load_state()
    article.first.click()
    page.get_by_role("link", name=re.compile("Answer this.*question 2")).click()
    expect(page.locator("h1")).to_have_text("Your reply to question 2")
    expect(page.locator(".question").first).to_contain_text("What would help you decide?")
    box = page.get_by_label("Your answer")
    expect(box).to_be_focused()
    box.fill(words)
    page.get_by_role("checkbox", name="Yes, show what I wrote").check()
    page.get_by_role("button", name="Read it through before sending").click()

    # One thing to mend, said on top, with the words kept.
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Please give a name to show. A nickname is fine.")
    expect(page.get_by_label("Your answer")).to_have_value(words)
    page.get_by_label("Name to show").fill(name)
    page.get_by_role("button", name="Read it through before sending").click()

    # As it will look; change it and come back; send it.
    expect(page.locator("article.reply")).to_contain_text(words)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label("Your answer")).to_have_value(words)
    page.get_by_role("button", name="Read it through before sending").click()
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("h1")).to_contain_text("Sara has your reply")
    private_link = page.get_by_role("link", name="See or remove my reply").get_attribute("href")
    page.goto(private_link)
    expect(page.locator("main")).to_contain_text(words)
    page.goto(ARTICLE)
    expect(page.locator("main")).not_to_contain_text(words)
    assert page.context.cookies() == []

    # Sara publishes it.
    sara = visit(scripts=scripts)
    log_in(sara)
    sara.goto("/admin/comments/comment/")
    sara.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    sara.get_by_role("combobox", name="Action").select_option(label="Publish")
    sara.get_by_role("button", name=re.compile("Go|Run")).click()
    page.goto(ARTICLE)
    expect(page.locator("article.reply").filter(has_text=name)).to_contain_text(words)

    # Sign up, confirm by the mailed link in another browser.
    sign_up(page, address, at=ARTICLE)
    other = newest_mail(visit(scripts=scripts), "Please confirm", address)
    other.get_by_role("link", name=re.compile("newsletter.confirm")).click()
    other.get_by_role("button", name="Yes, sign me up").click()
    expect(other.locator("h1")).to_contain_text("signed up")

    # A new post, and the digest that brings it to them.
    title = f"What {name} taught me"
    site.manage("shell", "-v0", "-c", NEW_POST.format(title=title))
    sara.goto("/admin/")
    sara.get_by_role("link", name="Send this week’s digest now").click()
    sara.get_by_role("button", name="Send it now").click()
    letter = newest_mail(other, "Slow Signal:", address)
    expect(letter.locator("main")).to_contain_text(title)

    assert page.foreign == other.foreign == []


def test_the_digest_goes_out_once_and_one_press_stops_it(visit, site):
    address = f"lark.{next(numbers)}@example.com"
    page = visit()
    sign_up(page, address, at="/newsletter/")
    newest_mail(page, "Please confirm", address)
    page.get_by_role("link", name=re.compile("newsletter.confirm")).click()
    expect(page.locator("h1")).to_contain_text("signed up")  # the page pressed its own button

    sara = visit()
    log_in(sara)
    site.manage("shell", "-v0", "-c", NEW_POST.format(title="Swifts"))
    sara.get_by_role("link", name="Send this week’s digest now").click()
    sara.get_by_role("button", name=re.compile("Send")).click()
    newest_mail(page, "Swifts", address)
    expect(page.locator("main")).to_contain_text(re.compile("new post"))

    # Pressed again, nobody gets it twice.
    sara.goto("/admin/")
    sara.get_by_role("link", name="Send this week’s digest now").click()
    expect(sara.locator("main, #content").first).to_contain_text(re.compile("[Nn]othing new"))
    page.goto("/dev/mail/")
    assert page.locator("li, tr").filter(has_text=address).filter(has_text="Swifts").count() == 1

    # Stop: one press, no login.
    newest_mail(page, "Swifts", address)
    page.get_by_role("link", name=re.compile("newsletter.unsubscribe")).first.click()
    page.get_by_role("button", name=re.compile("Stop")).click()
    expect(page.locator("h1")).to_be_visible()


def without_stamp(route):
    """What a form sends whose server has forgotten that it gave it out."""
    sent = route.request.post_data or ""
    route.continue_(post_data=re.sub("stamp=[^&]*", "stamp=gone", sent))


@both_ways
def test_a_reply_sent_without_its_stamp_comes_back_with_its_words(visit, scripts):
    """J5: pasted after hours, with whatever the server once gave gone."""
    page = visit(scripts=scripts)
    page.goto("/replies/to/ccsvi-six-years-on/?question=1")
    page.get_by_label("Your answer").fill("I am much the same.")
    page.get_by_label("Name to show").fill("Plover")
    page.get_by_role("checkbox", name="Yes, show what I wrote").check()
    page.wait_for_timeout(2100)  # as no machine would
    page.route("**/replies/to/**", without_stamp)

    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("main")).to_contain_text("Nothing is lost")
    expect(page.get_by_label("Your answer")).to_have_value("I am much the same.")
    page.unroute("**/replies/to/**")
    page.get_by_role("button", name=re.compile("^Send")).first.click()
    expect(page.locator("h1")).to_contain_text("Sara has your reply")


@both_ways
def test_an_old_confirmation_offers_a_new_one(visit, site, scripts):
    """J8: a link that a newer one replaced, and one whose row is gone."""
    address = f"swift.{next(numbers)}@example.com"
    rows = f"from newsletter.models import *; s = Subscriber.objects.with_address('{address}')"
    page = visit(scripts=scripts)
    sign_up(page, address)
    newest_mail(page, "Please confirm", address)
    old = page.get_by_role("link", name=re.compile("newsletter.confirm")).get_attribute("href")

    # An hour later they sign up again: the first link offers a new one, without retyping.
    an_hour = "Confirmation.objects.update(created_at=F('created_at') - timedelta(hours=1))"
    more = "from datetime import timedelta; from django.db.models import F"
    site.manage("shell", "-v0", "-c", f"{rows}; {more}; {an_hour}")
    sign_up(page, address)
    site.manage("shell", "-v0", "-c", f"{rows}; {more}; {an_hour}")
    page.goto(old)
    page.get_by_role("button", name="Send me a new one").click()
    expect(page.locator("h1")).to_contain_text("Check your mail")
    other = newest_mail(visit(scripts=scripts), "Please confirm", address)
    other.get_by_role("link", name=re.compile("newsletter.confirm")).click()
    expect(other.get_by_role("button", name="Yes, sign me up")).to_be_visible()

    # A month later nobody confirmed, and the address is forgotten.
    site.manage("shell", "-v0", "-c", f"{rows}; s.delete()")
    page.goto(old)
    expect(page.locator("h1")).to_have_text("This link has rested too long")
    expect(page.get_by_label("Your e-mail address")).to_be_visible()


PAGES = ["/", ARTICLE, "/newsletter/", "/replies/to/ccsvi-six-years-on/", "/help/", "/privacy/"]


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_or_has_small_targets(visit, path, width):
    page = visit(width=width)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll(
                'button, input, select, textarea, summary, .tap, .button, nav a')]
            .filter(el => el.checkVisibility() && !el.closest('[hidden]') && el.type !== 'hidden')
            .map(el => [el, (el.closest('label') || el).getBoundingClientRect()])
            .filter(([el, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
            .map(([el, box]) => `${el.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
    )
    assert small == []
    assert page.foreign == page.refused == []


@pytest.mark.parametrize("tint", ["fog", "cream", "night", "stark"])
def test_reading_comfort_changes_the_page_at_once_and_stays(visit, tint):
    page = visit(width=320)
    page.goto(ARTICLE)
    page.get_by_role("button", name="Reading comfort").click()
    page.get_by_role("radio", name=re.compile(f"^{tint}", re.IGNORECASE)).check()
    page.get_by_role("radio", name="Twice the size").check()

    page.goto("/")
    page.evaluate(  # as wide as a date can be
        "document.querySelectorAll('time').forEach(el => el.textContent = '24 September 2026')"
    )

    assert page.locator("html").get_attribute("data-tint") == tint
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.context.cookies() == []


@pytest.mark.parametrize("path", ["/help/", "/health-data/"])
def test_a_wide_table_scrolls_in_its_own_box(visit, path):
    page = visit(width=320)
    page.goto(path)
    page.evaluate("document.documentElement.dataset.size = '200'")

    box = page.locator(".scroll").evaluate("el => [el.scrollWidth, el.clientWidth]")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert box[0] > box[1], "nothing to scroll: the table would fit anyway"
