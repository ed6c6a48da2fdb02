"""A draft on the device, in Chromium: kept, restored, cleared, and nothing on a shared device."""

import itertools

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ARTICLE = "/2012/07/ccsvi-and-the-liberation-treatment/"
FORM = "/replies/to/ccsvi-and-the-liberation-treatment/"
numbers = itertools.count(1)


def box(page):
    return page.get_by_role("textbox", name="Your reply")


def kept(page):
    return page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('draft:')).length")


@pytest.fixture
def page(visit):
    page = visit()
    page.goto(FORM)
    page.wait_for_timeout(300)
    return page


def test_what_is_typed_is_kept_within_two_seconds_and_comes_back(page):
    box(page).press_sequentially("Thinking about it.", delay=20)
    expect(page.get_by_text("Kept on this device at")).to_be_visible(timeout=2000)

    again = page.context.new_page()
    page.close()
    again.goto(ARTICLE)

    expect(box(again)).to_have_value("Thinking about it.")
    expect(again.get_by_text("Kept on this device at")).to_be_visible()


def test_leaving_at_once_keeps_it_too(page):
    box(page).fill("Quick")
    page.goto("/")
    page.goto(FORM)

    expect(box(page)).to_have_value("Quick")


def test_clear_it_keeps_nothing(page):
    box(page).fill("Secret")
    page.get_by_role("button", name="Clear it").click()

    expect(page.get_by_text("Nothing is kept on this device.")).to_be_visible()
    page.goto("/")
    page.goto(FORM)
    expect(box(page)).to_have_value("")


def test_the_address_is_never_kept(page):
    box(page).fill("Words")
    page.get_by_text("Hear back by e-mail (optional)").click()
    page.get_by_label("E-mail address (optional)").fill("tern@example.com")
    page.goto("/")

    assert "tern@" not in page.evaluate("JSON.stringify(localStorage)")
    assert kept(page) == 1


def test_a_shared_device_keeps_nothing(page):
    box(page).fill("Words")
    page.get_by_label("This device is shared: keep nothing here").check()
    assert kept(page) == 0

    page.goto(FORM)
    box(page).fill("Others")
    page.wait_for_timeout(1500)
    page.goto("/")
    assert kept(page) == 0
    page.goto(FORM)
    expect(page.get_by_label("This device is shared: keep nothing here")).to_be_checked()


def test_after_sending_it_is_gone_and_a_newer_one_stays(page):
    box(page).fill(f"Heron {next(numbers)}")
    page.get_by_label("Name to show").fill("Heron")
    page.get_by_role("checkbox", name="Yes, show what I wrote").check()
    page.wait_for_timeout(2100)
    page.get_by_role("button", name="Read it through").click()
    assert kept(page) == 1
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert kept(page) == 0
    thanks = page.url

    page.goto(FORM)
    box(page).fill("Another thought")
    page.goto(thanks)
    assert kept(page) == 1


def test_sent_at_once_it_is_gone_too(page):
    page.wait_for_timeout(2100)
    page.get_by_label("Name to show").fill("Heron")
    page.get_by_role("checkbox", name="Yes, show what I wrote").check()
    box(page).fill(f"Heron {next(numbers)}, at once")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Thank you")

    assert kept(page) == 0


def test_what_the_server_gave_back_is_not_overwritten(page):
    box(page).fill("First")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("things to mend")

    expect(box(page)).to_have_value("First")


def test_words_are_counted_only_near_the_end(page):
    room = page.locator("[data-room]")
    box(page).fill("word " * 1700)
    expect(room).to_have_text("")
    box(page).fill("word " * 1970)
    expect(room).to_have_text("About 30 words left.")
    box(page).fill("word " * 1999)
    expect(room).to_have_text("Only a few words left.")
    box(page).fill("word " * 2030)
    expect(room).to_have_text("About 30 words too many. Nothing is lost: please take some out.")


def test_the_link_is_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.wait_for_timeout(2100)
    box(page).fill(f"Heron {next(numbers)}, copied")
    page.get_by_label("Name to show").fill("Heron")
    page.get_by_role("checkbox", name="Yes, show what I wrote").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Copy the link").click()

    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert page.locator("section strong").first.inner_text() == link


def test_nothing_is_refused_by_the_policy_and_nothing_comes_from_elsewhere(page):
    box(page).fill("Words")
    page.wait_for_timeout(1300)

    assert (page.refused, page.foreign) == ([], [])


def test_without_scripts_it_says_so(visit):
    page = visit(scripts=False, width=320)
    page.goto(FORM)

    expect(page.get_by_text("this device keeps nothing before you send it")).to_be_visible()
    expect(page.get_by_text("What you write is kept on this device.")).to_be_hidden()
    expect(page.get_by_role("button", name="Clear it")).to_be_hidden()
