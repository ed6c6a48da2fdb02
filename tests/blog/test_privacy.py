"""/privacy/ says how long we keep what, by the same table that the purge goes by."""

import html
import re

import pytest

from blog.models import Page
from config.demo import files
from config.management.commands.demo import _make_page

pytestmark = pytest.mark.django_db
BOTH = [files.START_PAGES, files.FOLDER / "pages"]


@pytest.fixture(params=BOTH, ids=["start", "demo"])
def privacy(request, reader):
    """What /privacy/ says, on a new site and in the demo."""
    for text in files.pages(request.param):
        _make_page(text)
    return reader.get("/privacy/").content.decode()


def words_of(page):
    main = page.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return re.findall(r"\w[\w’'@.-]*", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def test_it_prints_the_whole_table_of_the_settings(privacy, settings):
    said = " ".join(html.unescape(privacy).split())

    assert "How long we keep what" in said
    for kept in settings.RETENTION.values():
        assert f"<td>{kept.what}</td><td>{kept.how_long}</td>" in said


def test_it_has_at_most_nine_hundred_words(privacy):
    assert 100 < len(words_of(privacy)) <= 900


def test_a_time_that_changes_in_the_settings_changes_on_the_page(reader, settings):
    Page.objects.create(slug="privacy", title="Privacy", body="x")
    left = settings.RETENTION["left"]
    settings.RETENTION = {"left": left._replace(time=left.time * 3)}

    page = html.unescape(reader.get("/privacy/").content.decode())

    assert f"<td>{left.what}</td><td>90 days</td>" in page


def test_no_other_page_has_the_table(reader):
    Page.objects.create(slug="about", title="About", body="x")

    assert "How long we keep what" not in reader.get("/about/").content.decode()
