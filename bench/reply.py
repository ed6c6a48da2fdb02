"""python -m bench.reply: a reply sent and held."""

import html
import re

from bench.cost import measure

FORM = "/replies/to/ccsvi-six-years-on/"


def send(group, page, n):
    text = f"Answer number {n}, in a few plain words of no great length."
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
