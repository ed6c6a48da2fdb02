"""What strangers could use, or what names somebody who is not here to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .texts import Found, Text, cues, pattern

MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
PHONE = re.compile(r"(?<![\w.,/#:-])\+?\(?\d(?:(?:[ ()\-]{1,3}|\.)?\d){6,14}(?!\w|[.,/]\d)")
NO_PHONE = re.compile(
    r"\d{1,3}(?: \d{3})+"  # a large number
    r"|(?:19|20)\d\d[ .\-]{1,3}(?:19|20)\d\d"  # from year to year
    r"|\d{1,2}[ .\-]\d{1,2}[ .\-](?:19|20)?\d\d|(?:19|20)\d\d[ .\-]\d\d[ .\-]\d\d"  # a day
    r"|\d{1,2}(?:[ .\-]{1,3}\d{1,2}){2,}"  # counting
)
# What numbers of papers and trials have before them, and amounts behind them.
PAPERS = re.compile(r"(?:pubmed|pmid|pmc|doi|isbn|issn|nct|trial|number of)\W{0,3}$")
AMOUNT = re.compile(r" ?(?:iu|mg|mcg|ug|g|ml|units?|people|patients|cells|steps)\b")


def phones(text: Text) -> Iterator[Found]:
    """Seven digits and more, as telephones have them."""
    for match in islice(PHONE.finditer(text.folded), 200):
        digits = sum(map(str.isdigit, match[0]))
        before = text.folded[max(0, match.start() - 14) : match.start()]
        if (
            7 <= digits <= 15
            and not NO_PHONE.fullmatch(match[0].strip("()"))
            and not PAPERS.search(before)
            and not AMOUNT.match(text.folded, match.end())
        ):
            yield text.found("phone", *match.span())


AT = re.compile(r"@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{2,63}){1,4}")
SPELLED = pattern(
    r"[\w.+\-]{2,40} (?:at|\(at\)|\[at\]) (?:gmail|googlemail|hotmail|outlook|yahoo|icloud|aol|gmx"
    r"|protonmail|proton)(?: ?(?:dot|\.) ?\w{2,4})?"
)
IN_ADDRESS = re.compile(r"[\w.+\-]")


def addresses(text: Text) -> Iterator[Found]:
    """An e-mail address, spelled out or not."""
    if "@" in text.folded:
        for match in islice(AT.finditer(text.folded), 20):
            start = _back(text.folded, match.start(), IN_ADDRESS, 64)
            if start < match.start():
                yield text.found("e-mail", start, match.end())
    if "at" in text.words:
        for match in islice(SPELLED.finditer(text.folded), 20):
            yield text.found("e-mail", *match.span())


def _back(text: str, place: int, allowed: re.Pattern[str], most: int) -> int:
    """Where what stands before that place begins."""
    least = max(0, place - most)
    while place > least and allowed.match(text[place - 1]):
        place -= 1
    return place


STREETS = (
    "Street|Road|Avenue|Lane|Drive|Close|Crescent|Way|Court|Square|Terrace|Gardens|Place|Boulevard"
    "|Grove|Mews|St|Rd|Ave|Ln|Dr|Blvd"
)
STREET_WORDS = cues(
    """
    street road avenue lane drive close crescent way court square terrace gardens place
    boulevard grove mews st rd ave ln dr blvd
    """
)
# In the text as typed: capitals tell a street from “two miles down the road”.
STREET = re.compile(rf"\b\d{{1,5}}[A-Za-z]?,? (?:[A-Z][a-z'’\-]{{1,20}} ){{1,3}}(?:{STREETS})\b")
PLAIN_STREET = pattern(r"(?:live|lives|living|address|am|is|im) (?:is |at )?\d{1,5}[a-z]?,?"
    r" [a-z]{3,20} (?:street|road|avenue|lane|drive|close|crescent|terrace)")  # fmt: skip
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b")


def places(text: Text) -> Iterator[Found]:
    """Street and number, or a British postcode."""
    if text.has_any(STREET_WORDS):
        for match in islice(STREET.finditer(text.typed), 20):
            yield Found("address", *match.span())
        for match in islice(PLAIN_STREET.finditer(text.folded), 20):
            yield text.found("address", *match.span())
    for match in islice(POSTCODE.finditer(text.typed), 20):
        yield Found("address", *match.span())


DAY = (
    rf"(?:\d{{1,2}}[./ \-]\d{{1,2}}[./ \-](?:19|20)?\d\d|(?:19|20)\d\d-\d\d-\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTH},? (?:19|20)\d\d"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d)"
)
BIRTH = re.compile(rf"\b(?:born|birth|birthday|birthdate|dob|d\.o\.b)\b[^\n]{{0,24}}?\b{DAY}\b")
BIRTH_CUES = frozenset(["born", "birth", "birthday", "birthdate", "dob", "b"])


def births(text: Text) -> Iterator[Found]:
    """Day, month and year. The year alone tells nobody who it is."""
    if text.has_any(BIRTH_CUES):
        for match in islice(BIRTH.finditer(text.folded), 20):
            yield text.found("birth", *match.span())


# In the text as typed, too: a name has a capital, and “my doctor. She said” has none.
DOCTOR = re.compile(
    r"\b(?:[Dd][Rr]\.?|[Pp]rof\.?|Doctor|Professor|Consultant|Neurologist)\s{1,2}"
    r"(?:[A-Z]\.\s?){0,2}(?!(?:Google|Who|House|Internet|Web|No|But|And|The|She|He|They|It)\b)"
    r"[A-Z][^\W\d_]{1,20}(?:['’\-][^\W\d_]{1,20})?"
)
DOCTOR_CUES = cues("dr prof doctor professor consultant neurologist")


def doctors(text: Text) -> Iterator[Found]:
    """A doctor by name."""
    if text.has_any(DOCTOR_CUES):
        for match in islice(DOCTOR.finditer(text.typed), 20):
            yield Found("doctor", *match.span())
