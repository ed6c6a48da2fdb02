"""python -m bench.sign_up: a sign-up, and the worker's sending of its confirmation (to a file)."""

from bench.cost import measure

BOX = "/newsletter/"


def sign_up(group, stamp, n):
    group.fetch(BOX, {"stamp": stamp, "email": f"bench.{n + 1000}@example.com"}, client=n)


if __name__ == "__main__":
    measure("sign-up with its confirmation mail", lambda group: group.stamp(BOX), sign_up, settle=5)
