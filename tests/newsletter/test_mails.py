"""What people find in their mail: plain, whole without pictures, one button, nobody watching."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from blog.models import Post
from newsletter import emails, mail
from newsletter.models import Confirmation, Subscriber

SITE = "https://slow-signal.example"


def parsed(message):
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


def text_of(message):
    return parsed(message).get_body(("plain",)).get_content()


def html_of(message):
    return parsed(message).get_body(("html",)).get_content()


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_URL = SITE
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def confirmation(publication):
    person = Subscriber.objects.create(email="tern@example.com")
    return Confirmation.objects.create(subscriber=person)


@pytest.fixture
def deliver(weekly, post, subscribe, mailoutbox):
    """The letter as it reached marigold."""

    def send(**facts):
        subscribe("marigold", **facts)
        issue = weekly.compose(timezone.now())
        issue.start()
        issue.deliveries.get().deliver()
        return mailoutbox[-1]

    return send


@pytest.fixture
def long_letter(deliver, sara):
    """Seven posts of the longest kind."""
    for number in range(7):
        long = Post.objects.create(
            title=f"{number} " + "A title of many words, " * 8,
            slug=f"a-{number}-" + "long-" * 22,
            author=sara.author,
            in_short="\n".join(["Twenty words in a line, " * 5] * 3),
            body="Words.",
            published_at=timezone.now(),
        )
        for position in range(8):
            long.questions.create(position=position, text="What would you ask? " * 14)
    return deliver()


# Everybody ---------------------------------------------------------------------------------------


def all_mails(confirmation, deliver):
    return [emails.confirmation(confirmation), deliver()]


def test_the_text_part_is_at_most_72_columns_with_links_on_lines_of_their_own(
    confirmation, long_letter
):
    for message in (emails.confirmation(confirmation), long_letter):
        for line in text_of(message).splitlines():
            assert len(line) <= 72 or re.fullmatch(r"https?://\S+", line)
            assert "http" not in line or line.startswith("http")


def test_the_text_part_says_all_that_the_html_part_says(deliver):
    message = deliver()

    text = " ".join(text_of(message).split())
    for words in ("Hot days", "Heat slows a bare nerve.", "What cools you?", "Stop all letters"):
        assert words in text
        assert words in html_of(message)


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


def test_the_html_part_is_one_readable_column(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        page = Page(html_of(message))
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        assert all(table.get("role") == "presentation" for table in page.all("table"))
        assert any("max-width: 600px" in table.get("style", "") for table in page.all("table"))


def test_letters_are_18_px_or_more(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        sizes = [
            int(size)
            for tag, attrs in Page(html_of(message)).tags
            if tag in {"p", "li", "h1", "h2", "a"}
            for size in re.findall(r"font-size: (\d+)px", attrs.get("style", ""))
        ]
        assert len(sizes) > 3
        assert min(sizes) >= 18


def test_nothing_is_loaded_from_anywhere(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        html = html_of(message)
        assert not re.search(r"<img|<link|<script|url\(|@import|src=", html)


def test_every_link_leads_to_the_site_without_a_query(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        links = [a["href"] for a in Page(html_of(message)).all("a")]
        assert len(links) >= 2
        assert all(re.fullmatch(rf"{SITE}/[^?]*", link) for link in links)


def test_only_the_links_at_its_foot_are_personal(deliver):
    message = deliver()
    person = Subscriber.objects.get()

    personal = [
        link for link in re.findall(r'href="([^"]+)"', html_of(message)) if person.public_id in link
    ]
    own_page = f"{SITE}/newsletter/manage/{person.manage_token}/"
    way_out = f"{SITE}/newsletter/unsubscribe/{person.unsubscribe_token}/"
    assert personal == [f"{own_page}#pause", own_page, way_out]
    assert not re.search("own-(link|page)-", html_of(message) + text_of(message))


def test_the_main_button_is_48_px_high_and_its_address_is_printed(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        html = html_of(message)
        buttons = [a for a in Page(html).all("a") if "button" in a.get("class", "")]
        assert len(buttons) == 1
        assert int(re.search(r"min-height: (\d+)px", buttons[0]["style"])[1]) >= 48
        assert f">{buttons[0]['href']}<" in html


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_are_seven_to_one_in_light_and_in_dark(deliver):
    html = html_of(deliver())
    assert 'name="color-scheme" content="light dark"' in html
    dark = re.search(r"prefers-color-scheme: dark\)\s*\{(.*?)\}\s*@media", html, re.S)[1]

    def pairs(css, grounds, inks):
        find = {}
        for name in grounds | inks:
            rule = re.search(rf"\.{name}[^{{]*\{{([^}}]*)\}}", css)
            find[name] = dict(re.findall(r"(background|color):\s*(#\w{6})", rule[1]))
        return [(find[g]["background"], find[i]["color"]) for g in grounds for i in inks], find

    grounds, inks = {"page", "raised", "asks"}, {"sheet p", "soft", "link"}
    dark_pairs, found = pairs(dark, grounds, inks)
    button = re.search(r"\.button\s*\{([^}]*)\}", dark)[1]
    dark_pairs.append(tuple(re.findall(r"#\w{6}", button)))
    light_pairs = [
        (ground, ink)
        for ground in re.findall(
            r'class="(?:page|raised pad|asks pad)"[^>]*background: (#\w{6})', html
        )
        for ink in set(re.findall(r'style="[^"]*(?<!-)color: (#\w{6})', html)) - {"#ffffff"}
    ]
    light_pairs.append(("#0a4c5b", "#ffffff"))

    assert len(dark_pairs) >= 10
    assert len(light_pairs) >= 10
    assert min(contrast(*pair) for pair in dark_pairs + light_pairs) >= 7


def test_every_mail_has_get_help_and_the_postal_address(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        assert f"{SITE}/help/" in text_of(message)
        assert "1 Quiet Street, London" in text_of(message)
        assert "1 Quiet Street, London" in html_of(message)


# Headers -----------------------------------------------------------------------------------------


def test_a_mail_goes_to_one_person_from_the_publication(confirmation, deliver):
    for message in all_mails(confirmation, deliver):
        headers = parsed(message)
        assert headers["To"] in {"tern@example.com", "marigold@example.com"}
        assert headers["From"] == "Slow Signal <newsletter@slow-signal.example>"
        assert not headers["Cc"] and not headers["Bcc"]


def test_a_sender_of_another_alphabet_is_spelled_as_mail_servers_do(deliver, publication):
    publication.from_address = "letters@bücher.example"
    publication.message_id_domain = "bücher.example"
    publication.save()
    headers = parsed(deliver())

    assert headers["From"] == "Slow Signal <letters@xn--bcher-kva.example>"
    assert headers["Message-ID"].endswith("@xn--bcher-kva.example>")


def test_tried_again_it_is_the_same_mail(confirmation, time_machine):
    confirmation._claim()
    first = parsed(emails.confirmation(confirmation))
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    second = parsed(emails.confirmation(confirmation))

    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])
    assert re.fullmatch(r"<c\.\d+\.\w{16}@slow-signal\.example>", first["Message-ID"])


def test_a_letters_message_id_names_issue_and_delivery(deliver):
    pattern = r"<d\.\d+\.\d+\.\w{16}@slow-signal\.example>"

    assert re.fullmatch(pattern, parsed(deliver())["Message-ID"])


def test_a_confirmation_is_marked_as_automatic_and_is_no_list_mail(confirmation):
    headers = parsed(emails.confirmation(confirmation))

    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Unsubscribe"] is None


def test_a_letter_can_be_stopped_by_the_mail_programs_own_button(deliver, client):
    headers = parsed(deliver())
    url = re.fullmatch(rf"<{SITE}(/\S+)>", headers["List-Unsubscribe"].strip())[1]

    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"


def test_a_letter_says_which_list_it_is_of(deliver):
    headers = parsed(deliver())

    assert headers["List-Id"] == "Slow Signal <weekly.newsletter.slow-signal.example>"
    assert headers["Precedence"] == "bulk"


@pytest.mark.parametrize(
    "title",
    [
        "Heat\r\nBcc: evil@example.org",
        "Heat\nBcc: evil@example.org",
        "Heat\u2028Bcc: evil@example.org",
        "Heat %0d%0aBcc: evil@example.org",
        "=?utf-8?q?Heat=0d=0aBcc:_evil@example.org?=",
    ],
)
def test_a_title_cannot_add_a_header(deliver, post, title):
    Post.objects.update(title=title)
    message = deliver()
    headers = parsed(message)

    assert message.recipients() == ["marigold@example.com"]
    assert headers["Bcc"] is None
    assert "\n" not in headers["Subject"] and "\r" not in headers["Subject"]


def test_a_title_cannot_add_markup(deliver, post):
    Post.objects.update(title="<script>alert(1)</script>", in_short='<img src="x">')
    html = html_of(deliver())

    assert "<script>" not in html
    assert "<img" not in html


# The confirmation --------------------------------------------------------------------------------


def test_a_confirmation_names_its_purpose_and_is_at_most_80_words(confirmation):
    message = emails.confirmation(confirmation)

    assert message.subject == "Please confirm: Slow Signal by e-mail"
    assert len(text_of(message).split()) <= 80
    assert (
        len(re.sub(r"<style.*?</style>|<[^>]+>", " ", html_of(message), flags=re.S).split()) <= 80
    )


# The letter --------------------------------------------------------------------------------------


def test_a_letter_of_one_post_is_called_like_it(deliver):
    message = deliver()

    assert message.subject == "Slow Signal: Hot days"
    assert "One new post" in text_of(message)


def test_in_short_comes_before_everything_else_of_a_post(deliver):
    text = text_of(deliver())

    assert text.index("In short") < text.index("Read “Hot days”") < text.index("Sara asks")


def test_a_question_links_to_its_place_in_the_post(deliver, post):
    second = post.questions.all()[1]

    assert f"{SITE}{post.get_absolute_url()}#{second.anchor}" in text_of(deliver())


def test_a_long_letter_shows_five_posts_and_stays_under_90_kb(long_letter):
    html = html_of(long_letter)

    assert html.count('class="raised pad"') == 5
    assert len(long_letter.message().as_bytes()) < 90_000
    assert len(long_letter.subject) <= 150


def test_a_discreet_letter_shows_no_medical_word_before_it_is_opened(deliver, publication):
    publication.from_name = "Sara, who has MS"
    publication.save()
    message = deliver(quiet=True)
    headers, html = parsed(message), html_of(message)

    assert headers["Subject"] == "New post from Slow Signal"
    assert headers["From"].startswith("Slow Signal <")
    shown_first = re.sub(r"<head.*?</head>|<[^>]+>", "", html, flags=re.S).strip()[:200]
    assert "Hot days" not in shown_first
    assert "<title>Slow Signal</title>" in html


def test_a_plain_letter_opens_with_the_first_line_of_its_first_post(deliver):
    preheader = re.search(r'class="preheader"[^>]*>([^<]*)<', html_of(deliver()))

    assert preheader[1] == "Heat slows a bare nerve."


def test_two_people_get_the_same_words(weekly, post, subscribe, mailoutbox):
    people = [subscribe("marigold"), subscribe("bram")]
    issue = weekly.compose(timezone.now())
    issue.start()
    issue.deliveries.deliver_due()

    plain = {
        message.body.replace(person.unsubscribe_token, "").replace(person.manage_token, "")
        for message in mailoutbox
        for person in people
        if person.email in message.to
    }
    assert len(plain) == 1


def test_text_is_wrapped_but_addresses_are_not():
    address = "https://example.org/" + "a" * 100

    assert mail.wrapped(f"- {'word ' * 30}\n{address}\n").splitlines()[-1] == address
    assert max(map(len, mail.wrapped("word " * 100).splitlines())) <= 72
