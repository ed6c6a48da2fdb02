"""Every post gets an address of its own, whatever its title."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Author, Post
from blog.models.addresses import RESERVED_SLUGS, free_slug


@pytest.fixture
def write(sara):
    def write(title, **facts):
        return Post.objects.create(title=title, author=sara.author, body="Words.", **facts)

    return write


def test_an_address_is_made_from_the_title(write):
    assert write("Hot days: “when” symptoms come back").slug == "hot-days-when-symptoms-come-back"


def test_the_same_title_gets_a_number(write):
    assert [write("Hot days").slug for _ in range(3)] == ["hot-days", "hot-days-2", "hot-days-3"]


@pytest.mark.parametrize("title", ["Admin", "Feed", "Newsletter", "Post"])
def test_a_title_that_means_something_else_gets_a_number(write, title):
    assert write(title).slug == f"{title.lower()}-2"


@pytest.mark.parametrize("title", ["🧠🔥", "日本語", "!!!", "-", "___"])
def test_a_title_without_letters_for_addresses_gets_a_plain_one(write, title):
    assert write(title).slug == "post-1"


def test_addresses_are_lower_case(write):
    assert write("Hot days", slug="Hot-Days").slug == "hot-days"


def test_an_address_stays_when_the_title_changes(write):
    post = write("Hot days")
    post.title = "Cold days"
    post.save()

    assert post.slug == "hot-days"


def test_somebody_who_takes_the_address_meanwhile_costs_only_a_number(write, monkeypatch):
    write("Hot days")
    looked = []

    def blind_at_first(slug):
        looked.append(slug)
        return len(looked) > 1 and Post.objects.filter(slug=slug).exists()

    monkeypatch.setattr(Post, "_is_taken", staticmethod(blind_at_first))

    assert write("Hot days").slug == "hot-days-2"


@pytest.mark.django_db(transaction=True)
def test_the_same_title_from_many_sides_at_once_makes_as_many_posts():
    author = Author.objects.create(name="Sara", slug="sara")

    def write(_):
        try:
            return Post.objects.create(title="Hot days", author=author, body="Words.").slug
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as writers:
        slugs = list(writers.map(write, range(12)))

    assert len(set(slugs)) == 12


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=200), st.sets(st.sampled_from(["a", "a-2", "post-1", "post-2"])))
def test_any_title_gives_a_free_address_that_fits(title, taken):
    slug = free_slug(title, taken.__contains__)

    assert slug
    assert slug not in taken | RESERVED_SLUGS
    assert len(slug) <= 120
