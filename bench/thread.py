"""python -m bench.thread: the page of a post with 5,000 replies, as the test client gets it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from tests import with_services
from tests.chaos import ground

SAID = "What helped me was waiting. One person said so, and I was glad of it. " * 5


def write(replies: int):
    """A post with four questions; every third reply answers one of the hundred before it."""
    from django.utils import timezone

    from blog import markup
    from comments.models import Comment, Writer
    from tests.chaos import letters

    letters.publication()
    post = letters.write_post()
    questions = [
        post.questions.create(position=n, text=f"What helps you, part {n}?") for n in range(1, 5)
    ]
    now, html = timezone.now(), markup.reader_html(SAID)
    writers = Writer.objects.bulk_create([Writer() for _ in range(replies)])
    rows = [
        Comment(
            pk=n,
            post=post,
            question=questions[n % 5] if n % 5 < 4 and n % 3 else None,
            writer=writers[n - 1],
            parent_id=_answered(n),
            root_id=_answered(n),
            name=f"Reader {n}",
            body=SAID,
            body_html=html,
            status="published",
            lane="",
            waiting_since=None,
            consent_at=now,
            consent_wording="bench",
            published_at=now,
            created_at=now - timedelta(minutes=replies - n),
        )
        for n in range(1, replies + 1)
    ]
    Comment.objects.bulk_create(rows, batch_size=500)
    return post


def _answered(n: int) -> int | None:
    return max(1, n - n * 7 % 100) // 3 * 3 + 1 if n % 3 == 0 and n > 3 else None


def measure(database: str, replies: int, times: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="afterword-bench-")))
        stack.enter_context(ground.services(database, folder))
        os.environ["EMAIL_URL"] = f"file:{folder / 'mail'}"
        ground.migrate()

        import django
        from django.db import connection, connections

        django.setup()
        stack.callback(connections.close_all)
        from django.conf import settings
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        (folder / "var" / "static").mkdir()
        settings.STORAGES["staticfiles"]["BACKEND"] = (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
        post, client = write(replies), Client(headers={"Host": "localhost"})
        question, last = post.questions.first(), replies // 50 - 1
        for name, query in {
            "first page": "",
            "page 2": "?replies=2",
            f"page {last}": f"?replies={last}",
            "answers to one question": f"?answers={question.public_id}",
        }.items():
            address = post.get_absolute_url() + query
            with CaptureQueriesContext(connection) as queries:
                page, asked = client.get(address), len(queries)
            assert page.status_code == 200, page.status_code
            cpu, clock = time.process_time(), time.perf_counter()
            for _ in range(times):
                client.get(address)
            cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
            print(
                f"{database}, {replies} replies, {name}: {asked} queries, "
                f"{len(page.content) / 1000:.0f} KB, {page.text.count('<article')} articles, "
                f"{cpu / times * 1000:.1f} CPU-ms, {clock / times * 1000:.1f} ms",
                flush=True,
            )


def main() -> int:
    parser = argparse.ArgumentParser("bench.thread")
    parser.add_argument("--replies", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--database", choices=ground.DATABASES)
    options = parser.parse_args()
    if options.database:
        measure(options.database, options.replies, options.times)
        return 0
    for database in ground.DATABASES if with_services.find_postgres() else ["sqlite"]:
        command = [sys.executable, "-m", "bench.thread", "--database", database]
        numbers = ["--replies", str(options.replies), "--times", str(options.times)]
        subprocess.run([*command, *numbers], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
