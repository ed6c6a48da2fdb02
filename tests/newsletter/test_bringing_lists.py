"""Lists from elsewhere: read without a change, then taken in, and nobody comes back by one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from newsletter.lists import dates, reading
from newsletter.models import (
    Confirmation,
    Consent,
    Import,
    Subscriber,
    Suppression,
    Tally,
    imports,
    settling,
)
from newsletter.tasks import tick
from tests.newsletter import brought

PROOF = "email,confirmed_at\n"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, publication):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def read():
    """Hand in a list, and have it read: read("email\nfern@example.com")."""

    def hand_in(content):
        data = content if isinstance(content, bytes) else content.encode()
        row = Import.objects.receive("people.csv", [data])
        row.go_on()
        row.refresh_from_db()
        return row

    return hand_in


@pytest.fixture
def bring(read):
    """Hand in a list, and take its people in."""

    def take_in(content, *, ask=False):
        row = read(content)
        row.start(source="My old blog", without_proof="ask" if ask else "leave")
        while row.go_on():
            pass
        row.refresh_from_db()
        return row

    return take_in


@pytest.fixture
def small_parts(monkeypatch):
    """Three lines in a transaction."""
    monkeypatch.setattr(imports, "PART", 3)


def people(count):
    return PROOF + "".join(f"reader{n:03}@example.com,2022-06-01\n" for n in range(count))


def states():
    return dict(Subscriber.objects.values_list("email", "status"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_address_is_cut_in_two_however_long_the_file_is(read, monkeypatch, end):
    monkeypatch.setattr(reading, "LONGEST_LINE", 64)

    assert read(people(50).replace("\n", end)).counts == {"joined": 50}


@pytest.mark.parametrize("first", ["fern@example.com,pending,", "fern@example.com,bounced,"])
def test_what_reading_foretells_is_what_happens(bring, read, small_parts, first):
    others = "".join(f"reader{n}@example.com,,2022-06-01\n" for n in range(4))
    whole = f"email,status,confirmed_at\n{first}\n{others}fern@example.com,,2022-06-01\n"
    foretold = read(whole).counts

    assert bring(whole).counts == foretold


def everything():
    """All that a list may change, but for the numbers of rows."""
    rows = Subscriber.objects.order_by("email").values_list("email", "status", "signed_up_at")
    return [*rows], Consent.objects.count(), Tally.objects.values_list("what", "number").first()


@pytest.mark.parametrize("name", brought.SAMPLES)
def test_each_service_is_known_by_its_columns_and_understood(read, name):
    content, expected = brought.SAMPLES[name]

    row = read(content)

    assert row.kind == name.split()[0]
    assert row.counts == {brought.BECOMES[who]: 1 for who in expected.split()}


@pytest.mark.parametrize("name", brought.SAMPLES)
def test_who_proved_it_gets_letters_who_left_does_not_and_the_others_are_not_there(bring, name):
    content, expected = brought.SAMPLES[name]

    bring(content)

    wanted = {"proved@example.com": "active", "left@example.com": "unsubscribed"}
    assert states() == {
        email: state for email, state in wanted.items() if email.split("@")[0] in expected
    }


def test_a_consent_keeps_their_dates_and_the_words_of_who_brought_them(bring):
    bring(brought.MAILCHIMP)

    consent = Consent.objects.get()
    assert (consent.wording, consent.page) == ("My old blog", "import")
    assert consent.given_at == datetime(2019, 3, 16, 14, 40, 47, tzinfo=UTC)
    assert consent.confirmed_at == datetime(2019, 3, 16, 14, 52, 1, tzinfo=UTC)


def test_reading_changes_nobody(read, mailoutbox):
    row = read(people(3))

    assert (row.status, row.counts, row.lines) == ("checked", {"joined": 3}, 4)
    assert not Subscriber.objects.exists()


def test_nobody_comes_in_before_it_is_said_where_they_agreed(read):
    row = read(people(3))

    with pytest.raises(ValueError):
        row.start(source=" ", without_proof="leave")

    assert not row.go_on() and not Subscriber.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_spelling_of_letters_separators_and_lines_is_read(read, encoding, separator, end):
    lines = [
        ["Vorname", "E-Mail-Adresse", "confirmed_at"],
        ["Zoë", "fern@example.com", "2022-06-01"],
        [f'"two{end}lines and a ""{separator}"""', "moss@bücher.example", "2022-06-01"],
    ]
    content = end.join(separator.join(line) for line in lines)

    row = read(content.encode(encoding))

    assert row.counts == {"joined": 2}


def test_an_old_windows_file_is_read_and_a_word_from_excel_on_top_is_not_a_column(read):
    row = read(
        "sep=;\r\nName;Email;confirmed_at\r\nJosé;fern@example.com;2022-06-01".encode("cp1252")
    )

    assert row.counts == {"joined": 1}


def test_odd_lines_harm_no_other(read):
    row = read(
        "email,confirmed_at,notes\n"
        "\n"
        "fern@exa\0mple.com,2022-06-01\n"
        "moss\n"
        ",,\n"
        "ivy@example.com\n"
        "oak@example.com,2022-06-01,one,two,three\n"
        "FERN@example.com,2022-06-01,again\n"
        "=cmd|'/c calc'!A0,2022-06-01\n"
    )

    assert row.counts == {"joined": 2, "invalid": 2, "unproven": 1, "twice": 1}
    assert row.examples["invalid"] == [4, 9]


def test_a_quotation_mark_that_never_ends_costs_no_memory_and_stops_nothing(read):
    row = read(f'email,confirmed_at\nfern@example.com,2022-06-01\n"{"x" * 300_000}\n')

    assert row.status == "checked"
    assert row.counts["joined"] == 1


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"name,city\nFern,London\n", "no addresses"),
        (b"PK\x03\x04zip", "no csv"),
    ],
)
def test_what_is_no_list_is_refused_in_words_and_its_file_deleted(read, content, reason):
    row = read(content)

    assert (row.status, row.reason) == ("failed", reason)
    assert row.why_not
    assert not list((Path(settings.DATA_DIR) / "imports").iterdir())


@given(st.binary(max_size=300))
@tries(max_examples=150, deadline=None)
def test_no_bytes_at_all_break_the_reading(read_bytes, data):
    assert read_bytes(data)


@pytest.fixture(scope="module")
def read_bytes(tmp_path_factory):
    """Reads without rows: every line of whatever it is."""
    from newsletter.lists import reading

    file = tmp_path_factory.mktemp("odd") / "odd.csv"

    def read_all(data):
        file.write_bytes(b"email,status,confirmed_at\n" + data)
        try:
            sheet = reading.sheet(file)
            return [sheet.reader(cells) for _line, cells in sheet.lines] or True
        except reading.Unreadable as error:
            return error.reason in imports.REASONS

    return read_all


def test_people_who_are_here_stay_as_they_are(bring, subscribe):
    subscribe("reader000", frequency="monthly")
    subscribe("reader001").unsubscribe()
    Subscriber.objects.create(email="Reader002@example.com")

    row = bring(people(3))

    assert row.counts == {"known": 2, "refused": 1}
    assert list(states().values()) == ["pending", "unsubscribed", "active"]


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_whoever_must_not_come_back_does_not(bring, reason):
    Suppression.objects.add_address("reader000@example.com", reason)

    row = bring(people(1))

    assert row.counts == {"refused": 1}
    assert not Subscriber.objects.exists()


def test_a_suppression_that_was_lifted_keeps_nobody_out(bring):
    Suppression.objects.add_address("reader000@example.com", "bounce").lift("They wrote to us.")

    assert bring(people(1)).counts == {"joined": 1}


def test_who_left_there_is_kept_out_of_the_next_list_too(bring):
    bring("email,status\nreader000@example.com,unsubscribed\n")
    Subscriber.objects.all().delete()

    assert bring(people(1)).counts == {"refused": 1}


@pytest.mark.parametrize("between", ["", "".join(f"r{n}@example.com,\n" for n in range(4))])
def test_who_left_one_of_their_lists_has_left(bring, small_parts, between):
    """MailPoet writes a line for each list; the second may be in a later part."""
    came, left = "fern@example.com,subscribed\n", "fern@example.com,unsubscribed\n"

    bring("email,list_status\n" + came + between + left)

    assert states()["fern@example.com"] == "unsubscribed"
    assert Suppression.objects.refused_to_imports(["fern@example.com"])


def test_a_list_twice_is_a_list_once(bring):
    bring(people(7))
    before = everything()

    row = bring(people(7))

    assert row.counts == {"known": 7}
    assert everything() == before


@pytest.mark.parametrize("step", range(1, 4))
def test_killed_anywhere_it_goes_on_where_it_was(
    bring, read, small_parts, monkeypatch, later, step
):
    """As kill -9 does: nothing of the step in hand is there, and its lease has to run out."""
    row, whole, steps = read(people(10)), settling.settle, []

    def settle(part, its):
        steps.append(whole(part, its))
        if len(steps) == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(imports, "settle", settle)
    row.start(source="My old blog", without_proof="leave")
    with pytest.raises(KeyboardInterrupt):
        row.go_on()
    row.refresh_from_db()
    assert Subscriber.objects.count() == max(row.line - 1, 0) == 3 * (step - 1)
    later(seconds=30)
    assert Subscriber.objects.count() == 3 * (step - 1)

    later(minutes=1)

    row.refresh_from_db()
    assert (row.status, row.counts) == ("done", {"joined": 10})
    assert Subscriber.objects.count() == Consent.objects.count() == 10
    assert Tally.objects.get(what="imported").number == 10


@pytest.mark.parametrize("moment", ["read", "settle"])
def test_a_worker_whose_lease_ran_out_writes_nothing(read, small_parts, monkeypatch, moment):
    row = read(people(10))
    row.start(source="My old blog", without_proof="leave")
    place = imports.Part if moment == "read" else imports
    whole = getattr(place, moment)

    def slow(*given):
        done = whole(*given)
        Import.objects.update(leased_until=timezone.now() + timedelta(minutes=2))
        return done

    monkeypatch.setattr(place, moment, slow)
    row.go_on()

    row.refresh_from_db()
    assert (row.line, row.status) == (0, "running")
    assert not Subscriber.objects.exists()


def test_paused_it_stays_where_it_is_and_resumed_it_ends(read, small_parts):
    row = read(people(10))
    row.start(source="My old blog", without_proof="leave")
    assert row.go_on(seconds=0)
    assert row.pause()
    tick()
    assert Subscriber.objects.count() == 3

    row.resume()
    tick()

    assert Subscriber.objects.count() == 10


def test_done_its_file_is_gone(bring):
    row = bring(people(1))

    assert (row.status, row.file) == ("done", "")
    assert not list((Path(settings.DATA_DIR) / "imports").iterdir())


def test_a_file_is_kept_for_a_day_where_only_we_can_read_it(read, time_machine):
    row = read(people(1))
    assert row.path.stat().st_mode & 0o777 == 0o600
    assert Import.objects.forget_files() == 0
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))

    assert Import.objects.forget_files() == 1

    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", "kept a day")
    assert not list((Path(settings.DATA_DIR) / "imports").iterdir())


def test_a_file_without_a_row_goes_as_well(read, time_machine):
    row = read(people(1))
    Import.objects.all().delete()
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))

    assert Import.objects.forget_files() == 1
    assert not row.path.exists()


def test_a_list_whose_file_is_gone_says_so(read):
    row = read(people(1))
    row.start(source="My old blog", without_proof="leave")
    row.path.unlink()

    row.go_on()

    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", "gone")


def test_who_did_not_prove_it_is_asked_once_and_slowly(bring, mailoutbox, later):
    bring("email\nfern@example.com\nmoss@example.com\nivy@example.com\n", ask=True)
    assert mailoutbox == []

    later(seconds=7)
    assert len(mailoutbox) == 1
    later(minutes=1)

    assert sorted(mail.to[0].split("@")[0] for mail in mailoutbox) == ["fern", "ivy", "moss"]
    assert set(states().values()) == {"pending"}


def test_who_was_asked_once_and_did_not_answer_is_never_asked_by_a_list_again(
    bring, later, commit, mailoutbox
):
    bring("email\nfern@example.com\n", ask=True)
    later(minutes=1)
    later(days=31)
    assert not Subscriber.objects.exists()

    bring("email\nfern@example.com\n", ask=True)
    assert not Confirmation.objects.exists()
    with commit():
        Subscriber.objects.sign_up("fern@example.com")
    assert len(mailoutbox) == 2  # they themselves may ask at any time


def test_a_second_list_asks_after_the_first(bring):
    bring("email\nfern@example.com\n", ask=True)
    bring("email\nmoss@example.com\n", ask=True)

    first, second = Confirmation.objects.order_by("pk").values_list("due_at", flat=True)
    assert second - first == timedelta(seconds=6)


def test_a_mailbox_that_was_asked_this_month_is_not_asked_again(bring):
    Subscriber.objects.sign_up("fern+ms@example.com")

    row = bring("email\nfern@example.com\nmoss@example.com\nmoss+news@example.com\n", ask=True)

    assert row.counts == {"asked": 1, "unproven": 2}
    assert Confirmation.objects.count() == 2


def test_who_never_confirmed_there_is_not_asked_here(bring):
    bring(brought.BUTTONDOWN, ask=True)

    assert not Confirmation.objects.exists()


def test_who_answers_is_in(bring, later, link, mailoutbox, reader, stamp):
    bring("email\nfern@example.com\n", ask=True)
    later(seconds=7)

    Confirmation.objects.get().confirm()

    assert states() == {"fern@example.com": "active"}


def test_no_log_and_no_row_of_the_list_says_an_address(bring, caplog):
    row = bring("email\nfern@example.com\nnot an address\n")

    assert "fern" not in caplog.text and "address" not in caplog.text
    assert "fern" not in repr([row.counts, row.examples, row.reason])


def test_an_odd_error_says_no_address_and_ends_it(read, monkeypatch, caplog):
    row = read(people(3))

    def settle(part, its):
        raise RuntimeError("Key (email)=(fern@example.com) exists")

    monkeypatch.setattr(imports, "settle", settle)
    row.start(source="My old blog", without_proof="leave")
    row.go_on()

    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", "refused")
    assert "fern" not in caplog.text


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2023-01-01T10:00:00.000Z", datetime(2023, 1, 1, 10, tzinfo=UTC)),
        ("2023-01-01 12:00:00+02:00", datetime(2023, 1, 1, 10, tzinfo=UTC)),
        ("2023-01-01 10:00:00.123456789 +0000 UTC", datetime(2023, 1, 1, 10, 0, 0, 123456, UTC)),
        ("01.02.2023 10:30", datetime(2023, 2, 1, 10, 30, tzinfo=UTC)),
        ("1/2/2023", None),  # January or February
        ("2923-01-01", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("0000-00-00 00:00:00", None),
        ("yesterday", None),
    ],
)
def test_a_date_is_read_or_is_none(text, moment):
    assert dates.read(text) == moment


def test_the_command_says_what_would_happen_and_then_does_it(tmp_path, capsys):
    (tmp_path / "people.csv").write_text(people(2) + "nobody,\n")

    call_command("import_subscribers", tmp_path / "people.csv", "--dry-run")
    assert "2  They agreed" in capsys.readouterr().out
    assert not Subscriber.objects.exists()

    call_command("import_subscribers", "--resume", Import.objects.get().pk, "--source", "My blog")
    assert Subscriber.objects.count() == 2
    assert "Done." in capsys.readouterr().out


def test_the_command_wants_to_know_where_they_agreed(tmp_path):
    (tmp_path / "people.csv").write_text(people(2))

    with pytest.raises(CommandError, match="where these people agreed"):
        call_command("import_subscribers", tmp_path / "people.csv")
