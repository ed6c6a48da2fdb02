"""The letter as it stands, laid out for the checks: made once, read by all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from blog.models import Post, Publication
from newsletter import digest

if TYPE_CHECKING:
    from newsletter.letters import Form
    from newsletter.models import Issue

ADDRESS = re.compile(r"\b(?:https?://|mailto:)[^\s<>\"“”]+", re.IGNORECASE)


class Sheet:
    """What the checks look at."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        self.publication = Publication.current()

    @cached_property
    def form(self) -> Form:
        return self.issue.form()

    @property
    def subject(self) -> str:
        return self.form.subject

    @cached_property
    def posts(self) -> list[Post]:
        return self.issue.posts()

    @cached_property
    def wanted(self) -> list[Post]:
        """All that were not left out, public or not."""
        items = self.issue.items.filter(left_out=False).select_related("post")
        return [item.post for item in items]

    @cached_property
    def letter(self) -> dict:
        if not self.issue.is_open:
            return digest.letter(self.issue.words)
        self.issue.as_it_stands()
        return digest.letter(self.issue.words)

    @cached_property
    def text(self) -> str:
        """The text part, with a plain word where each one's own tokens go."""
        return self.filled(self.form.text)

    @cached_property
    def html(self) -> str:
        return self.filled(self.form.html)

    def filled(self, text: str) -> str:
        return self.form.filled_alike(text, "own")

    @cached_property
    def page(self) -> Page:
        return Page(self.html)

    @cached_property
    def links(self) -> list[str]:
        """Every address in either part, each once; the note's too, which mail programs link."""
        return list(dict.fromkeys([*self.page.links, *self._in_the_text()]))

    @cached_property
    def own_links(self) -> list[SplitResult]:
        """Those to this site."""
        here = urlsplit(settings.SITE_URL)
        parts = [urlsplit(link) for link in self.links if _can_be_split(link)]
        return [link for link in parts if link.netloc == here.netloc or _is_a_path(link)]

    @cached_property
    def by_hand(self) -> str:
        """What somebody typed for this letter, and in its posts for letters."""
        typed = [self.issue.subject, self.issue.note]
        for post in self.posts:
            asked = [question.text for question in post.questions.all()]
            typed += [post.title, post.in_short, *asked]
        return "\n".join(typed)

    def _in_the_text(self) -> Iterator[str]:
        for found in ADDRESS.findall(self.text):
            yield found.rstrip(".,;:!?)’”'\"")


class Page(HTMLParser):
    """Links, pictures without words, and the words of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.bare_pictures = 0
        self._words: list[str] = []
        self.feed(html)
        self.close()

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "a" and facts.get("href") is not None:
            self.links.append(facts["href"] or "")
        if tag == "img" and not (facts.get("alt") or "").strip():
            self.bare_pictures += 1

    def handle_data(self, data: str) -> None:
        self._words.append(data)


def _can_be_split(link: str) -> bool:
    try:
        urlsplit(link)
    except ValueError:
        return False
    return True


def _is_a_path(link: SplitResult) -> bool:
    return not link.scheme and not link.netloc
