"""python -m bench.screening: what the rules cost, for ordinary texts and for hostile ones."""

from __future__ import annotations

import os
import time

ORDINARY = (
    "I had the ultrasound last spring, after two years of thinking about it. The clinic said my "
    "left vein was narrow; my neurologist said plenty of people’s are. I waited, and I don't "
    "think I lost anything by it. What helps me is a fan, frozen peas on the wrists, and one "
    "person I trust saying “wait”. My dose is 40 mg, three times a week, and it is fine. "
)
HOSTILE = [
    "a", "A", "1", " ", "\n", ".", "-", "(", "[", "@", "'", "\u200b", "e\u0301", "\ufdfa", "é",
    "a@", "a.", "a.com ", "1 ", "12.", "1-", "a ", "stop ", "stop pills ", "pills ", "i ",
    "i want ", "you are ", "you are a ", "dr ", "Dr A", "Dr. A. ", "12 High ", "take ", "10 mg ",
    "http://", "www.a.", "born 1 ", "born ", "at gmail ", "x at ", "cured ", "my ms is ", "(1) ",
    "nobody would ", "he he hits ", "cant see the ", "from 1,", "%off ", "AB1 2C", "don't ",
    "i'm 1", "no no no ",
]  # fmt: skip


def cpu(reading, text: str, times: int) -> float:
    """Milliseconds each; the best of three, as others work on this machine too."""
    tries = []
    for _each in range(3):
        begun = time.process_time()
        for _time in range(times):
            reading(text)
        tries.append((time.process_time() - begun) / times * 1000)
    return min(tries)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from comments.screening import reading

    reading.TEXT_RULES.remove(reading.own.watchwords)  # its words are in the database
    reading.SECONDS = 60.0
    for length in (300, 2000, 10_000):
        text = (ORDINARY * (length // len(ORDINARY) + 1))[:length]
        print(f"{length} characters: {cpu(reading.Reading, text, 50):.2f} ms")
    slow = {part: cpu(reading.Reading, (part * 50_000)[:50_000], 1) for part in HOSTILE}
    for part in sorted(slow, key=lambda part: -slow[part])[:5]:
        print(f"50,000 characters of {part!r}: {slow[part]:.0f} ms")
