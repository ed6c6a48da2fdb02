"""The two parsers, and the two allow-lists that have the last word."""

import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

NESTING = 20  # levels of blocks; a list takes two

AUTHORS = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False, "maxNesting": NESTING})
AUTHORS.enable("table").use(footnote_plugin, inline=False, move_to_end=False)

# An author's few lines beside something: what would bring ids into the page is left out.
NOTES = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False, "maxNesting": NESTING})
NOTES.disable(["heading", "lheading", "image"])

READERS = MarkdownIt(
    "zero", {"html": False, "xhtmlOut": False, "breaks": True, "maxNesting": NESTING}
)
READERS.enable(["blockquote", "list", "hr", "newline", "escape", "emphasis", "link"])
READERS.enable(["balance_pairs", "fragments_join"])

for _parser in (AUTHORS, NOTES, READERS):
    _parser.validateLink = lambda url: True  # type: ignore[method-assign]  # lines.tidied decides

AUTHOR_TAGS = (
    "a blockquote br cite code details div em h2 h3 h4 hr img li ol p pre section strong summary"
    " table tbody td th thead tr ul"
)
READER_TAGS = "a blockquote br em li ol p strong ul"
OUR_OWN = re.compile(r"/(?![/\\])|#")

AUTHOR_HTML = nh3.Cleaner(
    tags=set(AUTHOR_TAGS.split()),
    attributes={
        "a": {"href"},
        "div": {"id", "aria-label"},
        "h2": {"id"},
        "h3": {"id"},
        "h4": {"id"},
        "img": {"src", "alt"},
        "ol": {"start"},
    },
    tag_attribute_values={
        "a": {"rel": {"noopener"}},
        "div": {"role": {"region"}, "tabindex": {"0"}},
        "th": {"scope": {"col"}},
    },
    allowed_classes={"a": {"tap"}, "details": {"source"}, "div": {"scroll"}, "p": {"small"}},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative=lambda url: url if OUR_OWN.match(url) else None,
    link_rel=None,
)
READER_HTML = nh3.Cleaner(
    tags=set(READER_TAGS.split()),
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="ugc nofollow noopener",
)


def parsed(parser: MarkdownIt, source: str) -> list[Token] | None:
    """Nothing if the text nests so deeply that the parser would leave some of it out."""
    try:
        tokens = parser.parse(source, {})
    except RecursionError:  # pictures within pictures
        return None
    return None if any(token.level >= NESTING - 1 for token in tokens) else tokens
