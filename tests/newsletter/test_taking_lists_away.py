"""The export: everything about everybody, harmless to spreadsheets, and whole when it is back."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from blog.models import Tag
from newsletter.lists import own, writing
from newsletter.models import Consent, Import, Subscriber, Suppression


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, publication):
    settings.DATA_DIR = tmp_path


def exported():
    return "".join(writing.pieces()).encode()


def lines():
    return list(csv.DictReader(io.StringIO(exported().decode("utf-8-sig"))))


def bring_back(content):
    row = Import.objects.receive("subscribers.csv", [content])
    row.go_on()
    row.refresh_from_db()
    row.start(source="Our own list", without_proof="leave")
    while row.go_on():
        pass
    row.refresh_from_db()
    return row


def everybody_gone():
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()


def test_it_says_what_they_chose_and_what_they_agreed_to(subscribe, post):
    fern = subscribe("fern", frequency="monthly", quiet=True, all_topics=False)
    fern.topics.add(*[Tag.objects.create(name=name, slug=name) for name in ("sleep", "heat")])
    fern.follows.begin(fern, post)
    fern.consents.create(wording="2026-11", page="site", confirmed_at=timezone.now())

    [line] = lines()

    assert (line["email"], line["frequency"], line["quiet"]) == (
        "fern@example.com",
        "monthly",
        "yes",
    )
    assert (line["all_topics"], line["topics"]) == ("no", "heat sleep")
    assert '"story": "hot-days"' in line["follows"] and '"wording": "2026-11"' in line["consents"]


def test_everybody_comes_back_as_they_were(subscribe, post):
    Subscriber.objects.create(email="pending@example.com")
    subscribe("left").unsubscribe()
    subscribe("paused").pause(until=timezone.localdate() + timedelta(days=30))
    bounced = subscribe("bounced", bounce_score=1.5, bounce_scored_at=timezone.now())
    Suppression.objects.add_address(bounced.email, "complaint")
    ended = subscribe("ended", frequency="none")
    ended.follows.begin(ended, post)
    ended.follows.end()
    fern = subscribe("=fern", frequency="each", all_topics=False, quiet=True, source="@site")
    fern.topics.add(Tag.objects.create(name="Heat", slug="heat"))
    fern.follows.begin(fern, post)
    fern.consents.create(wording='"old, blog"\n=1+1', page="import", given_at=timezone.now())
    fern.consents.create(what="story", story=post, wording="2026-11", page="post")
    token = fern.unsubscribe_token
    before = exported()
    everybody_gone()

    row = bring_back(before)

    assert exported() == before
    assert row.counts == {"joined": 4, "waiting": 1, "left": 1}
    assert Suppression.objects.cover("bounced@example.com")
    assert Subscriber.objects.with_token(token).email == "=fern@example.com"


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from("'=+-@\t\r\n\",;"),
    max_size=30,
)
MOMENTS = st.datetimes(
    min_value=timezone.datetime(2000, 1, 1), max_value=timezone.datetime(2026, 1, 1)
).map(lambda moment: timezone.make_aware(moment))
PEOPLE = st.fixed_dictionaries(
    {
        "email": st.from_regex(r"\A[=+'-]?[a-z0-9]{1,8}@example\.org\Z"),
        "status": st.sampled_from(Subscriber.Status.values),
        "frequency": st.sampled_from(["none", "each", "weekly", "monthly"]),
        "all_topics": st.booleans(),
        "quiet": st.booleans(),
        "source": TEXT,
        "signed_up_at": MOMENTS,
        "asked_at": MOMENTS,
        "bounce_score": st.floats(0, 100),
        "link_version": st.integers(0, 1000),
        "wording": TEXT,
        "given_at": MOMENTS,
    }
)


@given(st.lists(PEOPLE, max_size=5, unique_by=lambda person: person["email"]))
@tries(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whoever_they_are_the_way_out_and_in_loses_nothing(db, people):
    everybody_gone()
    for facts in people:
        wording, given_at = facts.pop("wording"), facts.pop("given_at")
        state = facts["status"]
        confirmed_at = given_at if state in {"active", "paused"} else None
        left_at = given_at if state == "unsubscribed" else None
        until = date(2027, 1, 1) if state == "paused" else None
        person = Subscriber.objects.create(
            **facts, confirmed_at=confirmed_at, unsubscribed_at=left_at, paused_until=until
        )
        person.consents.create(wording=wording, page="site", given_at=given_at)
    before = exported()
    everybody_gone()

    bring_back(before)

    assert exported() == before


@given(TEXT)
@example("'=1")
@example("=cmd|'/c calc'!A0")
def test_no_cell_is_a_formula_and_each_comes_back(text):
    cell = own.harmless(text)

    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert own.as_it_was(cell) == text


def test_two_exports_brought_one_after_the_other_change_nothing(subscribe):
    subscribe("fern")
    before = exported()

    row = bring_back(before)

    assert row.counts == {"known": 1}
    assert exported() == before


def test_a_file_that_somebody_changed_signs_nobody_up(subscribe):
    subscribe("fern")
    [line] = lines()
    Subscriber.objects.all().delete()
    line |= {"confirmed_at": "", "consents": "[{]", "follows": '[1, {"story": 2}]'}

    row = bring_back(f"{','.join(line)}\n{','.join(line.values())}".encode())

    assert row.counts == {"unproven": 1}


def test_a_topic_that_is_not_here_is_said(subscribe):
    fern = subscribe("fern", all_topics=False)
    tag = Tag.objects.create(name="Heat", slug="heat")
    fern.topics.add(tag)
    before = exported()
    everybody_gone()
    tag.delete()

    row = bring_back(before)

    assert row.counts == {"joined": 1, "missing": 1}


def test_what_json_can_spell_and_no_database_takes_is_left_out(subscribe):
    fern = subscribe("fern")
    fern.consents.create(wording="MARK", page="site")
    before = exported().replace(b"MARK", rb"a\ud800\u0000b")
    everybody_gone()

    assert bring_back(before).counts == {"joined": 1}
    assert Consent.objects.get().wording == "ab"


def test_the_command_writes_a_file_for_our_eyes_only_and_over_no_other(subscribe, tmp_path):
    subscribe("fern")

    call_command("export_subscribers", tmp_path / "out.csv")

    assert (tmp_path / "out.csv").read_bytes() == exported()
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError):
        call_command("export_subscribers", tmp_path / "out.csv")


def test_a_folder_that_is_not_there_is_said_in_words(publication, tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_subscribers", tmp_path / "gone" / "out.csv")
