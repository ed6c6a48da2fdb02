"""A post's body: an outline of sections, and sources beside what they support."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it.token import Token

from .lines import AUTHOR_LINK, seated, source_name, tidied, words
from .plain import plain
from .profiles import AUTHORS
from .text import count_words

# What the page around a post calls its own parts.
PAGE_IDS = (
    "a asks care comfort comfort-title contents contents-title corrections help later letters-title"
    " link mail mail-hint main mend name name-error name-hint newest next q replies reply rules"
    " short sign-up source sources text text-hint topics writer"
)
NUMBERED_PAGE_IDS = r"[abq][0-9]+|q-[2-9a-hjkmnp-z]{10}|(?:section|source)-[0-9]+"
TAKEN = re.compile("|".join([*PAGE_IDS.split(), NUMBERED_PAGE_IDS]))
ID_LENGTH = 60
CONTENTS_FROM = 3  # headings: with fewer, a list of them says no more than the page
INTRODUCED = ("bullet_list_open", "ordered_list_open", "blockquote_open", "html_block")


@dataclass(frozen=True)
class Rendered:
    html: str
    contents: list[tuple[str, str]]  # (id, words) of each h2
    words: int
    text: str


class Post:
    def __init__(self, tokens: list[Token], *, contents_link: bool) -> None:
        self.contents: list[tuple[str, str]] = []
        self._ids: set[str] = set()
        self._tables: dict[str, int] = {}
        body, notes = _split_notes(tokens)
        self._body = self._prepared(body)
        self._notes = {label: self._prepared(note, is_note=True) for label, note in notes.items()}
        self._blocks = list(_blocks(self._body))
        self._outline()
        self._contents_link = contents_link and len(self.contents) >= CONTENTS_FROM
        self._numbers: dict[str, int] = {}
        self._first_cited = [self._number(block) for block in self._blocks]
        self._finish_references()

    def html(self) -> str:
        parts: list[str] = []
        section_end = ""
        waiting: list[str] = []
        following = [*self._blocks, None][1:]
        for block, after, labels in zip(self._blocks, following, self._first_cited, strict=True):
            if block[0].tag == "h2":
                parts += [section_end, "<section>\n"]
                section_end = self._back_to_contents() + "</section>\n"
            parts.append(_html(block))
            waiting += labels
            if not _introduces(block, after):
                parts += map(self._source, waiting)
                waiting = []
        return "".join([*parts, section_end, self._all_sources()])

    def text(self) -> str:
        sources = [f"{n}. {plain(self._notes[label])}" for label, n in self._numbers.items()]
        parts = [plain(self._body), *([_("Sources"), "\n".join(sources)] if sources else [])]
        return "\n\n".join(filter(None, parts))

    def words(self) -> int:
        return sum(count_words(words(token.children)) for token in self._body)

    def _back_to_contents(self) -> str:
        if not self._contents_link:
            return ""
        label = escape(_("Back to contents"))
        return f'<p class="small"><a class="tap" href="#contents">{label}</a></p>\n'

    def _source(self, label: str) -> str:
        """One source, folded, right after the block that first cites it."""
        number = self._numbers[label]
        summary = escape(_("Source %(number)d") % {"number": number})
        every = escape(_("All sources of this post"))
        return (
            f'<details class="source">\n<summary>{summary}</summary>\n<div id="source-{number}">\n'
            f"{_html(self._notes[label])}"
            f'<p class="small"><a href="#sources">{every}</a></p>\n</div>\n</details>\n'
        )

    def _all_sources(self) -> str:
        if not self._numbers:
            return ""
        notes = [self._notes[label] for label in self._numbers]
        items = "".join(f"<li>{_html(_without_paragraph(note))}</li>\n" for note in notes)
        title = escape(_("Sources"))
        return f'<section>\n<h2 id="sources">{title}</h2>\n<ol>\n{items}</ol>\n</section>\n'

    def _prepared(self, tokens: list[Token], *, is_note: bool = False) -> list[Token]:
        prepared: list[Token] = []
        for index, token in enumerate(tokens):
            if token.type == "inline":
                token.children = seated(tidied(token.children or [], AUTHOR_LINK))
                for child in token.children if is_note else ():
                    child.tag = "cite" if child.tag == "em" else child.tag
            elif token.type == "heading_open" and (is_note or token.level):
                _become_paragraph(tokens[index : index + 3], bold=True)
            elif token.type == "table_open":
                prepared.append(self._table_box(tokens[index:]))
            elif token.type == "th_open":
                filled = words(tokens[index + 1].children)
                token.attrs = {"scope": "col"} if filled else {}
                token.tag = tokens[index + 2].tag = "th" if filled else "td"
            elif token.type == "td_open":
                token.attrs = {}  # alignment comes as style, which the page's policy forbids
            elif token.type == "fence":
                token.info = ""
            prepared.append(token)
            if token.type == "table_close":
                prepared.append(Token("html_block", "", -1, content="</div>\n"))
        return prepared

    def _table_box(self, tokens: list[Token]) -> Token:
        """It scrolls sideways, by keyboard too, so it needs a name, unlike any other's."""
        end = next(i for i, token in enumerate(tokens) if token.type == "thead_close")
        columns = ", ".join(filter(None, (words(token.children) for token in tokens[:end])))
        name = _("Table: %(columns)s") % {"columns": columns} if columns else _("Table")
        self._tables[name] = count = self._tables.get(name, 0) + 1
        name = escape(name if count == 1 else f"{name} ({count})")
        box = f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">\n'
        return Token("html_block", "", 1, content=box)

    def _outline(self) -> None:
        """Headings from h2 to h4, with no level left out on the way down."""
        levels: list[int] = []
        for block in self._blocks:
            opening = block[0]
            if opening.type != "heading_open":
                continue
            title = words(block[1].children)
            if not title:
                _become_paragraph(block)
                continue
            level = max(2, int(opening.tag[1]))
            while levels and levels[-1] >= level:
                levels.pop()
            levels.append(level)
            opening.tag = block[2].tag = f"h{min(len(levels) + 1, 4)}"
            opening.attrs = {"id": self._id(title)}
            if opening.tag == "h2":
                self.contents.append((str(opening.attrs["id"]), title))

    def _id(self, title: str) -> str:
        stem = _slug(title) or "section"
        if TAKEN.fullmatch(stem):
            stem = f"section-{stem}"
        slug, count = ("section-1", 1) if stem == "section" else (stem, 1)
        while slug in self._ids:
            count += 1
            slug = f"{stem}-{count}"
        self._ids.add(slug)
        return slug

    def _number(self, block: list[Token]) -> list[str]:
        """The sources first cited here, each followed by what itself is first to cite."""
        found: list[str] = []
        waiting = _cited(block)[::-1]
        while waiting:
            label = waiting.pop()
            if label not in self._numbers:
                self._numbers[label] = len(self._numbers) + 1
                found.append(label)
                waiting += _cited(self._notes[label])[::-1]
        return found

    def _finish_references(self) -> None:
        shown = set(self._numbers)
        for label in self._notes:  # those that nothing in the body leads to
            self._numbers.setdefault(label, len(self._numbers) + 1)
        for tokens in (self._body, *self._notes.values()):
            for reference in _references(tokens):
                label = reference.meta["label"]
                number = self._numbers[label]
                target = f"source-{number}" if label in shown else "sources"
                reference.meta |= {"number": number, "target": target}


def _html(tokens: list[Token]) -> str:
    return AUTHORS.renderer.render(tokens, AUTHORS.options, {})


def _reference_html(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    meta = tokens[index].meta
    return f'(<a href="#{meta["target"]}">{escape(source_name(meta["number"]))}</a>)'


AUTHORS.add_render_rule("footnote_ref", _reference_html)


def _split_notes(tokens: list[Token]) -> tuple[list[Token], dict[str, list[Token]]]:
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


def _blocks(tokens: list[Token]) -> Iterator[list[Token]]:
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if not depth:
            yield block
            block = []


def _introduces(block: list[Token], after: list[Token] | None) -> bool:
    """A paragraph that ends in a colon is not parted from its list."""
    return (
        after is not None
        and block[0].type == "paragraph_open"
        and after[0].type in INTRODUCED
        and words(block[1].children).endswith((":", "："))
    )


def _references(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from (child for child in token.children or [] if child.type == "footnote_ref")


def _cited(tokens: list[Token]) -> list[str]:
    return [reference.meta["label"] for reference in _references(tokens)]


def _become_paragraph(heading: list[Token], *, bold: bool = False) -> None:
    """A heading inside a quote, a list or a source would bend the page's outline."""
    opening, line, closing = heading
    opening.type, closing.type = "paragraph_open", "paragraph_close"
    opening.tag = closing.tag = "p"
    if bold and line.children:
        strong = Token("strong_open", "strong", 1), Token("strong_close", "strong", -1)
        line.children = [strong[0], *line.children, strong[1]]


def _without_paragraph(note: list[Token]) -> list[Token]:
    types = [token.type for token in note]
    return note[1:2] if types == ["paragraph_open", "inline", "paragraph_close"] else note


def _slug(title: str) -> str:
    """Letters of every script, with their marks; apostrophes close up, all else parts words."""
    title = unicodedata.normalize("NFKC", title).lower()
    title = re.sub(r"['’]", "", title)
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in title)
    return "-".join("".join(kept).split())[:ID_LENGTH].strip("-")
