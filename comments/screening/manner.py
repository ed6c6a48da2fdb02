"""How something is said."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from .texts import Found, Text, cues, pattern

MOSTLY, LETTERS = 0.6, 20


def capitals(text: Text) -> Iterator[Found]:
    """It shouts. “MS” and “MRI” do not."""
    upper = sum(map(str.isupper, text.typed))
    if upper >= LETTERS * MOSTLY:
        letters = upper + sum(map(str.islower, text.typed))
        if letters >= LETTERS and upper > MOSTLY * letters:
            yield Found("capitals")


BAD = (
    "(?:idiots?|morons?|stupid|fools?|liars?|losers?|pathetic|disgusting|scum|trash|retards?"
    "|cretins?|imbeciles?|gullible|ridiculous|delusional|ignorant|crazy|lazy|disgrace|fakes?)"
)
INSULT = pattern(
    rf"(?:you|youre|your)(?: (?:are |is |were |all"
    rf" |a |an |such |so |just |really |people |must |be |lot |bunch |of |absolute |complete |total"
    rf" |utter |little |author |sara |fucking |bloody |writing |blog ){{1,4}}){BAD}",
    rf"youre {BAD}",
    rf"you {BAD}",
    r"(?:you|they|she|he|people)(?: \w{1,12}){0,3} (?:deserve|deserved|deserves) (?:it|this|that"
    r"|what"
    r"|to suffer|to be ill|to be sick|your|their|ms)",
    r"you (?:\w{1,12} )?brought (?:it|this|that|ms|your illness) (?:up)?on yourself",
    r"(?:its|this is|that is|thats) (?:all )?your own (?:stupid )?fault",
    r"(?:shut up|shut your|fuck you|fuck off|piss off|screw you|get lost|go to hell|drop dead"
    r"|get a life|grow up)",
    r"(?:nobody|no one) (?:cares|likes|asked) (?:about |for )?(?:you|your)",
    r"(?:you are|youre) (?:just )?(?:making it up|faking|faking it|making this up"
    r"|attention seeking)",
)
INSULT_CUES = cues(
    """
    you youre your deserve deserved deserves fault shut fuck piss screw lost hell dead life
    grow cares likes asked
    """
)


def insults(text: Text) -> Iterator[Found]:
    """To somebody. Legs, days and one’s own head may be called stupid."""
    if text.has_any(INSULT_CUES):
        for match in islice(INSULT.finditer(text.folded), 20):
            yield text.found("insult", *match.span())
