"""axe-core, whose rules machines can check, on every kind of page. It is the floor, not the aim."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.group import PASSWORD

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
PUBLIC = [
    "/",
    "/2012/07/ccsvi-and-the-liberation-treatment/",
    "/2018/10/ccsvi-six-years-on/",
    "/replies/to/ccsvi-six-years-on/?question=1",
    "/newsletter/",
    "/newsletter/manage/",
    "/newsletter/issues/",
    "/tags/research/",
    "/authors/sara/",
    "/help/",
    "/privacy/",
    "/no-such-page/",
    "/dev/mail/",
]
ADMIN = [
    "/admin/",
    "/admin/comments/comment/",
    "/admin/blog/post/",
    "/admin/blog/post/add/",
    "/admin/newsletter/issue/send-now/",
    "/admin/newsletter/issue/compose/weekly/",
    "/admin/newsletter/issue/1/change/",
    "/admin/newsletter/bucket/add/",
    "/admin/newsletter/issue/plots/",
    "/admin/newsletter/subscriber/",
    "/admin/newsletter/subscriber/1/change/",
    "/admin/newsletter/subscriber/1/erase/",
    "/admin/newsletter/suppression/add/",
    "/admin/status/",
    "/admin/lists/",
]


def violations(page, tint):
    """What axe finds with everything unfolded, in this tint."""
    page.evaluate(
        """tint => {
            document.documentElement.dataset.tint = tint;
            document.querySelectorAll('details').forEach(details => { details.open = true; });
        }""",
        tint,
    )
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_have_no_violation_in_any_tint(visit, path):
    page = visit(width=1280)
    page.goto(path)

    tints = ["fog", "cream", "night", "stark"]
    assert [found for tint in tints for found in violations(page, tint)] == []


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_have_no_violation_on_a_phone(visit, path):
    page = visit(width=320)
    page.goto(path)

    assert violations(page, "fog") == []


def test_the_admin_has_no_violation_by_day_and_by_night(visit):
    page = visit(width=1280)
    page.goto("/admin/")
    page.get_by_label("Username").fill("sara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    for path in ADMIN:
        page.goto(path)
        assert (path, violations(page, "fog") + violations(page, "night")) == (path, [])
