"""The pages about lists: four steps without a script, for those who may change people's records."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.models import Consent, Import, Subscriber

LISTS = "/admin/newsletter/import/"
ADD, EXPORT = f"{LISTS}add/", f"{LISTS}export/"
PEOPLE = b"email,confirmed_at\nfern@example.com,2022-06-01\nmoss@example.com,\nnobody,\n"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, publication):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def hand_in(desk, commit):
    """Choose a file on the page, and see where it leads."""

    def choose(content=PEOPLE):
        with commit():
            return desk.post(ADD, {"file": SimpleUploadedFile("old list.csv", content)})

    return choose


@pytest.fixture
def pat(publication):
    """Somebody who may do what these words name, and nothing else."""

    def make(*rights):
        user = User.objects.create_user("pat", password="pat", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def test_a_file_is_read_and_what_would_happen_said_in_words(desk, hand_in):
    page = desk.get(hand_in().url)

    assert "We have read the file. Nothing is changed yet." in text(page)
    assert "Not an e-mail address: left out in line 4 1" in text(page)
    assert not Subscriber.objects.exists()


def test_said_where_they_agreed_they_come_in(desk, hand_in, commit):
    page = hand_in().url
    with commit():
        desk.post(page, {"do": "start", "source": "My old blog", "without_proof": "leave"})

    assert "Done. One person came in." in text(desk.get(page))
    assert Consent.objects.get().wording == "My old blog"


def test_without_it_nobody_does_and_the_choice_is_kept(desk, hand_in):
    answer = desk.post(hand_in().url, {"do": "start", "source": " ", "without_proof": "ask"})

    assert "Please say where these people agreed." in text(answer)
    assert 'value="ask" checked' in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_a_list_under_way_shows_how_far_it_is_without_a_script(desk, hand_in, unrung):
    page = hand_in().url
    Import.objects.update(status="running", line=300, lines=1200)

    shown = desk.get(page)

    assert '<progress max="1200" value="300"' in shown.content.decode()
    assert "line 300 of 1200" in text(shown)
    assert "Look again" in text(shown)


def test_it_can_be_paused_and_goes_on(desk, hand_in, unrung):
    page = hand_in().url
    Import.objects.update(status="running", lines=4)

    assert "Paused" in text(desk.post(page, {"do": "pause"}, follow=True))
    assert "It goes on." in text(desk.post(page, {"do": "go-on"}, follow=True))
    assert Import.objects.get().status == "running"


def test_given_up_its_file_is_deleted(desk, hand_in):
    page = hand_in().url
    path = Import.objects.get().path

    desk.post(page, {"do": "give-up"})

    assert Import.objects.get().reason == "given up"
    assert not path.exists()


def test_a_button_of_a_page_that_is_old_changes_nothing(desk, hand_in):
    page = hand_in().url

    for wish in ("pause", "go-on", "made up"):
        desk.post(page, {"do": wish})

    assert Import.objects.get().status == "checked"


@pytest.mark.parametrize("content", [None, b""])
def test_no_file_or_an_empty_one_is_said_in_words(desk, hand_in, content):
    answer = desk.post(ADD, {}) if content is None else hand_in(content)

    assert re.search("Please choose a file|There is nothing in this file", text(answer))


def test_what_is_no_list_is_said_in_words(desk, hand_in):
    assert "unpack it first" in text(desk.get(hand_in(b"PK\x03\x04").url))


def test_no_look_changes_anything(desk, hand_in):
    page = hand_in().url
    before = Import.objects.values().get()

    for address in (page, ADD, EXPORT, LISTS):
        assert desk.get(address).status_code == desk.head(address).status_code == 200

    assert Import.objects.values().get() == before


def test_the_export_is_a_file_and_who_took_it_is_in_the_log(desk, sara, subscribe, caplog):
    subscribe("fern")

    answer = desk.post(EXPORT)

    assert b"fern@example.com" in b"".join(answer.streaming_content)
    assert "attachment" in answer["Content-Disposition"]
    assert f"export of 1 people by account {sara.pk}" in caplog.text
    assert "fern" not in caplog.text


@pytest.mark.parametrize("path", [LISTS, ADD, EXPORT, f"{LISTS}1/change/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_change_records_sees_no_list(pat, path, method):
    rights = ["view_subscriber", "view_import", "add_import", "change_import", "change_issue"]

    assert getattr(pat(*rights), method)(path).status_code == 403


def test_who_may_change_records_may_bring_lists(pat):
    browser = pat("change_subscriber")

    assert [browser.get(path).status_code for path in (LISTS, ADD, EXPORT)] == [200] * 3


def test_strangers_are_asked_to_log_in(reader):
    assert all("/login/" in reader.get(path).url for path in (LISTS, ADD, EXPORT))
