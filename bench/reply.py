"""python -m bench.reply: a reply sent and held."""

from bench.cost import measure

FORM = "/replies/to/ccsvi-six-years-on/"


def send(group, stamp, n):
    text = f"Answer number {n}, in a few plain words of no great length."
    data = {"stamp": stamp, "text": text, "name": "Bench", "consent": "on", "question": "1"}
    group.fetch(FORM, data, client=n)


if __name__ == "__main__":
    measure("held reply", lambda group: group.stamp(FORM), send)
