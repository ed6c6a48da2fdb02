"""The admin on a telephone: nothing moves sideways, and whatever is pressed is large enough."""

import pytest

from tests.browser.test_main_job import log_in

pytestmark = pytest.mark.browser
PAGES = [
    "/admin/blog/image/1/change/",
    "/admin/newsletter/issue/1/change/",
    "/admin/newsletter/issue/1/preview/",
    "/admin/newsletter/issue/compose/weekly/",
    "/admin/newsletter/bucket/add/",
    "/admin/auth/user/1/change/",
    "/admin/blog/post/add/",
    "/admin/newsletter/issue/send-now/",
]
SMALL = """() => [...document.querySelectorAll(
        '.sortoptions a, .datetimeshortcuts a, .add-row a, .inline-deletelink, main p > a')]
    .map(el => [el.outerHTML.slice(0, 80), el.getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.width < 43.5 || box.height < 43.5))
    .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""


def test_no_form_of_the_admin_scrolls_sideways_on_a_telephone(visit):
    page = visit(width=320)
    log_in(page)

    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_the_small_links_of_the_admin_can_be_hit(visit):
    page = visit(width=1280)
    log_in(page)

    for path in ["/admin/comments/comment/", "/admin/blog/post/add/", PAGES[-1]]:
        page.goto(path)
        assert page.evaluate(SMALL) == [], path
