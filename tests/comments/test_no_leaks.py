"""What must be nowhere: addresses of machines, words in logs, cookies on public pages."""

import logging
import os
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup
from django.core import management
from django.test import Client

from comments.models import Comment

ADDRESS = "203.0.113.77"


@pytest.fixture
def stranger():
    return Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR=ADDRESS)


def test_a_clients_address_is_nowhere_in_the_database(send, stranger, capsys):
    send(stranger, website="x")
    capsys.readouterr()

    management.call_command("dumpdata")

    dump = capsys.readouterr().out
    assert "A wet scarf." in dump and ADDRESS not in dump


def test_a_clients_address_is_on_no_page(send, stranger, desk, sara):
    private = stranger.get(send(stranger).url)
    comment = Comment.objects.get()
    comment.publish(by=sara)
    pages = [private, stranger.get(comment.post.get_absolute_url())]
    pages += [desk.get(f"/admin/comments/comment/{comment.pk}/change/")]

    assert all(ADDRESS not in page.text + str(page.headers) for page in pages)


def test_words_names_links_and_addresses_are_in_no_log(send, stranger, caplog):
    caplog.set_level(logging.DEBUG)
    token = send(stranger, text="My secret words").url.rstrip("/").rpartition("/")[2]
    stranger.get(f"/replies/mine/{token}/")
    send(stranger, text="My secret words", stamp="")

    nowhere = ("django.db", "django.request")  # by the settings, what these say is written nowhere
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(nowhere))
    assert "comments:mine" in ours
    for secret in ("My secret words", "Marigold", token, ADDRESS, "hot-days"):
        assert secret not in ours


def test_what_was_taken_back_is_nowhere_in_the_database(send, stranger, sara, capsys):
    send(stranger, text="xyzzy words", name="Plugh")
    comment = Comment.objects.get()
    comment.publish(by=sara)
    comment.withdraw()
    capsys.readouterr()

    management.call_command("dumpdata")

    dump = capsys.readouterr().out
    assert "xyzzy" not in dump and "Plugh" not in dump


TAKE_BACK = """
from django.conf import settings
from django.db import connection
from config.tasks import write_over
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE words (said text)")
    cursor.execute("INSERT INTO words VALUES ('xyzzy')")
    cursor.execute("DELETE FROM words")
write_over()
files = list(settings.DATA_DIR.glob("db.sqlite3*"))
print(len(files) > 1, [file.name for file in files if b"xyzzy" in file.read_bytes()])
"""


def test_what_was_taken_back_is_written_over_in_sqlites_files(tmp_path):
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", TAKE_BACK]
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

    assert said.strip() == "True []"


def test_public_pages_of_replies_set_no_cookie_and_vary_on_none(send, stranger, address, post):
    sent = send(stranger)
    token = sent.url.rstrip("/").rpartition("/")[2]
    pages = [stranger.get(url) for url in (address, sent.url, f"/replies/mine/{token}/")]
    pages += [stranger.get(post.get_absolute_url()), send(stranger, step="check"), sent]

    assert not stranger.cookies
    assert all("Cookie" not in page.headers.get("Vary", "") for page in pages)


def test_the_form_asks_for_an_address_only_to_write_back_and_only_if_one_likes(reader, address):
    page = BeautifulSoup(reader.get(address).text, "html.parser")

    box = page.find("input", type="email", id="email")
    assert not box.has_attr("required")
    assert (
        "Never shown. Only used to tell you when your reply is up"
        in box.find_parent("details").text
    )


def test_no_page_loads_anything_from_elsewhere(send, reader, address):
    for page in (reader.get(address), send(step="check"), reader.get(send().url)):
        assert 'src="http' not in page.text and '<link rel="stylesheet" href="http' not in page.text
