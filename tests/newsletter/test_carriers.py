"""One contract for every way out: the same issue arrives as the same mails, each for one person."""

import re
from email.utils import parsedate_to_datetime

import pytest
from django.core import mail

from newsletter import carriers, emails
from newsletter.carriers.provider import assert_nobody_sees_the_others
from newsletter.models import Confirmation, Delivery, Issue, Subscriber
from newsletter.models.chunks import form_of
from newsletter.tasks import tick
from tests.newsletter import ways

WAYS = ["smtp", "files", "one by one", "mailgun", "resend", "another company"]
NAMES = ["marigold", "fern", "aster"]


@pytest.fixture(params=WAYS)
def arrived(request, settings, tmp_path):
    """Choose a way out; gives what arrived by it."""
    if request.param == "smtp":
        sink = request.getfixturevalue("smtp")
        return lambda: ways.of_smtp(sink)
    if request.param == "files":
        ways.by_files(settings, tmp_path / "mail")
        return lambda: ways.of_files(tmp_path / "mail")
    if request.param in {"mailgun", "resend"}:
        sink = request.getfixturevalue("provider")
        choose = ways.by_mailgun if request.param == "mailgun" else ways.by_resend
        choose(settings, sink)
        return lambda: ways.of_provider(sink)
    if request.param == "another company":
        settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    return lambda: ways.of_mailbox(mail.outbox)


@pytest.fixture
def issue(letter_to):
    """To three people, one of whom shares a screen."""
    issue = letter_to(*NAMES)
    Subscriber.objects.filter(email="fern@example.com").update(quiet=True)
    return issue


@pytest.fixture
def letters(arrived, issue):
    """What the three got."""
    tick()
    letters = arrived()
    assert len(letters) == 3
    return letters


def test_each_person_gets_one_mail_addressed_to_them_alone(letters, issue):
    assert sorted(letter.recipient for letter in letters) == sorted(
        f"{n}@example.com" for n in NAMES
    )
    assert [letter.to for letter in letters] == [letter.recipient for letter in letters]


def test_nothing_in_a_mail_is_of_somebody_else(letters, issue):
    for letter in letters:
        others = Subscriber.objects.exclude(email=letter.recipient)
        assert not any(other.email in letter.everything for other in others)
        assert not any(other.unsubscribe_token in letter.everything for other in others)
        assert not any(other.manage_token in letter.everything for other in others)


def test_the_words_are_the_frozen_ones_with_ones_own_link(letters, issue):
    issue.refresh_from_db()

    for letter in letters:
        reader = Subscriber.objects.get(email=letter.recipient)
        own = {"link": reader.unsubscribe_token, "page": reader.manage_token}
        text = issue.text
        for name, token in own.items():
            mark = f"own-{name}-{issue.public_id}"
            assert letter.html.count(token) == issue.html.count(mark) > 0
            text = text.replace(mark, token)
        assert letter.text == text
        assert issue.public_id not in letter.everything.replace(issue.get_absolute_url(), "")


def test_who_shares_a_screen_gets_a_subject_that_says_nothing(letters, issue):
    subjects = {letter.recipient: letter.subject for letter in letters}

    assert subjects == {
        "marigold@example.com": "Slow Signal: Hot days",
        "fern@example.com": "New post from Slow Signal",
        "aster@example.com": "Slow Signal: Hot days",
    }


def test_every_mail_says_whose_it_is_and_how_to_leave(letters, issue, publication):
    for letter in letters:
        token = Subscriber.objects.get(email=letter.recipient).unsubscribe_token
        assert publication.mail_domain in letter.sender
        assert re.fullmatch(
            rf"<https?://[^<>]+/newsletter/unsubscribe/{token}/>",
            letter.headers["list-unsubscribe"],
        )
        assert letter.headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        assert (
            letter.headers["list-id"]
            == f"Slow Signal <weekly.newsletter.{publication.mail_domain}>"
        )
        assert letter.headers["feedback-id"].count(":") == 3
        assert letter.headers["auto-submitted"] == "auto-generated"


def test_a_mail_that_is_sent_again_is_the_same_mail(letters, arrived, issue, later):
    first = {letter.recipient: letter for letter in letters}
    Delivery.objects.update(status="failed", sent_at=None)
    issue.retry_failed()
    later(hours=5)
    mails = arrived()

    assert len(mails) == 6
    for letter in mails[3:]:
        once = first[letter.recipient].headers
        assert letter.headers["message-id"] == once["message-id"]
        assert letter.headers["date"] == once["date"]


def test_its_id_names_the_row_and_its_date_is_the_first_attempt(letters, issue):
    for letter in letters:
        row = Delivery.objects.get(subscriber__email=letter.recipient)
        assert emails.named(letter.headers["message-id"]) == ("d", row.pk)
        sent = parsedate_to_datetime(letter.headers["date"])
        assert sent == row.first_tried_at.replace(microsecond=0)


def test_no_line_is_longer_than_mail_allows(letters, issue):
    for letter in letters:
        lines = letter.raw.splitlines()
        assert max((len(line) for line in lines), default=0) <= 998


def test_a_confirmation_goes_the_same_way(arrived, sign_up):
    sign_up("marigold@bücher.example")

    [letter] = arrived()
    assert letter.to == letter.recipient == "marigold@xn--bcher-kva.example"
    assert Confirmation.objects.get().token in letter.text
    assert "list-unsubscribe" not in letter.headers


def test_only_companies_that_report_back_are_told_the_row(letters, request):
    sinks = {"mailgun", "resend"} & {request.node.callspec.params["arrived"]}
    if sinks:
        marks = [
            letter.metadata["delivery"] for letter in request.getfixturevalue("provider").taken
        ]
        assert {Delivery.objects.with_mark(mark) for mark in marks} == set(Delivery.objects.all())
    elif not carriers.current().reports:
        mark = Delivery.objects.first().mark
        assert not any(mark in letter.everything for letter in letters)


@pytest.mark.parametrize("choose", [ways.by_mailgun, ways.by_resend])
@pytest.mark.parametrize("forget", ["merge_data", "merge_data of one", "the same twice", "cc"])
def test_a_call_that_would_show_people_to_each_other_is_never_made(
    choose, forget, settings, provider, issue, publication, monkeypatch
):
    choose(settings, provider)
    carrier = carriers.current()
    build = type(carrier).batch

    def careless(self, form, letters, *, key):
        message = build(self, form, letters, key=key)
        if forget == "merge_data":
            message.merge_data = {}
        elif forget == "merge_data of one":
            message.merge_data.popitem()
        elif forget == "the same twice":
            message.to.append(message.to[0])
        else:
            message.cc = ["aster@example.com"]
        return message

    monkeypatch.setattr(type(carrier), "batch", careless)
    tick()

    assert (provider.calls, provider.taken) == (0, [])
    assert issue.deliveries.filter(status="queued").count() == 3


def test_the_check_itself_lets_a_good_call_pass(settings, provider, issue, publication):
    ways.by_mailgun(settings, provider)
    rows = list(issue.deliveries.select_related("subscriber", "issue__edition"))
    letters = [emails.copy(row, row.reader, publication) for row in rows]
    form = form_of(rows[0], publication, set())

    assert_nobody_sees_the_others(carriers.current().batch(form, letters, key="k"))


def test_words_that_look_like_a_place_to_fill_in_stay_words(
    settings, provider, weekly, post, subscribe
):
    ways.by_mailgun(settings, provider)
    type(post).objects.filter(pk=post.pk).update(title="Write %recipient.stop% here")
    someone = subscribe("marigold")
    weekly.send_now()
    tick()

    [letter] = provider.taken
    assert someone.unsubscribe_token not in letter.subject
    assert letter.text.count(someone.unsubscribe_token) == letter.text.count(
        "/newsletter/unsubscribe/"
    )


def test_the_way_out_may_change_in_the_middle_of_an_issue(
    smtp, provider, settings, tmp_path, letter_to, later
):
    issue = letter_to(12)
    smtp.trouble("rcpt", answer="451 4.7.1 later", who="reader00[3-9]*", times=7)
    smtp.trouble("rcpt", answer="451 4.7.1 later", who="reader01*", times=2)
    tick()
    ways.by_mailgun(settings, provider)
    provider.trouble(answer="429", who="*", times=1)
    later(minutes=5)
    ways.by_files(settings, tmp_path / "mail")
    later(minutes=15)

    everywhere = smtp.recipients + [letter.to for letter in ways.of_files(tmp_path / "mail")]
    assert sorted(everywhere + provider.recipients) == [
        f"reader{n:03}@example.com" for n in range(12)
    ]
    assert len(smtp.taken) == 3
    assert Issue.objects.get(pk=issue.pk).equation.sent == 12


def test_a_folder_that_cannot_be_written_only_delays(settings, tmp_path, sign_up, later):
    ways.by_files(settings, tmp_path / "mail")
    (tmp_path / "mail").write_text("in the way")
    sign_up("marigold@example.com")
    assert Confirmation.objects.get().status == "queued"

    (tmp_path / "mail").unlink()
    later(minutes=5)
    assert len(ways.of_files(tmp_path / "mail")) == 1
