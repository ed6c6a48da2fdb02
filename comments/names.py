"""Names that look the same, and names that only those who run this site may have."""

from __future__ import annotations

import re
import time
import unicodedata
from typing import ClassVar

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from blog.models import Author, Publication

LENGTH = 80
REMEMBERED = 10.0  # seconds: so much later is a new author's name theirs alone

# Letters of other alphabets that the eye takes for Latin ones: those of Unicode's list of
# confusables that are single letters, and a few small ones that look like capitals. Which
# variants there are of Latin letters themselves, their names in Unicode say.
LOOK_ALIKES = {
    "a": "ɑΑαАаᎪᗅꓮ𐊠𖽀",
    "b": "ƄΒВЬвᏏᏴᑲᖯᗷꓐꞴ𐊂𐊡𐌁",
    "c": "СсᏟⲤⲥꓚꮯ𐊢𐌂𐐕𐐽𐔜",
    "d": "ԁᎠᏧᑯᗞᗪꓒꓓ",
    "e": "ΕεЕеҽᎬⴹꓰ𐊆𑢦𑢮",
    "f": "Ϝքᖴẝꓝꬵ𐊇𐊥𐔥𑢢𑣂",
    "g": "ƍɡԌցᏀᏳꓖ",
    "h": "ΗНнһհᎻᏂᕼⲎꓧ𐋏",
    "j": "ͿϳЈјᎫᒍꓙ",
    "k": "ΚκКкᏦᛕⲔꓗ𐔘",
    "l": "ƖǀɩΙιІіӀӏᎥᏞᒪᛁⲒⳐⵏꓡꓲꙇꭵ𐊊𐌉𐐛𐔦𑢣𑢲𑣃𖼖𖼨",
    "m": "ΜϺМмᎷᗰᛖⲘꓟ𐊰𐌑",
    "n": "ΝηոռⲚꓠ𐔓",
    "o": "ΟοσОоՕօଠഠဝჿዐᴑⲞⲟⵔꓳ𐊒𐊫𐐄𐐬𐓂𐓪𐔖𑢵𑣈𑣗",
    "p": "ΡρРрᏢᑭⲢⲣꓑ𐊕",
    "q": "ԛգզⵕ",
    "r": "ƦгᎡᏒᖇᴦⲅꓣꭇꭈꮁ𐒴𖼵",
    "s": "ƽЅѕՏᏕᏚꓢꮪ𐊖𐐠𐑈𑣁𖼺",
    "t": "ΤτТтᎢⲦꓔ𐊗𐊱𐌕𑢼𖼊",
    "u": "υՍսሀᑌꓴꞟ𐓎𐓶𑢸𑣘𖽂",
    "v": "νѴѵᏙᐯⴸꓦꛟꮩ𐔝𑜆𑢠𑣀𖼈",
    "w": "ωѡԜԝաᎳᏔꓪꮃ𑜊𑜎𑜏",
    "x": "ΧχХхᕁᕽᚷⲬⵝꓫꞳ𐊐𐊴𐌗𐔧",
    "y": "ɣΥγУуҮүყᎩᎽⲨꓬ𐊲𑢤𑣜𖽃",
    "z": "ΖᏃꓜꮓ𑢩𑣄",
}
LATIN = {ord(alike): letter for letter, alikes in LOOK_ALIKES.items() for alike in alikes}
VARIANT = re.compile(
    r"(?:NEGATIVE (?:CIRCLED|SQUARED) )?(?:LATIN .*LETTER|REGIONAL INDICATOR SYMBOL LETTER) "
    r"(?:TURNED |REVERSED |OPEN |DOTLESS |SMALL CAPITAL )*([A-Z])(?: WITH .*)?"
)
ALIKE_AT_A_GLANCE = [("0", "o"), ("1", "l"), ("i", "l"), ("rn", "m"), ("vv", "w")]
NOTHING_SEEN = "\u115f\u1160\u3164\uffa0"  # fillers that count as letters

# Nobody else has these; beside a name they say whose it is (“the real Sara”, “Sara, author”).
ROLES = [
    "admin",
    "administrator",
    "afterword",
    "author",
    "editor",
    "moderator",
    "official",
    "staff",
]
BESIDE = ["the", "real", "team"]


def name_key(name: str) -> str:
    """Its letters and digits alone, folded: equal for names that people take for each other.

    What can be told apart stays apart: “5ara” and the Greek “Σάρα” are not “Sara”.
    """
    key = "".join(filter(str.isalnum, name)).lower() if name.isascii() else _letters(name)
    for seen, taken_for in ALIKE_AT_A_GLANCE:
        key = key.replace(seen, taken_for)
    return key[:LENGTH]


def why_taken(name: str, publication: Publication) -> str:
    """Why no reader may sign with it, in words; empty: they may."""
    keys = _keys(name)
    if not keys:
        return ""
    ours = _Ours.now()
    if author := next((author for key, author in ours.authors.items() if key in keys), ""):
        sentence = _("%(author)s writes here, so that name is taken. Please choose another one.")
        return sentence % {"author": author}
    if keys & ours.accounts or keys & _keys(publication.name) or _is_a_role(name):
        return _for_somebody_of_ours()
    return ""


class _Ours:
    """Whose names they are: each author's, and each staff account's two, which no page shows.

    Remembered for some seconds: folding them costs more than asking.
    """

    remembered: ClassVar[_Ours | None] = None

    def __init__(self) -> None:
        self.read_at = time.monotonic()
        names = Author.objects.order_by().values_list("name", flat=True)
        self.authors = {key: name for name in names for key in _keys(name)}
        staff = get_user_model().objects.filter(is_staff=True, is_active=True).order_by()
        accounts = staff.values_list("username", "first_name", "last_name")
        both = (each for user, *names in accounts for each in (user, " ".join(names)))
        self.accounts = {key for name in both for key in _keys(name)}

    @classmethod
    def now(cls) -> _Ours:
        if cls.remembered is None or time.monotonic() - cls.remembered.read_at >= REMEMBERED:
            cls.remembered = cls()
        return cls.remembered


def forget() -> None:
    """Read them anew."""
    _Ours.remembered = None


def _for_somebody_of_ours() -> str:
    return _(
        "Readers could take that name for somebody who runs this site. Please choose another one."
    )


def _is_a_role(name: str) -> bool:
    words = {*_words(name)}
    said_beside = words <= ROLE_KEYS | BESIDE_KEYS and words & ROLE_KEYS
    return bool(said_beside) or name_key(name) in ROLE_KEYS


def _keys(name: str) -> set[str]:
    """Of the whole, and of what is left without the words that say who somebody is."""
    rest = "".join(word for word in _words(name) if word not in ROLE_KEYS | BESIDE_KEYS)
    return {name_key(name), rest} - {""}


def _words(name: str) -> list[str]:
    return [key for word in re.split(r"[\W_]+", name) if (key := name_key(word))]


def _letters(name: str) -> str:
    """Of a name with more than ASCII in it."""
    key = ""
    for char in unicodedata.normalize("NFKD", name):
        if letter := _letter(char):
            key += letter
        # Accents are nothing; in many scripts of Asia, though, marks are the vowels.
        elif _is_vowel_sign(char) and key and not key[-1].isascii():
            key += char
    return unicodedata.normalize("NFC", key.casefold())


def _letter(char: str) -> str:
    """The letter or digit that people see there; nothing, if it is none."""
    if char.isascii():
        return char if char.isalnum() else ""
    if variant := VARIANT.fullmatch(unicodedata.name(char, "")):
        return variant[1]
    if not char.isalnum() or char in NOTHING_SEEN:
        return ""
    return LATIN.get(ord(char), char)


def _is_vowel_sign(char: str) -> bool:
    is_mark = unicodedata.category(char)[0] == "M"
    return is_mark and not unicodedata.name(char, "COMBINING").startswith(
        ("COMBINING", "VARIATION")
    )


ROLE_KEYS, BESIDE_KEYS = {*map(name_key, ROLES)}, {*map(name_key, BESIDE)}
