"""After a change of the markup, stored HTML is made again from what was written."""

import pytest
from django.core.management import call_command

from blog.markup import MARKUP_VERSION
from blog.models import Page, Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def stale(post):
    """As an older version of the markup may have left them."""
    Page.objects.create(slug="about", title="About", body="Some *words*.")
    Page.objects.update(body_html="<p>stale")
    Post.objects.update(body_html="<p>stale", contents=[], words=0, markup_version=0)
    return Post.objects.get()


def test_posts_and_pages_are_rendered_again(stale):
    call_command("rerender", verbosity=0)

    post = Post.objects.get()
    assert "<h2 id=" in post.body_html
    assert (len(post.contents), post.markup_version) == (2, MARKUP_VERSION)
    assert "<em>words</em>" in Page.objects.get().body_html


def test_it_says_how_many(stale, capsys):
    call_command("rerender")

    assert "posts: 1 rendered" in capsys.readouterr().out


def test_no_date_changes(stale):
    call_command("rerender", verbosity=0)

    assert Post.objects.get().updated_at == stale.updated_at


def test_a_post_that_is_edited_meanwhile_keeps_its_own_html(stale, monkeypatch):
    def edited_meanwhile(post, render=Post.render):
        render(post)
        Post.objects.filter(pk=post.pk).update(body="Newer.", body_html="<p>Newer.</p>")

    monkeypatch.setattr(Post, "render", edited_meanwhile)

    call_command("rerender", verbosity=0)

    assert Post.objects.get().body_html == "<p>Newer.</p>"
