"""Mail servers open every link of every mail, some twice, in any order: it must change nothing."""

import random
import re

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import timezone

from blog.models import Post
from newsletter.models import Confirmation, Edition, Memo, Subscriber
from newsletter.tasks import tick

SCANNERS = [{}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "Mozilla/5.0 (scanner)"}]


def rows():
    """All that the database holds."""
    models = [model for app in ("blog", "newsletter", "comments") for model in _models(app)]
    return {model: sorted(map(str, model.objects.values())) for model in models}


def _models(app):
    return apps.get_app_config(app).get_models(include_auto_created=True)


@pytest.fixture
def every_mail(weekly, post, sara, subscribe, sign_up, commit, mailoutbox):
    """One of each kind that there is."""
    for kind in ("each", "monthly", "story"):
        Edition.objects.create(kind=kind, since=weekly.since, switched_on_at=weekly.switched_on_at)
    sara.email = "sara@example.com"
    sara.save()
    sign_up("pending@example.com")
    fern = subscribe("fern", frequency="weekly")
    fern.follows.begin(fern, post)
    subscribe("marigold", frequency="each")
    subscribe("tern", frequency="monthly")
    later = Post.objects.create(
        title="News", body="Words.", author=sara.author, published_at=timezone.now()
    )
    later.follows_up.add(post)
    with commit():
        Subscriber.objects.sign_up("follower@example.com", letters=False, story=post)
        for kind in ("welcome", "already-in", "back", "link"):
            fern.memos.write(fern, kind)
        fern.memos.write(fern, "old-address", to_address="old@example.com")
        fern.memos.write(fern, "new-address", to_address="new@example.com")
        asked = Confirmation.objects.filter(letters=True).first()
        asked.subscriber.memos.write(asked.subscriber, "reminder", confirmation=asked)
    for edition in Edition.objects.all():
        with commit():
            issue = edition.send_now()
            issue.proofs.ask(issue, sara)
    with commit():
        tick()
    return list(mailoutbox)


def links(mail):
    html = next(body for body, kind in mail.alternatives if kind == "text/html")
    said = mail.body + html + str(mail.extra_headers)
    mine = re.findall(rf"{re.escape(settings.SITE_URL)}[^\s\"<>']*", said)
    return {link.removeprefix(settings.SITE_URL).partition("#")[0] for link in mine}


def test_there_is_a_mail_of_each_kind(every_mail):
    assert set(Memo.objects.filter(status="sent").values_list("kind", flat=True)) == set(
        Memo.Kind.values
    )
    assert len(every_mail) >= len(Memo.Kind) + 2 + 4


@pytest.mark.parametrize("seed", range(3))
def test_fetching_every_link_of_every_mail_twice_in_any_order_changes_nothing(every_mail, seed):
    found = sorted(set().union(*map(links, every_mail))) * 2
    random.Random(seed).shuffle(found)  # noqa: S311
    before = rows()
    for number, link in enumerate(found):
        scanner = Client(headers=SCANNERS[number % len(SCANNERS)])
        (scanner.head if number % 5 == 0 else scanner.get)(link, follow=True)

    assert len(found) > 40
    assert rows() == before


def test_the_person_can_still_say_yes_afterwards(every_mail, reader, mailoutbox):
    mail = next(mail for mail in mailoutbox if mail.to == ["pending@example.com"])
    [link] = [link for link in links(mail) if "/confirm/" in link]
    for _ in range(20):
        Client().get(link)
        Client().head(link)
    reader.post(link)

    assert Subscriber.objects.get(email="pending@example.com").status == "active"
