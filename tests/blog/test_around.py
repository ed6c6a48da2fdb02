"""The posts that a post's page leads to, all from one query."""

from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Post


@pytest.fixture
def days(sara):
    """Five posts, a day apart, oldest first."""
    return [
        Post.objects.create(
            title=f"Day {n}",
            author=sara.author,
            body="B.",
            published_at=timezone.now() - timedelta(days=9 - n),
        )
        for n in range(5)
    ]


def test_neighbours_are_the_nearest_whatever_it_links_to(days):
    first, second, middle, fourth, last = days
    middle.follows_up.add(first)
    last.follows_up.add(middle)

    around = Post.objects.get(pk=middle.pk).around

    assert (around.previous, around.next) == (second, fourth)
    assert (around.earlier, around.news) == ([first], [last])


def test_all_of_them_are_one_query(days, django_assert_num_queries):
    days[2].follows_up.add(*days[:2])

    with django_assert_num_queries(1):
        around = days[2].around

    assert around.earlier == [days[1], days[0]]
