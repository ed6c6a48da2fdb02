"""python -m bench.sign_up: a sign-up, and the worker's sending of its confirmation (to a file)."""

from bench.cost import fetch, measure, stamp


def sign_up(group, given, n):
    data = {"stamp": given, "email": f"bench.{n + 1000}@example.com"}
    fetch(group, "/newsletter/", data, client=n)


if __name__ == "__main__":
    measure(
        "sign-up with its confirmation mail",
        lambda group: stamp(fetch(group, "/newsletter/")),
        sign_up,
        settle=5,
    )
