"""The doctor says in words what to mend."""

import os
import subprocess
import sys
import time

import pytest
from django.core.management import call_command

from blog.models import Publication
from config import embedded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _well(settings, tmp_path, publication):
    """A public site on which nothing is wrong."""
    server = subprocess.Popen(embedded.command(tmp_path))
    while not embedded.answers(embedded.socket_path(tmp_path)):
        time.sleep(0.02)
    settings.REDIS_URL = embedded.url(tmp_path)
    settings.DATA_DIR = tmp_path
    settings.LOCAL_MODE, settings.HTTPS = False, True
    settings.SECRET_KEY = "long enough " * 5
    settings.EMAIL_URL = "smtp://localhost"
    Publication.objects.update(from_address="sara@example.org")
    yield
    server.kill()
    server.wait()


def doctor(capsys):
    """What it said, and its exit code."""
    try:
        call_command("doctor")
    except SystemExit as end:
        return capsys.readouterr().out, end.code
    return capsys.readouterr().out, 0


def test_nothing_wrong_is_said_too(capsys):
    assert doctor(capsys) == ("All well.\n", 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SECRET_KEY": "short"}, "Broken: SECRET_KEY is shorter"),
        ({"HTTPS": False}, "Broken: SITE_URL does not begin with https://"),
        ({"EMAIL_URL": "file:/tmp"}, "Broken: EMAIL_URL begins with file:"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "Broken: The broker does not answer"),
        ({"DATA_DIR": "/proc/nowhere"}, "Broken: /proc/nowhere cannot be written to"),
    ],
)
def test_what_is_broken_is_named_and_fails(capsys, settings, change, words):
    for name, value in change.items():
        setattr(settings, name, value)

    said, code = doctor(capsys)

    assert words in said
    assert code == 1


def test_missing_addresses_are_advice_only(capsys):
    Publication.objects.update(from_address="", postal_address="")

    said, code = doctor(capsys)

    assert "no postal address" in said
    assert "no sender’s address" in said
    assert code == 0


def test_missing_migrations_are_named(tmp_path):
    environment = os.environ | {"DATA_DIR": str(tmp_path / "new"), "DATABASE_URL": ""}
    environment.pop("DATABASE_URL")
    result = subprocess.run(
        [sys.executable, "manage.py", "doctor"], env=environment, capture_output=True, text=True
    )

    assert "Run: manage.py migrate" in result.stdout
    assert result.returncode == 1
