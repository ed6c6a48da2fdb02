"""python -m bench.confirmations: how long a sign-up waits for its mail while an issue goes out."""

import time

from bench.mail import site

PEOPLE, SIGN_UPS = 10_000, 100

if __name__ == "__main__":
    with site("smtp", PEOPLE) as here:
        from newsletter.models import Subscriber

        issue = here.letters.weekly().send_now()
        asked: dict[str, float] = {}
        while len(asked) < SIGN_UPS and not here.letters.has_ended(issue):
            address = f"new{len(asked)}@example.org"
            asked[address] = time.time()
            Subscriber.objects.sign_up(address)
            time.sleep(0.2)
        while not here.letters.has_ended(issue):
            time.sleep(0.2)
        time.sleep(5)
        got = {line.recipient: line.at for line in here.sink.taken}
    waits = sorted(got[address] - at for address, at in asked.items() if address in got)
    p50, p99 = (waits[int(len(waits) * share)] for share in (0.5, 0.99))
    print(
        f"{len(waits)} of {len(asked)} sign-ups during an issue to {PEOPLE}: the mail left after "
        f"{p50:.2f} s (median), {p99:.2f} s (p99), {waits[-1]:.2f} s (longest)"
    )
