"""People's records in the admin: found by whole addresses, each look noted, nothing typed over."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone

from config.admin import make_groups
from newsletter.models import Follow, Look, Memo, Subscriber, Suppression

PEOPLE = "/admin/newsletter/subscriber/"
SUPPRESSED = "/admin/newsletter/suppression/"
HELD = "/admin/newsletter/delivery/"


@pytest.fixture
def member(publication):
    """Somebody with exactly one role."""
    make_groups()

    def make(role):
        user = User.objects.create_user("helper", password="x", is_staff=True)
        user.groups.set(Group.objects.filter(name=role))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


@pytest.fixture
def operator(member):
    return member("operator")


@pytest.fixture
def fern(subscribe):
    return subscribe("fern")


def page(client, address):
    return " ".join(client.get(address).content.decode().split())


def record_of(person):
    return f"{PEOPLE}{person.pk}/change/"


def looks():
    return list(Look.objects.values_list("subscriber__email", "page", "user__username"))


def test_the_list_of_people_shows_no_address_and_notes_no_look(operator, fern):
    said = page(operator, PEOPLE)

    assert f"subscriber {fern.pk}" in said
    assert "fern@example.com" not in said
    assert looks() == []


@pytest.mark.parametrize("typed", ["fern@example.com", "Fern@EXAMPLE.com", " fern@example.com "])
def test_a_whole_address_finds_that_one_and_the_look_is_noted(operator, fern, subscribe, typed):
    subscribe("fern2")
    answer = operator.get(PEOPLE, {"q": typed}).content.decode()

    assert re.findall(r"[\w.+]+@example\.com(?=</)", answer) == ["fern@example.com"]
    assert looks() == [("fern@example.com", "search", "helper")]


@pytest.mark.parametrize("typed", ["fern", "example.com", "@", "nobody@example.com", "%"])
def test_anything_less_finds_nobody(operator, fern, typed):
    answer = operator.get(PEOPLE, {"q": typed}).content.decode()

    assert "fern@example.com" not in answer
    assert looks() == []


@pytest.mark.parametrize("typed", ["\0", " ", "fern@example.com\0"])
def test_a_search_that_cannot_be_understood_shows_no_address(operator, fern, typed):
    assert "fern@example.com" not in operator.get(PEOPLE, {"q": typed}).content.decode()


@pytest.mark.parametrize("guess", ["email__startswith", "canonical__contains", "mailbox__regex"])
def test_addresses_are_not_guessed_letter_by_letter(operator, fern, guess):
    answer = operator.get(PEOPLE, {guess: "f"})

    assert answer.status_code == 400
    assert f"subscriber {fern.pk}" not in answer.content.decode()


def test_the_filters_of_the_list_find_by_state_and_rhythm(operator, fern):
    assert f"subscriber {fern.pk}" in page(operator, f"{PEOPLE}?status__exact=active")
    assert f"subscriber {fern.pk}" not in page(operator, f"{PEOPLE}?frequency__exact=each")


def test_who_is_found_where_names_are_completed_was_looked_at(operator, fern):
    where = {"app_label": "newsletter", "model_name": "delivery", "field_name": "subscriber"}
    operator.get("/admin/autocomplete/", where | {"term": "fern@example.com"})

    assert looks() == [("fern@example.com", "search", "helper")]


@pytest.mark.parametrize("number", ["+{}", "%20{}", "{}%20"])
def test_no_odd_spelling_of_a_number_leads_past_the_record(operator, fern, number):
    odd = f"{PEOPLE}{number.format(fern.pk)}/change/"
    answer = operator.get(odd)
    operator.post(odd, {"email": "moss@example.com", "frequency": "monthly"})

    fern.refresh_from_db()
    assert "fern@example.com" not in answer.content.decode()
    assert fern.email == "fern@example.com"


def test_a_record_tells_what_we_hold(operator, sign_up, reader, mailoutbox, link, post):
    sign_up("fern@example.com")
    reader.post(link("confirm", mailoutbox[0]))
    someone = Subscriber.objects.get()
    Follow.objects.begin(someone, post)
    Memo.objects.create(subscriber=someone, kind=Memo.Kind.LINK)

    said = page(operator, record_of(someone))

    assert "fern@example.com" in said
    assert "words: 2026-11" in said  # of the consent
    assert "Hot days" in said
    assert "A link to their own page: queued" in said
    assert "Confirmation: sent" in said


def test_a_look_is_noted_once_an_hour_and_listed(operator, fern, time_machine):
    for _ in range(3):
        said = page(operator, record_of(fern))
    assert looks() == [("fern@example.com", "record", "helper")]
    assert "helper, their record" in said

    time_machine.move_to(timezone.now() + timedelta(minutes=61))
    page(operator, record_of(fern))
    assert len(looks()) == 2


def test_two_accounts_that_look_are_two_looks(operator, desk, fern):
    page(operator, record_of(fern))
    page(desk, record_of(fern))

    assert {account for _email, _page, account in looks()} == {"helper", "sara"}


def test_addresses_on_the_list_of_held_letters_are_looks(operator, letter_to, unrung):
    issue = letter_to("fern", "moss")
    issue.deliveries.update(status="uncertain")

    assert "fern@example.com" in page(operator, HELD)
    assert sorted(looks()) == [
        ("fern@example.com", "held letters", "helper"),
        ("moss@example.com", "held letters", "helper"),
    ]


def test_settings_are_set_for_somebody_who_asks(operator, fern):
    operator.post(record_of(fern), {"do": "save", "frequency": "monthly", "quiet": "on"})

    fern.refresh_from_db()
    assert (fern.frequency, fern.quiet) == ("monthly", True)


def test_saving_brings_nobody_back_who_stopped_meanwhile(operator, fern):
    fern.unsubscribe()
    operator.post(record_of(fern), {"do": "save", "frequency": "monthly"})

    fern.refresh_from_db()
    assert fern.status == "unsubscribed"


def test_staff_cannot_give_letters_to_who_only_follows_a_story(operator, fern, post):
    Follow.objects.begin(fern, post)
    fern.stop_letters()
    operator.post(record_of(fern), {"do": "save", "frequency": "weekly"})

    fern.refresh_from_db()
    assert fern.frequency == "none"


def test_all_their_mail_is_stopped_with_one_press(operator, fern):
    operator.post(record_of(fern), {"do": "stop"})

    fern.refresh_from_db()
    assert fern.status == "unsubscribed"


def test_erasing_asks_once_more_and_then_keeps_only_a_hash(operator, fern):
    erase = f"{PEOPLE}{fern.pk}/erase/"
    assert "This cannot be undone." in page(operator, erase)
    assert Subscriber.objects.exists()

    operator.post(erase)
    assert not Subscriber.objects.exists()
    assert Suppression.objects.refused_to_imports(["fern@example.com"])


def test_a_record_that_is_gone_is_not_found(operator, fern):
    address = record_of(fern)
    fern.erase()

    assert operator.get(address).status_code == operator.post(address).status_code == 404


def test_nobody_is_deleted_without_a_hash(desk, fern):
    desk.post(f"{PEOPLE}{fern.pk}/delete/", {"post": "yes"})
    desk.post(PEOPLE, {"action": "delete_selected", "_selected_action": [fern.pk], "post": "yes"})

    assert Subscriber.objects.exists()


@pytest.mark.parametrize("role", ["author", "moderator"])
def test_records_are_closed_to_who_only_writes_or_moderates(member, role, fern):
    client = member(role)
    doors = [PEOPLE, record_of(fern), f"{PEOPLE}{fern.pk}/erase/", SUPPRESSED]

    assert {client.get(door).status_code for door in doors} == {403}
    assert {client.post(door).status_code for door in doors} == {403}
    assert looks() == []


def pages_of_the_admin(client):
    """Every page that somebody can come to by links and lists, with what it says."""
    seen, todo = {}, ["/admin/", "/admin/lists/", "/admin/status/"]
    while todo:
        address = todo.pop()
        if address in seen or "/logout/" in address or len(seen) > 400:
            continue
        answer = client.get(address, follow=True)
        seen[address] = answer.content.decode()
        for href in re.findall(r'href="([^"#]+)', seen[address]):
            href = href.replace("&amp;", "&")
            here = address.partition("?")[0] + href if href.startswith("?") else href
            if here.startswith("/admin/"):
                todo.append(here)
    return seen


def test_an_author_meets_no_subscribers_address_anywhere(member, letter_to, post):
    issue = letter_to("fern", "moss")
    issue.deliveries.filter(subscriber__email__startswith="moss").update(
        status="failed", reason="SMTPRecipientsRefused", sent_at=None
    )

    seen = pages_of_the_admin(member("author"))

    assert len(seen) > 20
    assert f"/admin/newsletter/issue/{issue.pk}/change/" in seen
    assert [at for at, said in seen.items() if "@example.com" in said] == []


def test_an_operator_does_meet_addresses_so_the_walk_would_notice(operator, letter_to, post):
    letter_to("fern").deliveries.update(status="failed", sent_at=None)

    seen = pages_of_the_admin(operator)

    assert [at for at, said in seen.items() if "fern@example.com" in said]


@pytest.fixture
def suppression(db):
    return Suppression.objects.add_address("fern@example.com", "bounce")


def entry(suppression):
    return f"{SUPPRESSED}{suppression.pk}/change/"


def test_lifting_takes_a_note_and_names_who_did_it(operator, suppression):
    operator.post(entry(suppression), {"note": "She wrote from it."})

    suppression.refresh_from_db()
    assert not Suppression.objects.cover("fern@example.com")
    said = page(operator, entry(suppression))
    assert "She wrote from it." in said
    assert ">helper<" in said


@pytest.mark.parametrize("note", ["", "   ", "x" * 201])
def test_without_a_fitting_note_nothing_is_lifted_and_nothing_typed_is_lost(
    operator, suppression, note
):
    answer = operator.post(entry(suppression), {"note": note})

    assert answer.status_code == 400
    assert note.strip() in answer.content.decode()
    assert Suppression.objects.cover("fern@example.com")


def test_a_lifted_entry_stays_on_the_list(operator, suppression):
    suppression.lift("She wrote from it.")

    assert entry(suppression) in page(operator, SUPPRESSED)
    assert entry(suppression) in page(operator, f"{SUPPRESSED}?standing=no")
    assert entry(suppression) not in page(operator, f"{SUPPRESSED}?standing=yes")


def test_nobody_deletes_a_suppression(desk, suppression):
    desk.post(f"{SUPPRESSED}{suppression.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [suppression.pk], "post": "yes"}
    desk.post(SUPPRESSED, chosen)

    assert Suppression.objects.standing().exists()


def test_looking_at_an_entry_lifts_nothing(operator, suppression):
    operator.get(entry(suppression), {"note": "x"})

    assert Suppression.objects.cover("fern@example.com")


def test_an_entry_is_found_by_its_address(operator, suppression):
    Suppression.objects.add_address("moss@example.com", "bounce")

    said = page(operator, f"{SUPPRESSED}?q=Fern@example.com")

    assert entry(suppression) in said
    assert said.count("/change/") == 1


@pytest.mark.parametrize("earlier", ["left", "erased", "lifted"])
def test_an_address_that_is_known_already_can_be_suppressed_by_hand(operator, earlier):
    reason = "bounce" if earlier == "lifted" else earlier
    row = Suppression.objects.add_address("fern@example.com", reason)
    if earlier == "lifted":
        row.lift("x")

    answer = operator.post(f"{SUPPRESSED}add/", {"email": "fern@example.com", "reason": "bounce"})

    assert answer.status_code == 302
    assert Suppression.objects.get().reason == "bounce"
    assert Suppression.objects.cover("fern@example.com")


def test_a_record_says_that_its_address_is_suppressed(operator, fern, suppression):
    said = page(operator, record_of(fern))

    assert "the list of suppressed addresses: the address does not exist" in said
    assert entry(suppression) in said


@pytest.fixture
def looker(publication):
    """Somebody who may look at people and suppressions, and change nothing."""
    user = User.objects.create_user("looker", password="x", is_staff=True)
    rights = ["view_subscriber", "view_suppression"]
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(user)
    return client


def test_who_may_only_look_changes_nobody(looker, fern):
    assert looker.get(record_of(fern)).status_code == 200
    assert looker.post(record_of(fern), {"do": "stop"}).status_code == 403
    assert looker.post(f"{PEOPLE}{fern.pk}/erase/").status_code == 403

    fern.refresh_from_db()
    assert fern.status == "active"


def test_who_may_only_look_lifts_nothing(looker, suppression):
    assert looker.get(entry(suppression)).status_code == 200
    assert looker.post(entry(suppression), {"note": "x"}).status_code == 403
    assert Suppression.objects.cover("fern@example.com")
