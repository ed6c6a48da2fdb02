"""What may stand in a post's address, and on a line of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from blog import markup

# Words that stand, or will stand, for something else in an address.
RESERVED_SLUGS = frozenset(
    [
        "about",
        "admin",
        "authors",
        "corrections",
        "dev",
        "feed",
        "health-data",
        "healthz",
        "help",
        "hooks",
        "house-rules",
        "media",
        "my-data",
        "newsletter",
        "page",
        "post",
        "posts",
        "privacy",
        "readyz",
        "replies",
        "search",
        "series",
        "static",
        "tags",
    ]
)
STEM_LENGTH = 100


def validate_not_reserved(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            _("“%(slug)s” already means something else on this site. Add a word to it."),
            params={"slug": slug},
        )


def free_slug(title: str, is_taken: Callable[[str], bool]) -> str:
    """Made from the title, with a number where it must be; `post-1` where nothing is left of it."""
    stem = slugify(title)[:STEM_LENGTH].strip("-_")
    first = [stem] if stem else []
    numbered = (f"{stem or 'post'}-{number}" for number in count(len(first) + 1))
    slugs = chain(first, numbered)
    return next(slug for slug in slugs if slug not in RESERVED_SLUGS and not is_taken(slug))


def one_line(text: str) -> str:
    """Titles go into mail headers and feeds, where a line break or a NUL would do harm."""
    return " ".join(markup.clean_text(text).split())
