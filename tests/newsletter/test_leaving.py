"""One press and no further letter, from the mail or from the mail program's own button."""

import re
from pathlib import Path

import pytest
from django.test import Client

from newsletter.models import Follow, Suppression


@pytest.fixture
def someone(subscribe):
    return subscribe("marigold")


@pytest.fixture
def path(someone):
    return f"/newsletter/unsubscribe/{someone.unsubscribe_token}/"


def test_looking_changes_nothing(path, someone):
    scanner = Client(headers={"Sec-Purpose": "prefetch"})
    for _ in range(20):
        scanner.get(path)
        scanner.head(path)

    someone.refresh_from_db()
    assert someone.status == "active"


def test_one_press_stops_all_letters(reader, path, someone):
    assert "Stop all letters" in reader.get(path).content.decode()

    assert "You get no more letters" in reader.post(path).content.decode()
    someone.refresh_from_db()
    assert someone.status == "unsubscribed"


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "nothing"])
def test_a_mail_programs_button_works_without_cookie_or_origin(path, someone, kind):
    bare = Client(enforce_csrf_checks=True)
    if kind == "multipart":
        response = bare.post(path, {"List-Unsubscribe": "One-Click"})
    elif kind == "urlencoded":
        body = "List-Unsubscribe=One-Click"
        response = bare.post(path, body, content_type="application/x-www-form-urlencoded")
    else:
        response = bare.post(path)

    assert response.status_code == 200
    someone.refresh_from_db()
    assert someone.status == "unsubscribed"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=x", "--x\r\n" * 2000),
        ("application/x-www-form-urlencoded", "a&" * 2000),
        ("text/plain", "One-Click"),
    ],
)
def test_a_button_that_sends_broken_words_is_a_press_all_the_same(path, someone, kind, body):
    response = Client(enforce_csrf_checks=True).post(path, body, content_type=kind)

    assert response.status_code == 200
    someone.refresh_from_db()
    assert someone.status == "unsubscribed"


def test_twice_is_once_and_says_the_same(reader, path, someone):
    first = reader.post(path)
    someone.refresh_from_db()
    left_at = someone.unsubscribed_at

    second = reader.post(path)
    someone.refresh_from_db()
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert someone.unsubscribed_at == left_at


def test_many_leave_through_one_mail_providers_machine(subscribe):
    provider = Client()
    people = [subscribe(f"reader{number}") for number in range(70)]

    answers = [provider.post(f"/newsletter/unsubscribe/{p.unsubscribe_token}/") for p in people]
    assert {answer.status_code for answer in answers} == {200}


def test_stories_go_on_when_letters_are_stopped_and_the_page_says_so(reader, path, someone, post):
    Follow.objects.begin(someone, post)
    page = reader.post(path, {"List-Unsubscribe": "One-Click"}).content.decode()

    someone.refresh_from_db()
    assert (someone.status, someone.frequency) == ("active", "none")
    assert "You still follow a story" in page
    assert Follow.objects.going_on().exists()


def test_one_more_press_stops_stories_too(reader, path, someone, post):
    Follow.objects.begin(someone, post)
    page = reader.post(path).content.decode()
    name, value = re.search(r'<button[^>]* name="(\w+)" value="(\w+)"', page).groups()
    page = reader.post(path, {name: value}).content.decode()

    someone.refresh_from_db()
    assert (someone.status, Follow.objects.going_on().count()) == ("unsubscribed", 0)
    assert "You still follow" not in page


def test_a_link_of_who_was_erased_since_says_that_no_letter_comes(reader, path, someone):
    someone.revoke_links()
    path = f"/newsletter/unsubscribe/{someone.unsubscribe_token}/"
    someone.delete()

    for answer in (reader.get(path), reader.post(path)):
        assert answer.status_code == 200
        assert "You get no more letters" in answer.content.decode()


def test_a_link_still_works_when_the_sites_key_was_changed(reader, path, someone, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert reader.post(path).status_code == 200
    someone.refresh_from_db()
    assert someone.status == "unsubscribed"


def test_a_revoked_link_changes_nothing(reader, path, someone):
    someone.revoke_links()

    assert reader.post(path).status_code == 404
    someone.refresh_from_db()
    assert someone.status == "active"


def test_somebody_elses_link_is_not_ones_own(reader, path, someone, subscribe):
    other = subscribe("bram")
    reader.post(f"/newsletter/unsubscribe/{other.unsubscribe_token}/")

    someone.refresh_from_db()
    assert someone.status == "active"


def test_other_methods_are_refused(reader, path, someone):
    assert reader.put(path).status_code == 405
    assert reader.delete(path).status_code == 405


def test_leaving_is_not_being_suppressed(reader, path):
    reader.post(path)

    assert not Suppression.objects.exists()


def test_templates_never_mark_a_string_safe():
    folder = Path(__file__).parents[2] / "newsletter"
    sources = [p.read_text() for p in folder.rglob("*") if p.suffix in {".html", ".txt", ".py"}]

    assert sources
    assert not any("|safe" in source or "mark_safe" in source for source in sources)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",  # that says no boundary
        "application/x-www-form-urlencoded; charset=us-ascii",
        "multipart/form-data; boundary=" + "x" * 300,
        "application/json",
    ],
)
def test_nobody_is_kept_from_leaving_by_how_their_mail_program_writes(path, someone, kind):
    response = Client().post(path, "List-Unsubscribe=One-Click", content_type=kind)

    assert response.status_code == 200
    someone.refresh_from_db()
    assert someone.status == "unsubscribed"


def test_the_page_is_for_no_cache_and_no_search_engine(reader, path):
    for response in (reader.get(path), reader.post(path)):
        assert response["Cache-Control"] == "private, no-store"
        assert "noindex" in response["X-Robots-Tag"]
