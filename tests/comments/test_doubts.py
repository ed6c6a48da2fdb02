"""When we cannot be sure, when it is too much, when the post takes none: words come back."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core import signing
from django.test import Client
from django.utils import timezone

from blog.forms import STAMP_SALT
from comments.models import Comment


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


BAD_STAMPS = {
    "missing": "",
    "invented": "MTc2Mzg5:abc:def",
    "a list": ["x"],
    "of another key": signing.dumps(1_790_000_000, salt=STAMP_SALT, key="another"),
    "of another form": signing.dumps(1_790_000_000, salt="another"),
}


@pytest.mark.parametrize("stamp", BAD_STAMPS.values(), ids=BAD_STAMPS)
@pytest.mark.parametrize("step", ["send", "check"])
def test_a_bad_stamp_gives_the_words_back_and_sending_again_works(send, stamp, step):
    response = send(stamp=stamp, step=step)
    page = soup(response)
    assert response.status_code == 403
    assert "Nothing is lost" in page.find(role="alert").get_text()
    assert page.find("textarea").get_text().strip() == "A wet scarf."

    fresh = page.main.find("input", attrs={"name": "stamp"})["value"]
    assert send(stamp=fresh).status_code == 303


@pytest.mark.parametrize(("days", "status"), [(7, 303), (29, 303), (31, 403)])
def test_a_form_is_good_for_a_month(send, time_machine, days, status):
    time_machine.move_to(timezone.now() + timedelta(days=days))

    assert send().status_code == status


ELSEWHERE = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour on the same domain": {"Sec-Fetch-Site": "same-site"},
    "another origin": {"Origin": "https://evil.example"},
    "an opaque origin": {"Origin": "null"},
    "nothing at all": {},
}


@pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=ELSEWHERE)
def test_another_sites_form_is_given_back_and_nothing_is_kept(send, headers):
    response = send(Client(headers=headers))

    assert response.status_code == 403
    assert soup(response).find("textarea").get_text().strip() == "A wet scarf."
    assert not Comment.objects.exists()


def test_too_many_in_a_short_time_are_given_back_with_a_time(send, reader):
    for number in range(100):
        response = send(text=f"Answer {number}")
        if response.status_code != 303:
            break

    page = soup(response)
    assert response.status_code == 429
    assert "Please wait" in page.find(role="alert").get_text()
    assert page.find("textarea").get_text().strip() == f"Answer {number}"


def test_a_form_sent_within_two_seconds_is_held_like_any_other(send):
    response = send()

    assert response.status_code == 303
    assert Comment.objects.get().signals[0]["rule"] == "too fast"


def test_a_filled_honeypot_is_held_like_any_other(send):
    response = send(website="https://watches.example")

    assert response.status_code == 303
    assert Comment.objects.get().signals[0]["rule"] == "honeypot"


def test_the_honeypot_is_hidden_from_everybody(reader, address):
    trap = soup(reader.get(address)).find("input", attrs={"name": "website"})

    assert trap.find_parent("div").has_attr("hidden")
    assert trap["tabindex"] == "-1"


def draft(post):
    post.published_at = None


def scheduled(post):
    post.published_at = timezone.now() + timedelta(days=1)


def withdrawn(post):
    post.withdrawn_at = timezone.now()


def closed(post):
    post.replies_closed_at = timezone.now()


@pytest.mark.parametrize(
    ("become", "status", "said"),
    [
        (draft, 404, "There is no such post"),
        (scheduled, 404, "There is no such post"),
        (withdrawn, 410, "This post is not here any more"),
        (closed, 403, "Replies to this post are closed"),
    ],
)
@pytest.mark.parametrize("step", ["send", "check", "change"])
def test_a_post_that_takes_no_replies_gives_the_words_back(send, post, become, status, said, step):
    become(post)
    post.save()

    response = send(step=step)

    page = soup(response)
    assert (response.status_code, page.h1.get_text(strip=True)) == (status, said)
    assert page.find("textarea", readonly=True).get_text().strip() == "A wet scarf."
    assert not Comment.objects.exists()


def test_a_missing_post_gives_the_words_back_too(send):
    response = send(at="/replies/to/no-such-post/")

    assert response.status_code == 404
    assert soup(response).find("textarea").get_text().strip() == "A wet scarf."


@pytest.mark.parametrize(("become", "status"), [(draft, 404), (withdrawn, 410), (closed, 403)])
def test_the_form_of_such_a_post_says_so(reader, address, post, become, status):
    become(post)
    post.save()

    response = reader.get(address)

    assert response.status_code == status
    assert not soup(response).main.find("form")


def test_a_draft_and_a_missing_post_look_the_same(reader, address, post):
    draft(post)
    post.save()

    pages = [reader.get(url).content for url in (address, "/replies/to/no-such-post/")]

    assert pages[0] == pages[1]
