"""Links, prices, clinics: whoever wants something of readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .texts import Found, Text, cues, pattern

# Ends of addresses that people write without “https://”. Words of our language (.it, .me, .so) are
# none: after a full stop many forget the blank.
ENDS = (
    "com|net|org|info|biz|io|co\\.uk|org\\.uk|ac\\.uk|uk|eu|shop|store|online|site|website|space|xyz"
    "|club|vip|live|pro|app|dev|blog|clinic|health|health|care|link|click|tv|cc|ru|cn|su|ua|pl|de|fr"
    "|nl|es|ca|au|nz|ie|ch|se|dk|in\\.net|example|invalid|test|edu|gov"
)
DOMAIN = re.compile(rf"(?<=[a-z0-9])\.(?:{ENDS})(?![\w@\-])(?:[/?#:][^\s<>\"]{{0,200}})?")
SCHEME = re.compile(r"(?:https?:?//|hxxps?://|www\.|\bt\.me/|\bwa\.me/)[^\s<>\"]{1,200}")
IN_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
MANY = 4


def _places(text: Text) -> list[tuple[int, int]]:
    """Where links are in the folded text: the first twenty."""
    if "." not in text.folded and "//" not in text.folded:
        return []
    places = [match.span() for match in islice(SCHEME.finditer(text.folded), 20)]
    for match in islice(DOMAIN.finditer(text.folded), 20):
        start = match.start()
        least = max(0, start - 80)
        while start > least and text.folded[start - 1] in IN_HOST:
            start -= 1
        before = text.folded[start - 1] if start else ""
        if before != "@" and not any(a <= match.start() < b for a, b in places):
            places.append((start, match.end()))
    return sorted(places)


NEAR = 60  # characters
CLINIC = pattern(
    r"clinics?",
    r"cures?",
    r"cured",
    r"guarantee[ds]?",
    r"stem cells?",
    r"(?:vein|veins|liberation) (?:opening|treatment|procedure|centre|center|surgery)",
    r"treatment (?:centre|center)",
)
PRICE = pattern(
    r"(?:\d{1,3}|five|ten|fifteen|twenty|thirty|forty|fifty) ?(?:%|percent|per cent|pct) (?:off"
    r"|discount)",
    r"(?:discount|discounts|discounted|coupon|voucher|promo|promotion|promo code|money back)",
    r"(?:free shipping|free delivery|free consultation|best price|best prices|lowest price"
    r"|special offer"
    r"|limited offer|limited time|payment plan)",
    r"code ?[a-z]{0,8}\d{1,4}",
    r"(?:from|only|just|starting at|for as little as) [$€£]\d{1,6}(?:[.,]\d{2,3})?",
    r"(?:from|starting at) \d{1,3}[.,]\d{3}(?! ?(?:iu|mg|mcg|units?|people|patients|steps|to"
    r"|feet))",
    r"(?:from|only|just|starting at) \d{2,6} ?(?:usd|eur|gbp|dollars|euros|pounds|euro|\$|€|£)",
)
# These sell only where a link is: a cheap fan is a cheap fan.
WEAK = pattern(r"cheap|cheapest|cheaper|on sale|for sale|sales?|bargain|prices?|deals?|lowest")
ADVERT = pattern(
    r"(?:book|order|buy|shop|call|enquire|inquire|apply|register|sign up) (?:now|today|online|at"
    r"|here)",
    r"(?:contact|call|message|visit|whatsapp|email|e mail|text) (?:us|our)",
    r"our (?:clinic|clinics|team|product|products|patients|website|services|store|shop|protocol)",
    r"(?:message|dm|inbox|whatsapp) me",
    r"(?:say|use|mention|quote|give) (?:my|her|his) name (?:for|to get|and get)",
    r"click (?:here|the link|below|on the link)",
    r"(?:link|details) in (?:my )?(?:bio|profile)",
)
ADVERT_CUES = cues(
    """
    book order buy shop call enquire inquire apply register sign contact message visit
    whatsapp email mail text our dm inbox say use mention quote give click link details
    """
)
PRAISE = pattern(
    r"(?:great|nice|good|awesome|amazing|excellent|wonderful|fantastic) (?:post|article|blog|site"
    r"|website|information|info|content|stuff|share|work) ?(?:admin|here|there|dear|bro|man|sir)?",
    r"(?:keep up the|keep it up) (?:good|great|nice)? ?(?:work)?",
    r"(?:very|really) (?:useful|informative|helpful) (?:post|article|blog|site|information)",
    r"thanks? (?:you )?for sharing",
)


def selling(text: Text) -> Iterator[Found]:
    """Links; and what says more beside one."""
    links = _places(text)
    for place in links:
        yield text.found("links", *place)
    if len(links) > MANY:
        yield Found("many links")
    for match in islice(PRICE.finditer(text.folded), 20):
        yield text.found("price", *match.span())
    if text.has_any(ADVERT_CUES):
        for match in islice(ADVERT.finditer(text.folded), 20):
            yield text.found("advert", *match.span())
    if links:
        yield from _beside(text, links)


def _beside(text: Text, links: list[tuple[int, int]]) -> Iterator[Found]:
    for match in islice(CLINIC.finditer(text.folded), 20):
        start, end = match.span()
        if any(start < b + NEAR and a - NEAR < end for a, b in links):
            yield text.found("clinic", start, end)
    for rule, words in (("price", WEAK), ("praise", PRAISE)):
        for match in islice(words.finditer(text.folded), 20):
            yield text.found(rule, *match.span())
