"""The provider sink does what it promises, called by anymail as production calls it."""

import time

import pytest
import requests
from anymail.backends import mailgun, resend
from anymail.exceptions import AnymailRequestsAPIError
from anymail.message import AnymailMessage

from tests.sinks import process
from tests.sinks.provider import Provider
from tests.sinks.test_smtp import send_with
from tests.sinks.trouble import FOREVER

PEOPLE = ["fern@example.com", "marigold@example.com"]


@pytest.fixture
def sink():
    with Provider() as sink:
        yield sink


@pytest.fixture
def backend(request, sink):
    """Either backend with a session that stays, as an issue would have it."""
    if getattr(request, "param", "mailgun") == "mailgun":
        url = f"http://127.0.0.1:{sink.port}/v3/"
        backend = mailgun.EmailBackend(api_key="KEY", sender_domain=sink.domain, api_url=url)
    else:
        backend = resend.EmailBackend(api_key="KEY", api_url=f"http://127.0.0.1:{sink.port}/")
    backend.timeout = (1, 0.5)
    backend.open()
    yield backend
    backend.close()


each_backend = pytest.mark.parametrize("backend", ["mailgun", "resend"], indirect=True)


def letter(to=PEOPLE, **more):
    mail = AnymailMessage("Hot days", "Heat.", "Slow Signal <site@example.org>", to)
    mail.attach_alternative("<p>Heat.</p>", "text/html")
    for name, value in more.items():
        setattr(mail, name, value)
    return mail


def batch(to=PEOPLE, **more):
    """Everybody their own: a header, a fact, and (where the provider can) a word."""
    return letter(
        to,
        merge_data={who: {} for who in to},
        merge_headers={who: {"List-Unsubscribe": f"<https://example.org/{who}>"} for who in to},
        merge_metadata={who: {"delivery": str(n)} for n, who in enumerate(to)},
        **more,
    )


@each_backend
def test_a_batch_is_one_call_and_a_mail_to_each_alone(sink, backend):
    backend.send_messages([batch()])

    assert (sink.calls, sink.sizes, sink.recipients) == (1, [2], PEOPLE)
    assert [mail.to for mail in sink.taken] == [[who] for who in PEOPLE]


@each_backend
def test_everybody_gets_their_own_headers_and_facts(sink, backend):
    backend.send_messages([batch()])

    for number, mail in enumerate(sink.taken):
        assert mail.headers["List-Unsubscribe"] == f"<https://example.org/{mail.recipient}>"
        assert mail.metadata == {"delivery": str(number)}


@each_backend
def test_words_and_sender_arrive(sink, backend):
    backend.send_messages([batch()])

    mail = sink.taken[0]
    assert (mail.subject, mail.sender) == ("Hot days", "Slow Signal <site@example.org>")
    assert (mail.text, mail.html) == ("Heat.", "<p>Heat.</p>")


def test_mailgun_fills_in_each_persons_words(sink, backend):
    mail = letter(merge_data={who: {"link": f"/{who}"} for who in PEOPLE})
    mail.body = "Leave: %recipient.link% %recipient.unknown%"
    mail.extra_headers = {"Message-ID": "<d.1.%recipient.link%@example.org>"}
    backend.send_messages([mail])

    assert sink.taken[1].text == "Leave: /marigold@example.com %recipient.unknown%"
    assert sink.taken[1].message_id == "<d.1./marigold@example.com@example.org>"


@each_backend
def test_several_people_and_no_batch_see_each_other(sink, backend):
    backend.send_messages([letter()])

    assert [mail.to for mail in sink.taken] == [PEOPLE, PEOPLE]


@each_backend
def test_a_mail_with_an_attachment_arrives(sink, backend):
    mail = letter()
    mail.attach("notes.txt", "cool packs", "text/plain")
    backend.send_messages([mail])

    assert sink.recipients == PEOPLE
    assert sink.taken[0].text == "Heat."


@pytest.mark.parametrize(
    ("backend", "limit", "status"),
    [("mailgun", 1000, 400), ("resend", 100, 422)],
    indirect=["backend"],
)
def test_more_than_the_limit_is_refused_and_nobody_gets_it(sink, backend, limit, status):
    people = [f"reader{n}@example.com" for n in range(limit + 1)]

    backend.send_messages([batch(people[:-1])])
    assert len(sink.taken) == limit
    assert _refused(backend, batch(people)).status_code == status
    assert len(sink.taken) == limit


@each_backend
def test_a_wrong_key_is_refused(sink, backend):
    sink.key = "ANOTHER"

    assert _refused(backend, letter()).status_code == 401
    assert sink.taken == []


def test_a_domain_that_is_not_ours_is_refused(sink, backend):
    sink.domain = "elsewhere.example.org"

    assert "Unknown sender domain" in str(_refused(backend, letter()))


@each_backend
def test_it_may_take_the_call_and_drop_the_line(sink, backend):
    sink.trouble(drop=True, taken=True)

    with pytest.raises(requests.ConnectionError):
        backend.send_messages([batch()])
    assert sink.recipients == PEOPLE


@each_backend
def test_it_may_drop_the_line_before_it_takes_anything(sink, backend):
    sink.trouble(drop=True)

    with pytest.raises(requests.ConnectionError):
        backend.send_messages([batch()])
    assert sink.taken == []


@each_backend
def test_it_may_take_the_call_and_answer_too_late(sink, backend):
    sink.trouble(seconds=0.8, taken=True)

    with pytest.raises(requests.ReadTimeout):
        backend.send_messages([batch()])
    assert sink.recipients == PEOPLE


@pytest.mark.parametrize("status", [429, 500, 401])
def test_it_may_answer_with_any_status_for_so_many_calls(sink, backend, status):
    sink.trouble(answer=str(status), retry_after=7, times=2)

    for _ in range(2):
        error = _refused(backend, batch())
        assert (error.status_code, error.response.headers["Retry-After"]) == (status, "7")
    backend.send_messages([batch()])
    assert sink.recipients == PEOPLE


def test_a_poison_address_spoils_each_call_that_it_is_in(sink, backend):
    sink.trouble(answer="400", who="poison@*", times=FOREVER)

    assert _refused(backend, batch([*PEOPLE, "poison@example.com"])).status_code == 400
    backend.send_messages([batch()])
    assert sink.recipients == PEOPLE


@pytest.mark.parametrize("backend", ["resend"], indirect=True)
def test_the_same_key_and_the_same_call_is_taken_once(sink, backend):
    backend.session.headers["Idempotency-Key"] = "issue-1-chunk-1"
    sink.trouble(drop=True, taken=True)
    with pytest.raises(requests.ConnectionError):
        backend.send_messages([batch()])
    again, third = batch(), batch()
    backend.send_messages([again, third])

    assert sink.recipients == PEOPLE
    assert again.anymail_status.message_id == {mail.provider_id for mail in sink.taken}
    assert third.anymail_status.message_id == again.anymail_status.message_id


@pytest.mark.parametrize("backend", ["resend"], indirect=True)
def test_the_same_key_with_another_call_is_refused(sink, backend):
    backend.session.headers["Idempotency-Key"] = "issue-1-chunk-1"
    backend.send_messages([batch()])

    assert _refused(backend, batch(PEOPLE[:1])).status_code == 409
    assert len(sink.taken) == 2


def test_many_calls_over_one_line_are_quick(sink, backend):
    start = time.perf_counter()
    for _ in range(50):
        backend.send_messages([batch()])

    assert sink.connections == 1
    assert time.perf_counter() - start < 1.5


@pytest.mark.parametrize("protocol", ["mailgun", "resend"])
def test_the_settings_bring_a_mail_to_it_as_a_process(tmp_path, protocol):
    with process.running("tests.sinks.provider", tmp_path / "ledger") as sink:
        send_with(getattr(sink, f"{protocol}_url"), tmp_path)

        [line] = sink.taken
        assert line.recipient == "marigold@example.com"
        assert line.message_id


def _refused(backend, mail):
    with pytest.raises(AnymailRequestsAPIError) as caught:
        backend.send_messages([mail])
    return caught.value
