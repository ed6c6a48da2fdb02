"""Reading what was sent, on one's own machine only."""

import os
import re

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from config.sent_mail import linked

pytestmark = pytest.mark.django_db
HOME = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.LOCAL_MODE = True
    settings.SITE_URL = HOME
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")


def send(subject="Was it you?", text=f"Press here:\n{HOME}/newsletter/confirm/abc/.\n", html=""):
    backend = get_connection("newsletter.carriers.FileBackend")
    mail = EmailMultiAlternatives(subject, text, "a@example.org", ["wren@example.com"])
    if html:
        mail.attach_alternative(html, "text/html")
    backend.send_messages([mail])


def opened(reader):
    """The newest mail's page and its address."""
    listing = reader.get("/dev/mail/").content.decode()
    address = re.search(r'href="(/dev/mail/[^"]+\.eml/)"', listing)[1]
    return reader.get(address).content.decode(), address


def test_mails_are_listed_newest_first(reader, publication, tmp_path):
    send("First")
    first = next((tmp_path / "mail").iterdir())
    os.utime(first, (1, 1))
    send("Second")

    page = reader.get("/dev/mail/").content.decode()

    assert page.index("Second") < page.index("First")
    assert "wren@example.com" in page


def test_nothing_sent_says_what_to_do(reader, publication):
    assert "Nothing has been sent yet." in reader.get("/dev/mail/").content.decode()


def test_the_link_in_a_mail_can_be_pressed(reader, publication):
    send()

    assert f'<a href="{HOME}/newsletter/confirm/abc/">' in opened(reader)[0]


def test_text_of_a_mail_is_only_text(reader, publication):
    send("<script>1</script>", "<b>x</b> http://evil.example/ javascript:alert(1)")

    page = opened(reader)[0]

    assert "<script>1" not in page
    assert "<b>x" not in page
    assert 'href="http://evil' not in page


def test_only_addresses_of_this_site_become_links():
    text = f"{HOME}/a/, {HOME}.evil.example/ and {HOME}80/"

    assert linked(text).count("<a ") == 1


def test_the_html_part_alone_may_have_styles_of_its_own(reader, publication):
    send(html='<p style="color:red">Hello <a href="/x/">x</a></p>')
    _page, address = opened(reader)

    policy = reader.get(f"{address}html/").headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "unsafe" not in reader.get(address).headers["Content-Security-Policy"]


def test_a_mail_without_html_has_no_such_page(reader, publication):
    send()
    page, address = opened(reader)

    assert reader.get(f"{address}html/").status_code == 404
    assert "As a mail program" not in page


@pytest.mark.parametrize(
    "name",
    ["..%2fsecret-key", "..%2f..%2fetc%2fpasswd", ".hidden.eml", "none.eml", "%00.eml", "a%5c.eml"],
)
def test_no_name_leads_out_of_the_folder(reader, publication, tmp_path, name):
    send()
    (tmp_path / "secret-key").write_text("secret")
    (tmp_path / "mail" / ".hidden.eml").write_text("Subject: draft\n\nx")

    assert reader.get(f"/dev/mail/{name}/").status_code == 404


@pytest.mark.parametrize("change", [{"LOCAL_MODE": False}, {"EMAIL_FILE_PATH": None}])
def test_elsewhere_there_is_no_such_page(reader, publication, settings, change):
    send()
    for name, value in change.items():
        setattr(settings, name, value)

    assert reader.get("/dev/mail/").status_code == 404


def test_search_engines_stay_out(reader, publication):
    assert reader.get("/dev/mail/").headers["X-Robots-Tag"] == "noindex"


def test_it_is_for_reading_only(reader, publication):
    assert reader.post("/dev/mail/").status_code == 405
