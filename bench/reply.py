"""python -m bench.reply: a reply sent and held."""

import html
import random
import re

from bench.cost import measure

# No two replies alike: near repeats cost more, and are not what people send.
WORDS = (  # noqa: SIM905
    "after again autumn bath better bus cold could evening felt friend garden gone hands "
    "heat hope hour husband knew later legs letter long morning nerve nurse often people "
    "quiet rest scan since sister sleep slow snow spring stairs stick story summer tired "
    "took walk warm water week year"
).split()
FORM = "/replies/to/ccsvi-six-years-on/"


def send(group, page, n):
    text = " ".join(random.Random(n).sample(WORDS, 12)) + "."  # noqa: S311  # alike every time
    data = {"text": text, "name": "Bench", "consent": "on", **page}
    group.fetch(FORM, data, client=n)


def page_of(group):
    """What the form brings along: its stamp, and the question by its own name."""
    page = group.fetch(f"{FORM}?question=1")
    names = {"stamp", "question"}
    fields = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in fields if name in names}


if __name__ == "__main__":
    measure("held reply", page_of, send)
