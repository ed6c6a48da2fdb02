"""What happens within a line of text: links, pictures, emphasis, references to sources."""

import re

from django.utils.translation import gettext as _
from markdown_it.token import Token

EMPHASIS = 4  # levels within each other

AUTHOR_LINK = re.compile(r"https?://[^/]|mailto:.|tel:\+?[0-9]|/(?![/\\])|#.", re.IGNORECASE)
READER_LINK = re.compile(r"https?://[^/]", re.IGNORECASE)
EXTERNAL = re.compile(r"https?:", re.IGNORECASE)
PICTURE = re.compile(r"/media/(?!.*\.\.)[\w./-]+")
CLOSING_STOP = re.compile(r"(?<![.,;:])[.,;:。，；：]\Z")


def words(children: list[Token] | None) -> str:
    """What a line says, without where its links lead."""
    said = ""
    for token in children or []:
        match token.type:
            case "text" | "code_inline":
                said += token.content
            case "image":
                said += words(token.children)
            case "softbreak" | "hardbreak":
                said += " "
            case "footnote_ref":  # and the space that seated() put before it
                said = said.rstrip()
    return " ".join(said.split())


def text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


def tidied(children: list[Token], allowed: re.Pattern[str]) -> list[Token]:
    """Keep allowed links and pictures, the words of all others, and emphasis of a sane depth."""
    tidy: list[Token] = []
    link: int | None = None  # where the open one starts; Markdown has no link in a link
    depth = 0
    for token in children:
        if token.type == "link_open":
            href = str(token.attrs.get("href", ""))
            if not allowed.match(href):
                continue
            link = len(tidy)
            token.attrs = {"href": href, **({"rel": "noopener"} if EXTERNAL.match(href) else {})}
        elif token.type == "link_close":
            if link is None:
                continue
            if not words(tidy[link:]):
                tidy.append(text_token(str(tidy[link].attrs["href"])))
            link = None
        elif token.tag in ("em", "strong"):
            depth += token.nesting
            if depth + (token.nesting < 0) > EMPHASIS:
                continue
        elif token.type == "image":
            token = _picture(token)
        tidy.append(token)
    return tidy


def _picture(token: Token) -> Token:
    src, alt = str(token.attrs.get("src", "")), words(token.children)
    if not alt or not PICTURE.fullmatch(src):
        return text_token(alt)
    token.attrs, token.children = {"src": src, "alt": ""}, [text_token(alt)]
    return token


def seated(children: list[Token]) -> list[Token]:
    """Put each reference inside its sentence: `found.[^1]` reads "found (source 1)."."""
    seats: list[Token] = []
    for token in children:
        last = seats[-1] if seats else text_token("")
        if token.type == "footnote_ref":
            stop = CLOSING_STOP.search(last.content) if last.type == "text" else None
            if stop:
                last.content = last.content[: stop.start()]
            if _needs_space(last, first=len(seats) < 2):
                seats.append(text_token(" "))
            seats.append(token)
            if stop:
                seats.append(text_token(stop[0]))
        else:
            if last.type == "footnote_ref" and token.content[:1].isalnum():
                seats.append(text_token(" "))
            seats.append(token)
    return seats


def _needs_space(last: Token, *, first: bool) -> bool:
    if last.type == "text":
        return last.content[-1] not in " \t\xa0(" if last.content else not first
    return last.type not in ("softbreak", "hardbreak") and last.nesting != 1


def source_name(number: int) -> str:
    return _("source\xa0%(number)d") % {"number": number}
