"""What comes out of the printer: no page is blank, and the private link is on it."""

import pytest

from tests.browser.test_main_job import ARTICLE

pytestmark = pytest.mark.browser


def test_every_kind_of_page_prints_its_words(visit):
    page = visit()
    page.emulate_media(media="print")

    for address in ("/", "/tags/research/", "/authors/sara/", "/newsletter/", "/privacy/", ARTICLE):
        page.goto(address)
        assert page.locator("main").inner_text().strip(), address


def test_a_private_link_can_be_kept_on_paper(visit):
    page = visit()
    page.goto(ARTICLE)
    page.get_by_role("textbox", name="Your reply").fill("Yes.")
    page.get_by_label("Name to show").fill("Paper")
    page.get_by_label("Yes, show what I wrote").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/replies/sent/**")
    page.emulate_media(media="print")

    assert "/replies/mine/" in page.locator("main").inner_text()


def test_the_list_of_letters_is_not_empty_on_paper(visit):
    page = visit()
    page.goto("/newsletter/issues/")
    page.emulate_media(media="print")

    assert page.locator("main li").first.inner_text().startswith("Slow Signal:")
