"""No pixel and no rewritten link: not in a single mail, and not by a setting either."""

import os
import subprocess
import sys

import pytest
from django.core import checks
from django.core.mail import EmailMultiAlternatives

from newsletter import carriers, providers
from newsletter.tasks import tick
from tests.newsletter import ways

ON = [
    {"SEND_DEFAULTS": {"track_opens": True}},
    {"SEND_DEFAULTS": {"track_clicks": "yes"}},
    {"MAILGUN_SEND_DEFAULTS": {"esp_extra": {"o:tracking": "yes"}}},
    {"SEND_DEFAULTS": {"esp_extra": {"tracking_settings": {"open_tracking": {"enable": True}}}}},
    {"MAILGUN_TRACK_OPENS": "true"},
]
OFF = [
    {},
    {"SEND_DEFAULTS": {"track_opens": False, "track_clicks": None}},
    {"MAILGUN_TRACK_OPENS": "no", "MAILGUN_API_KEY": "KEY"},
    {"SEND_DEFAULTS": {"esp_extra": {"o:tracking": "off", "o:tag": "letters"}}},
]


def said(kind=checks.Error):
    return [found for found in checks.run_checks() if type(found) is kind]


@pytest.mark.parametrize("settings_of_anymail", ON)
def test_a_setting_that_turns_tracking_on_stops_the_start(settings, settings_of_anymail):
    settings.ANYMAIL = settings_of_anymail

    [error] = said()
    assert error.id == "newsletter.E001"
    assert "track" in error.msg


@pytest.mark.parametrize("settings_of_anymail", OFF)
def test_a_setting_that_turns_it_off_is_welcome(settings, settings_of_anymail):
    settings.ANYMAIL = settings_of_anymail

    assert said() == []


def test_serve_does_not_get_past_its_first_step_and_says_why(tmp_path):
    url = "anymail+mailgun://KEY@mg.example.org?track_opens=true"
    migrate = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput"],
        env=os.environ | {"EMAIL_URL": url, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert migrate.returncode != 0
    assert "MAILGUN_TRACK_OPENS turns on tracking" in migrate.stderr


@pytest.mark.parametrize(
    ("company", "warned"), [("mailersend", True), ("postal", True), ("mailgun", False)]
)
def test_a_company_without_headers_of_ones_own_is_warned_of(settings, company, warned):
    settings.EMAIL_URL = f"anymail+{company}://KEY@example.org"

    assert [found.id for found in said(checks.Warning)] == ["newsletter.W001"] * warned


def test_each_call_to_a_company_says_that_nothing_is_to_be_tracked(
    settings, provider, letter_to, monkeypatch
):
    ways.by_mailgun(settings, provider)
    heard = []
    _listen(monkeypatch, heard)
    letter_to("marigold", "fern")
    tick()

    assert [(data["o:tracking-opens"], data["o:tracking-clicks"]) for data in heard] == [
        ("no", "no")
    ]


def test_a_single_mail_says_so_too(settings, provider, monkeypatch):
    ways.by_mailgun(settings, provider)
    heard = []
    _listen(monkeypatch, heard)
    mail = EmailMultiAlternatives("Hello", "Words.", "site@example.org", ["fern@example.com"])
    carriers.current().send(mail)

    assert (heard[0]["o:tracking-opens"], heard[0]["o:tracking-clicks"]) == ("no", "no")


def test_we_know_of_every_company_whether_a_mail_can_say_so():
    from importlib import import_module

    from anymail.backends.base import BasePayload

    here = {name: one for name, one in providers.PROVIDERS.items() if name != "amazon_ses"}
    for name, provider in here.items():  # SES, which needs its own package, cannot
        module = import_module(f"anymail.backends.{name}")
        payloads = [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, BasePayload)
        ]
        can = any(kind.set_track_opens is not BasePayload.set_track_opens for kind in payloads)
        assert provider.tracks == can, name


def test_a_company_that_cannot_be_told_still_gets_its_mail(settings, provider, letter_to):
    ways.by_resend(settings, provider)
    letter_to("marigold")
    tick()

    assert provider.recipients == ["marigold@example.com"]


def _listen(monkeypatch, heard):
    """What is said to Mailgun in each call, as anymail puts it together."""
    from anymail.backends.mailgun import MailgunPayload

    finished = MailgunPayload.get_request_params

    def listening(self, api_url):
        heard.append(dict(self.data))
        return finished(self, api_url)

    monkeypatch.setattr(MailgunPayload, "get_request_params", listening)
