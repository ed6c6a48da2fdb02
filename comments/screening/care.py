"""Somebody at the end of their strength, or in danger; or a child.

Sayings (“this fatigue is killing me”, “I’d die for a cool shower”) are none of it. In doubt it is
care: then a person reads it first, and the writer is shown whom to call.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from .texts import Found, Text, pattern

NOBODY = "(?:no ?one|nobody|anyone|anybody|people|they|any of them)"
GONE = (
    "(?:stopped(?: (?:being|living|existing|breathing|replying))?(?! (?:\\w{1,20}ing|my|the|it))"
    "|died|die|was gone|were gone|was dead|were dead|disappeared|vanished|wasnt here|werent here"
    "|was not here|were not here|wasnt around|werent around|killed myself|ended it)"
)
THEM = "(?:he|she|my (?:husband|wife|partner|boyfriend|girlfriend|carer|son|daughter|mum|mom|dad))"

CRISIS = pattern(
    r"suicid\w{0,10}",
    r"(?:kill|killing|killed|hang|hanging|shoot|shooting|drown) myself(?! (?:in the foot"
    r"|laughing|trying))",
    r"(?:end|ending|ended) (?:it all|my life|my own life|my days)",
    r"(?:end|ending) it(?=[.!?]|$)",
    r"(?:take|taking|took) my own life",
    r"(?:take|taking|took) an overdose",
    r"(?:take|taking|took|swallow|swallowed|swallowing) (?:all )?(?:of )?(?:my|the) (?:\w{1,20} )?"
    r"(?:pills|tablets|meds) at once",
    r"(?:want|wanted|wanna|like|ready|going|trying|tried|wish) (?:to )?die(?! (?:for|of|laughing))",
    r"hope (?:that )?i die",
    r"(?:wish|if only) i (?:was|were) (?:dead|gone|never born)",
    r"wish i (?:could|would) (?:just )?(?:die|disappear|vanish|not wake|never wake|stop existing)",
    r"wish i had never been born",
    r"(?:rather|better) (?:be |off )?dead",
    r"better off without me",
    r"(?:world|everyone|everybody|family|kids|children|they) would be better (?:off )?without me",
    r"(?:dont|do not|didnt|no longer) (?:really )?want to (?:be here|live|wake up|go on|be alive"
    r"|exist|carry on)(?: like this| with this| this way)?(?: any ?more| any longer|[.!?]|$)",
    r"(?:dont|do not|no longer) want to (?:be alive|exist)",
    r"(?:hope|pray|wish|want) (?:that )?i? ?(?:dont|do not|never|to never|to not|not to) wake up"
    r"(?: again| tomorrow| any ?more| one day|[.!?]|$)",
    r"(?:no|any|a) (?:reason|point|purpose) (?:left )?(?:to live|in living|to go on|in going on"
    r"|to keep going|to carry on|in carrying on|to be here|in being here)",
    r"nothing (?:left )?to live for",
    r"not worth living",
    r"(?:cant|cannot|can not|dont|do not) (?:even )?see (?:the|a|any) (?:point|use|sense) (?:of"
    r"|in|to)"
    r" (?:any of it|any of this|anything|it all|it any ?more|living|life|going on|me)",
    r"(?:cant|cannot|can not) (?:take|do|bear|stand|face) (?:it|this|life|living) (?:any ?more"
    r"|any longer)",
    r"(?:cant|cannot|can not) (?:go on|carry on|keep going)(?: any ?more| any longer| like this"
    r"| living|[.!?]|$)",
    rf"{NOBODY} (?:\w{{1,12}} ){{0,3}}(?:notice|care|miss me|mind)(?: much)? (?:if|when|once) i"
    rf" (?:just )?{GONE}",
    r"(?:want|need) (?:it all|everything) to (?:end|stop|be over)",
    r"ready to end",
    r"(?:just a|such a|only a|nothing but a) burden",
    r"a burden (?:to|on) (?:everyone|everybody|them all|my whole family|all of them)",
    r"goodbye (?:everyone|everybody|world|forever|for ever)",
    r"self harm\w{0,4}",
    r"selfharm\w{0,4}",
    r"(?:want to|wanted to|going to|gonna|feel like|keep|thought of|thinking of|been) "
    r"(?:cut|cutting|hurt|hurting|harm|harming) myself",
    r"(?:jump|jumping|throw myself|throwing myself|walk|step) (?:off|in front of|under) (?:a|the"
    r"|that)"
    r" (?:bridge|train|roof|bus|lorry|truck|cliff)",
    rf"{THEM} (?:\w{{1,12}} ){{0,2}}(?:hits|hit|hitting|beats|beating|chokes|choked|hurts|hurting"
    r"|strangles|strangled|abuses|abusing|threatens) me(?! (?:at|to|in|with))",
    r"(?:not|dont feel|never) safe (?:at home|with him|with her|in my own home|in this house)",
    r"afraid (?:to go home|of going home|of my (?:husband|wife|partner|boyfriend|girlfriend"
    r"|carer))",
)


def crisis(text: Text) -> Iterator[Found]:
    """Wishing to be dead, self-harm, goodbyes, being hurt by somebody now."""
    for match in islice(CRISIS.finditer(text.folded), 20):
        yield text.found("crisis", *match.span())


TEENS = "(?:ten|eleven|twelve|thirteen|fourteen|fifteen|1[0-5])"
UNITS = (
    "(?:weeks?|months?|days?|hours?|hrs?|minutes?|mins?|miles?|kms?|metres?|meters?|steps?|stones?"
    "|lbs?|pounds|kilos?|kg|foot|feet|ft|inch|inches|percent|per|out|times|points?|over|under|down"
    "|years? (?:in|into|on|post|past|since|down|out|from|after|with|away|younger|older|clear"
    "|free|sober|without|married|of))"
)
YOUNG = pattern(
    rf"(?:im|i am|iam) (?:only |just |nearly |almost |still )?(?:aged? )?{TEENS}(?! {UNITS}\b)"
    r"(?![-/%:.,]\d|[/%°])",
    r"(?:im|i am|iam) (?:only |just |now )?in (?:year (?:[5-9]|10)|(?:5|6|7|8|9)th grade"
    r"|(?:fifth|sixth|seventh|eighth|ninth) grade|primary school|middle school)",
)
YOUNG_CUES = frozenset(["im", "iam", "i"])


def young(text: Text) -> Iterator[Found]:
    """They say that they are a child. “I was 14 when…” says something else."""
    if text.has_any(YOUNG_CUES):
        for match in islice(YOUNG.finditer(text.folded), 20):
            yield text.found("under 16", *match.span())
