"""What could harm somebody whose case is different: advice, doses, cures. One's own story is none.

“I stopped my drug after talking to my neurologist” is a story; “stop your drug” is advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .texts import Found, Text, cues, pattern

WITHIN = 5  # words between the verb and the medicine

VERBS = cues(
    """
    stop quit drop ditch skip refuse halve double start begin switch change stopping
    quitting skipping dropping ditching throw bin flush avoid
    """
)
# “come off”, “stay away from”, “get rid of”, and so on: two words that are one.
VERB_PAIRS = frozenset(
    [("come", "off"), ("get", "off"), ("go", "off"), ("stay", "off"), ("give", "up")]
    + [("get", "rid"), ("stay", "away"), ("keep", "away"), ("dont", "take"), ("never", "take")]
    + [("not", "take"), ("dont", "start"), ("never", "start"), ("dont", "need"), ("go", "without")]
)
MEDICINES = cues(
    """
    medicine medicines medication medications meds drug drugs pill pills tablet tablets
    injection injections shot shots infusion infusions treatment treatments therapy dmt dmts
    steroid steroids dose doses prescription interferon interferons antidepressant
    antidepressants tysabri natalizumab ocrevus ocrelizumab kesimpta ofatumumab copaxone
    glatiramer avonex rebif betaferon betaseron extavia plegridy gilenya fingolimod zeposia
    ozanimod mayzent siponimod ponesimod tecfidera vumerity dimethyl aubagio teriflunomide
    mavenclad cladribine lemtrada alemtuzumab mitoxantrone rituximab briumvi ublituximab
    baclofen gabapentin pregabalin amantadine modafinil fampyra fampridine ampyra
    dalfampridine prednisone prednisolone methylprednisolone warfarin
    """
)
OWN = cues("my mine our her his myself")
TELLER = cues(
    """
    i im ive id ill we he she they me her him us they who someone somebody wife husband mum
    """
)
TO_OTHERS = cues("you your youre yours everyone everybody people anyone")
AGAINST = cues(
    """
    dont never not before didnt cant wouldnt wont without doesnt shouldnt isnt rather cannot
    nobody than
    """
)
NOUN = cues("the a an this that any each every at my from no")


def advice(text: Text) -> Iterator[Found]:
    """Telling people to start, stop or change a medicine."""
    if not text.has_any(MEDICINES):
        return
    tokens = text.tokens
    for at, word in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        pair = (word, after) in VERB_PAIRS
        if not pair and word not in VERBS:
            continue
        begin = at + 2 if pair else at + 1
        for last in range(begin, min(begin + WITHIN, len(tokens))):
            if tokens[last] in MEDICINES:
                if _is_told(tokens[max(0, at - 4) : at], tokens[begin:last], after):
                    yield text.between("advice", at, last)
                break


def _is_told(before: list[str], between: list[str], after: str) -> bool:
    """Whether somebody else is told so, by the words around."""
    if not OWN.isdisjoint(between) or not AGAINST.isdisjoint(before[-2:]):
        return False
    if before[-1:] and before[-1] in NOUN or after in {"in", "of", "to", "after", "is", "was"}:
        return False  # “the start of treatment”
    if not TO_OTHERS.isdisjoint(before) or not TO_OTHERS.isdisjoint(between):
        return True
    return TELLER.isdisjoint(before)


UNIT = (
    "(?:mg|mgs|mcg|ug|grams?|milligrams?|micrograms?|ml|iu|ius|units?|international units"
    "|tablets?|pills?|capsules?|drops?)"
)
DOSE = pattern(
    rf"\d{{1,7}}(?:[.,]\d{{1,3}}){{0,2}} ?{UNIT}",
    r"\d{1,3}[.,]?000 (?:a|per|each|every) (?:day|week|month)",
    r"\d{1,3}[.,]?000 daily",
)
DIGIT = re.compile(r"\d")
TELLING = cues(
    """
    you your youre should must everyone everybody anyone people try recommend need
    """
)
ORDERS = cues("take try use start double increase inject add swallow go get")
MINE = cues("i im ive id ill my me mine we our he she his her him")


def doses(text: Text) -> Iterator[Found]:
    """A dose: one's own is a note, one for others is advice."""
    if not DIGIT.search(text.folded):
        return
    for match in islice(DOSE.finditer(text.folded), 20):
        words = text.sentence(*match.span()).split()
        says = {word.strip('.,;:!?()"-') for word in words}
        first = next(iter(words), "").strip('.,;:!?("-')
        told = says & TELLING or (first in ORDERS and not says & MINE)
        yield text.found("dose" if told else "own dose", *match.span())


MS = "(?:ms|multiple sclerosis|the disease|my disease|this disease|my illness|my condition)"
CURE = pattern(
    rf"(?:cures|cured|curing|heals|healed|reverses|reversed|beat|beats) (?:\w{{1,12}} )?{MS}",
    r"(?:cured|healed) (?:me|him|her|them|us|myself|completely|totally|fully)",
    r"(?:my|her|his|the) (?:ms|multiple sclerosis) (?:has |is |was |just )?(?:completely |all "
    r"|totally )?"
    r"(?:gone|went away|disappeared|vanished|cured|healed)",
    rf"(?:cure|remedy) for {MS}",
    rf"(?:free of|got rid of|rid of|goodbye to) {MS}",
    r"(?:im|i am|she is|he is|shes|hes|i was) (?:now |completely |totally |fully )?(?:cured"
    r"|healed)",
    r"(?:doctors|neurologists|they|pharma|companies) (?:all )?(?:hide|hides|are hiding"
    r"|wont tell you"
    r"|dont want you to know|dont tell you|suppress)",
    r"miracle (?:cure|treatment|drug|diet|recovery)",
)
CURE_CUES = cues(
    """
    cure cures cured curing heals healed reverses reversed beat beats gone away disappeared
    vanished remedy free rid goodbye hide hides hiding tell know suppress miracle
    """
)
NO_CURE = cues(
    """
    no not isnt never without until if any hope hoping wait waiting there theres wish one
    find finding found fund looking search searching towards nothing didnt hasnt havent
    doesnt wont cant dont nor
    """
)


def cures(text: Text) -> Iterator[Found]:
    """“It cured my MS.” That there is no cure, or may be one some day, claims nothing."""
    if not text.has_any(CURE_CUES):
        return
    for match in islice(CURE.finditer(text.folded), 20):
        before = text.folded[max(0, match.start() - 28) : match.start()].split()
        if NO_CURE.isdisjoint(before[-4:]) or match[0].startswith("doctors"):
            yield text.found("cure", *match.span())
