"""python -m bench.reply: a reply sent and held."""

from bench.cost import fetch, measure, stamp

FORM = "/replies/to/ccsvi-six-years-on/"


def send(group, given, n):
    text = f"Answer number {n}, in a few plain words of no great length."
    data = {"stamp": given, "text": text, "name": "Bench", "consent": "on", "question": "1"}
    fetch(group, FORM, data, client=n)


if __name__ == "__main__":
    measure("held reply", lambda group: stamp(fetch(group, FORM)), send)
