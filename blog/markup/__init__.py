"""Text to safe HTML, in two profiles: authors and readers.

Both are safe twice over: html is off in the parser and every link is checked, and what comes out
passes an allow-list. Nothing else in the project marks a string safe.
"""

from django.utils.safestring import SafeString
from markdown_it.token import Token

from .lines import AUTHOR_LINK, READER_LINK, tidied
from .marking import with_marks
from .plain import plain
from .posts import CONTENTS_FROM, Post, Rendered
from .profiles import AUTHOR_HTML, AUTHORS, NOTES, READER_HTML, READERS, parsed
from .text import as_typed, clean_text, count_words, without_unwanted

__all__ = [
    "CONTENTS_FROM",
    "MARKUP_VERSION",
    "Rendered",
    "author_html",
    "clean_text",
    "marked",
    "note_html",
    "reader_html",
    "reader_text",
    "stored",
]

# Raise it when the same source should give other HTML; `manage.py rerender` does the rest.
MARKUP_VERSION = 1

READER_LIMIT = 50_000


def stored(html: str) -> SafeString:
    """Show HTML that this module made earlier."""
    return SafeString(html)


def marked(html: str, phrases: list[str]) -> SafeString:
    """Show such HTML with some of a reader's own phrases marked."""
    return SafeString(with_marks(html, phrases) if phrases else html)


def author_html(source: str, *, contents_link: bool = True) -> Rendered:
    source = clean_text(source)
    tokens = parsed(AUTHORS, source)
    if tokens is None:
        return Rendered(as_typed(source), [], count_words(source), source.strip())
    post = Post(tokens, contents_link=contents_link)
    # `&#x202e;` in the source becomes the character only in the parser.
    html = without_unwanted(AUTHOR_HTML.clean(post.html())).strip()
    return Rendered(html, post.contents, post.words(), without_unwanted(post.text()))


def note_html(source: str) -> str:
    """An author's few lines beside something else: no headings, pictures or sources, so no ids."""
    source = clean_text(source)
    tokens = parsed(NOTES, source)
    if tokens is None:
        return as_typed(source)
    for token in tokens:
        if token.type == "inline":
            token.children = tidied(token.children or [], AUTHOR_LINK)
    html = AUTHOR_HTML.clean(NOTES.renderer.render(tokens, NOTES.options, {}))
    return without_unwanted(html).strip()


def reader_html(source: str) -> str:
    source = clean_text(source)
    tokens = _reader_tokens(source)
    if tokens is None:
        return as_typed(source)
    for token in tokens:
        if token.type == "hr":  # a row of stars stays one, instead of lists within lists
            token.type, token.content = "html_block", f"<p>{token.markup[0] * 3}</p>\n"
    return READER_HTML.clean(READERS.renderer.render(tokens, READERS.options, {})).strip()


def reader_text(source: str) -> str:
    """The same as plain text, for mails. Where a reader broke a line, it stays broken."""
    source = clean_text(source)
    tokens = _reader_tokens(source)
    if tokens is None:
        return source.strip()
    for line in (line for token in tokens for line in token.children or []):
        if line.type == "softbreak":
            line.type = "hardbreak"
    return without_unwanted(plain(tokens)).strip()


def _reader_tokens(source: str) -> list[Token] | None:
    tokens = parsed(READERS, source) if len(source) <= READER_LIMIT else None
    for token in tokens or []:
        if token.type == "inline":
            token.children = tidied(token.children or [], READER_LINK)
    return tokens
