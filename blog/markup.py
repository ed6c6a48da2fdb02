"""Text to safe HTML, in two profiles: authors and readers.

Both are safe twice over: html is off in the parser and every link is checked, and what comes out
passes an allow-list. Nothing else in the project marks a string safe.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

# Raise it when the same source should give other HTML; `manage.py rerender` does the rest.
MARKUP_VERSION = 1

NESTING = 20  # levels of blocks; a list takes two. Deeper text is shown as it was typed.
EMPHASIS = 4
READER_LIMIT = 50_000
COMBINING_MARKS = 8

# What the page around a post calls its own parts.
PAGE_IDS = frozenset(
    [
        "a",
        "asks",
        "care",
        "comfort",
        "comfort-title",
        "contents",
        "contents-title",
        "corrections",
        "help",
        "later",
        "letters-title",
        "link",
        "mail",
        "mail-hint",
        "main",
        "mend",
        "name",
        "name-error",
        "name-hint",
        "newest",
        "next",
        "q",
        "replies",
        "reply",
        "rules",
        "short",
        "sign-up",
        "source",
        "sources",
        "text",
        "text-hint",
        "topics",
        "writer",
    ]
)
NUMBERED_PAGE_ID = re.compile(r"(?:[abq]|reply-|section-|source-)[0-9]+")

AUTHOR_LINK = re.compile(r"https?://[^/]|mailto:.|/(?![/\\])|#", re.IGNORECASE)
READER_LINK = re.compile(r"https?://[^/]", re.IGNORECASE)
LOCAL = re.compile(r"/(?![/\\])|#")
PICTURE = re.compile(r"/media/(?!.*\.\.)[\w./-]+")

LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
MARKED = re.compile(rf"[^\x00-\x7f]{{{COMBINING_MARKS + 1},}}")
PARAGRAPH_END = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
CLOSING_STOP = re.compile(r"(?<![.,;:])[.,;:。，；：]\Z")

AUTHORS = MarkdownIt(
    "commonmark", {"html": False, "xhtmlOut": False, "typographer": False, "maxNesting": NESTING}
)
AUTHORS.enable("table").use(footnote_plugin, inline=False, move_to_end=False)
READERS = MarkdownIt(
    "zero", {"html": False, "xhtmlOut": False, "breaks": True, "maxNesting": NESTING}
)
READERS.enable(["blockquote", "list", "hr", "newline", "escape", "emphasis", "link"])
READERS.enable(["balance_pairs", "fragments_join"])
for _parser in (AUTHORS, READERS):
    _parser.validateLink = lambda url: True  # type: ignore[method-assign]  # _tidied decides

AUTHOR_HTML = nh3.Cleaner(
    tags=set(
        [
            "a",
            "blockquote",
            "br",
            "cite",
            "code",
            "details",
            "div",
            "em",
            "h2",
            "h3",
            "h4",
            "hr",
            "img",
            "li",
            "ol",
            "p",
            "pre",
            "section",
            "strong",
            "summary",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]
    ),
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
    url_schemes={"http", "https", "mailto"},
    url_relative=lambda url: url if LOCAL.match(url) else None,
    link_rel=None,
)
READER_HTML = nh3.Cleaner(
    tags=set(["a", "blockquote", "br", "em", "li", "ol", "p", "strong", "ul"]),
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="ugc nofollow noopener",
)


@dataclass(frozen=True)
class Rendered:
    html: str
    contents: list[tuple[str, str]]
    words: int
    text: str


def stored(html: str) -> SafeString:
    """Show HTML that this module made earlier."""
    return SafeString(html)


def author_html(source: str, *, contents_link: bool = True) -> Rendered:
    source = clean_text(source)
    tokens = _parsed(AUTHORS, source)
    if tokens is None:
        return Rendered(_as_typed(source), [], _count_words(source), source.strip())
    return _Post(tokens, contents_link=contents_link).rendered()


def reader_html(source: str) -> str:
    source = clean_text(source)
    tokens = _parsed(READERS, source) if len(source) <= READER_LIMIT else None
    if tokens is None:
        return _as_typed(source)
    for token in tokens:
        if token.type == "inline":
            token.children = _tidied(token.children or [], READER_LINK)
        elif token.type == "hr":
            token.type, token.content = "html_block", f"<p>{escape(token.markup)}</p>\n"
    return READER_HTML.clean(READERS.renderer.render(tokens, READERS.options, {})).strip()


def clean_text(source: str) -> str:
    """Take out what no keyboard types: control and direction characters, towers of marks."""
    source = UNWANTED.sub("", LINE_ENDS.sub("\n", source))
    if source.isascii():
        return source
    # Before NFC too: sorting a long run of marks takes quadratic time.
    source = unicodedata.normalize("NFC", MARKED.sub(_fewer_marks, source))
    return MARKED.sub(_fewer_marks, source)


def _fewer_marks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in run[0]:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= COMBINING_MARKS:
            kept.append(char)
    return "".join(kept)


def _parsed(parser: MarkdownIt, source: str) -> list[Token] | None:
    """Nothing if the text nests so deeply that the parser would leave some of it out."""
    try:
        tokens = parser.parse(source, {})
    except RecursionError:  # pictures within pictures
        return None
    return None if any(token.level >= NESTING - 1 for token in tokens) else tokens


def _as_typed(source: str) -> str:
    paragraphs = PARAGRAPH_END.split(escape(source).strip())
    return "\n".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs if p)


def _count_words(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _tidied(children: list[Token], allowed: re.Pattern[str]) -> list[Token]:
    """Keep allowed links and pictures, the words of all others, and emphasis of a sane depth."""
    tidy: list[Token] = []
    links: list[int | None] = []
    references: list[Token] = []  # a link cannot hold a link: these wait until it ends
    depth = 0
    for token in children:
        if token.type == "link_open":
            href = str(token.attrs.get("href", ""))
            links.append(len(tidy) if allowed.match(href) else None)
            if links[-1] is None:
                continue
            token.attrs = {"href": href}
            if href[0] not in "/#" and not href.lower().startswith("mailto:"):
                token.attrs["rel"] = "noopener"
        elif token.type == "link_close":
            start = links.pop()
            if start is None:
                continue
            if not _words(tidy[start + 1 :]):
                tidy.append(_text_token(str(tidy[start].attrs["href"])))
            tidy += [token, *references]
            references = []
            continue
        elif token.tag in ("em", "strong"):
            depth += max(token.nesting, 0)
            kept = depth <= EMPHASIS
            depth += min(token.nesting, 0)
            if not kept:
                continue
        elif token.type == "image":
            token = _picture(token)
        elif token.type == "footnote_ref" and any(start is not None for start in links):
            references.append(token)
            continue
        tidy.append(token)
    return tidy


def _picture(token: Token) -> Token:
    src, alt = str(token.attrs.get("src", "")), _words(token.children or [])
    if not alt or not PICTURE.fullmatch(src):
        return _text_token(alt)
    token.attrs, token.children = {"src": src, "alt": ""}, [_text_token(alt)]
    return token


def _seated(children: list[Token]) -> list[Token]:
    """Move each reference inside its sentence: "volunteers.[^1]" is "volunteers (source 1)."."""
    seated: list[Token] = []
    for token in children:
        last = seated[-1] if seated else None
        if token.type != "footnote_ref":
            if last and last.type == "footnote_ref" and token.content[:1].isalnum():
                seated.append(_text_token(" "))
            seated.append(token)
            continue
        stop = CLOSING_STOP.search(last.content) if last and last.type == "text" else None
        if last and stop:
            last.content = last.content[: stop.start()]
        if last and last.type == "text" and last.content:
            last.content += "" if last.content[-1] in " \t(" else " "
        elif last and last.type not in ("softbreak", "hardbreak") and last.nesting != 1:
            seated.append(_text_token(" "))
        seated.append(token)
        if stop:
            seated.append(_text_token(stop[0]))
    return seated


def _text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _html_token(content: str, nesting: int) -> Token:
    return Token("html_block", "", nesting, content=content)  # type: ignore[arg-type]


def _words(children: list[Token]) -> str:
    """What a line of text says, without where its links lead."""
    said = [
        _words(token.children or []) if token.type == "image" else token.content or " "
        for token in children
        if token.type in ("text", "code_inline", "image", "softbreak", "hardbreak")
    ]
    return " ".join("".join(said).split())


def _cited(tokens: list[Token]) -> list[str]:
    return [
        child.meta["label"]
        for token in tokens
        for child in token.children or []
        if child.type == "footnote_ref"
    ]


def _blocks(tokens: list[Token]) -> Iterator[list[Token]]:
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


def _reference(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    meta = tokens[index].meta
    return f'(<a href="#{meta["target"]}">{escape(_source_name(meta["number"]))}</a>)'


AUTHORS.add_render_rule("footnote_ref", _reference)


def _source_name(number: int) -> str:
    return _("source\xa0%(number)d") % {"number": number}


class _Post:
    """One post on its way from tokens to HTML and text."""

    def __init__(self, tokens: list[Token], *, contents_link: bool) -> None:
        self.contents: list[tuple[str, str]] = []
        self.ids: dict[str, int] = {}
        self.labels: dict[str, int] = {}
        self.body, self.notes = self._take_notes(tokens)
        self.body = self._prepared(self.body)
        self.notes = {label: self._prepared(note, "cite") for label, note in self.notes.items()}
        self.blocks = list(_blocks(self.body))
        for block in self.blocks:
            self._place_heading(block)
        self.contents_link = contents_link and len(self.contents) >= 3
        self.numbers: dict[str, int] = {}
        self.cited = [self._first_cited(block) for block in self.blocks]
        self._number_references()

    def rendered(self) -> Rendered:
        return Rendered(
            html=UNWANTED.sub("", AUTHOR_HTML.clean(self._html())).strip(),
            contents=self.contents,
            words=sum(_count_words(_words(t.children)) for t in self.body if t.children),
            text=self._text(),
        )

    def _html(self) -> str:
        parts: list[str] = []
        section_end = ""
        for block, cited in zip(self.blocks, self.cited, strict=True):
            if block[0].tag == "h2":
                parts += [section_end, "<section>\n"]
                section_end = self._back_to_contents() + "</section>\n"
            parts.append(self._render(block))
            parts += [self._note(label) for label in cited]
        return "".join([*parts, section_end, self._all_sources()])

    def _render(self, tokens: list[Token]) -> str:
        return AUTHORS.renderer.render(tokens, AUTHORS.options, {})

    def _back_to_contents(self) -> str:
        if not self.contents_link:
            return ""
        words = escape(_("Back to contents"))
        return f'<p class="small"><a class="tap" href="#contents">{words}</a></p>\n'

    def _note(self, label: str) -> str:
        """The source itself, folded, right after the block that first needs it."""
        number = self.numbers[label]
        summary = escape(_("Source %(number)d") % {"number": number})
        every = escape(_("All sources of this post"))
        return (
            f'<details class="source">\n<summary>{summary}</summary>\n<div id="source-{number}">\n'
            f'{self._render(self.notes[label])}<p class="small"><a href="#sources">{every}</a></p>'
            "\n</div>\n</details>\n"
        )

    def _all_sources(self) -> str:
        if not self.numbers:
            return ""
        items = []
        for label in self.numbers:
            note = self.notes[label]
            is_line = [token.type for token in note[1:]] == ["inline", "paragraph_close"]
            items.append(f"<li>{self._render(note[1:2] if is_line else note)}</li>\n")
        title = escape(_("Sources"))
        return f'<section>\n<h2 id="sources">{title}</h2>\n<ol>\n{"".join(items)}</ol>\n</section>'

    def _text(self) -> str:
        parts = [_plain(self.body)]
        if self.numbers:
            sources = [f"{n}. {_plain(self.notes[label])}" for label, n in self.numbers.items()]
            parts += [_("Sources"), "\n".join(sources)]
        return "\n\n".join(part for part in parts if part)

    @staticmethod
    def _take_notes(tokens: list[Token]) -> tuple[list[Token], dict[str, list[Token]]]:
        body: list[Token] = []
        notes: dict[str, list[Token]] = {}
        into = [body]
        for token in tokens:
            if token.type == "footnote_reference_open":
                label = token.meta["label"]
                while label in notes:  # defined twice: the second is listed, not lost
                    label += " "
                into.append(notes.setdefault(label, []))
            elif token.type == "footnote_reference_close":
                into.pop()
            else:
                into[-1].append(token)
        return body, notes

    def _prepared(self, tokens: list[Token], emphasis: str = "em") -> list[Token]:
        prepared: list[Token] = []
        for index, token in enumerate(tokens):
            if token.type == "inline":
                token.children = _seated(_tidied(token.children or [], AUTHOR_LINK))
                for child in token.children:
                    child.tag = emphasis if child.tag == "em" else child.tag
            elif token.type == "heading_open" and (token.level or emphasis == "cite"):
                self._bold_paragraph(tokens[index : index + 3])
            elif token.type == "table_open":
                prepared.append(self._table_region(tokens[index:]))
            elif token.type == "th_open":
                token.attrs = {"scope": "col"}
                token.tag = "th" if _words(tokens[index + 1].children or []) else "td"
            elif token.type == "td_open":
                token.attrs = {}
            elif token.type == "fence":
                token.info = ""
            prepared.append(token)
            if token.type == "table_close":
                prepared.append(_html_token("</div>\n", -1))
        return prepared

    @staticmethod
    def _bold_paragraph(heading: list[Token]) -> None:
        """A heading inside a quote, a list or a source would bend the outline of the page."""
        opening, line, closing = heading
        opening.type, closing.type = "paragraph_open", "paragraph_close"
        opening.tag = closing.tag = "p"
        if line.children:
            strong = Token("strong_open", "strong", 1), Token("strong_close", "strong", -1)
            line.children = [strong[0], *line.children, strong[1]]

    def _table_region(self, tokens: list[Token]) -> Token:
        """A box that scrolls sideways by keyboard too, so it needs a name of its own."""
        columns = []
        for token in tokens:
            if token.type == "thead_close":
                break
            columns.append(_words(token.children or []))
        names = ", ".join(filter(None, columns))
        label = _("Table: %(columns)s") % {"columns": names} if names else _("Table")
        self.labels[label] = count = self.labels.get(label, 0) + 1
        label = escape(label if count == 1 else f"{label} ({count})")
        return _html_token(
            f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n', 1
        )

    def _place_heading(self, block: list[Token]) -> None:
        raise NotImplementedError

    def _first_cited(self, block: list[Token]) -> list[str]:
        raise NotImplementedError
