"""Where its links lead. Pages of this site are looked up; those of other sites are never asked."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Author, Post, Tag
from newsletter.models import Quote

from .checks import about, look
from .sheet import Sheet

SHORTENERS = {
    *("bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy"),
    *("rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com"),
}
MAILBOX = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z")
# Pages that are there while their row is.
ROWS = {"blog:post": Post, "blog:tag": Tag, "blog:author": Author}
# Places that every post's page has.
PLACES = {"", "asks", "contents", "main", "replies", "reply", "short"}


@look(
    gettext_lazy("Every link is whole."),
    mend=gettext_lazy("Write the whole address, with https:// in front."),
)
def whole_links(sheet: Sheet) -> str:
    halves = [link for link in sheet.page.links if not re.match(r"(?i)https?://.|mailto:", link)]
    return about(_("In a mail this link leads nowhere: %(those)s."), halves)


@look(
    gettext_lazy("Every link to this site leads to a page."),
    mend=gettext_lazy("Look the address up on the site, and copy it anew."),
)
def pages_exist(sheet: Sheet) -> str:
    dead = [link.path for link in sheet.own_links if not _leads_somewhere(link)]
    return about(_("There is no such page: %(those)s."), dead)


@look(
    gettext_lazy("Every post that it links to is public."),
    mend=gettext_lazy("Publish the post first, or take the link out."),
)
def posts_public(sheet: Sheet) -> str:
    posts = {post for link in sheet.own_links if (post := _post(link)) and not post.is_published}
    hidden = sorted(f"{post.title} ({post.state})" for post in posts)
    return about(_("Readers cannot open this post now: %(those)s."), hidden)


@look(
    gettext_lazy("Every link into a post finds its place."),
    mend=gettext_lazy("Open the post, press the heading in its contents, and copy that address."),
)
def places_exist(sheet: Sheet) -> str:
    lost = [link.geturl() for link in sheet.own_links if not _finds_its_place(link)]
    return about(_("The post has no such place: %(those)s."), lost)


@look(
    gettext_lazy("Every link is encrypted."),
    mend=gettext_lazy("Write https:// instead of http://, and try whether the page opens."),
)
def encrypted(sheet: Sheet) -> str:
    here = urlsplit(settings.SITE_URL)
    bare = [link for link in sheet.links if link.lower().startswith("http://")]
    others = [link for link in bare if here.netloc not in link or not settings.LOCAL_MODE]
    return about(_("This link is not encrypted: %(those)s."), others)


@look(
    gettext_lazy("No link hides where it leads."),
    mend=gettext_lazy("Open it yourself, and write the address that it leads to."),
)
def no_shorteners(sheet: Sheet) -> str:
    hosts = {_host(link) for link in sheet.links}
    short = sorted(hosts & SHORTENERS)
    return about(_("Shortened links hide where they lead: %(those)s."), short)


@look(
    gettext_lazy("Every mail address in it can be written to."),
    mend=gettext_lazy("Look for a missing dot, a space or a doubled @."),
)
def mail_addresses(sheet: Sheet) -> str:
    boxes = [link[7:].partition("?")[0] for link in sheet.links if link.lower()[:7] == "mailto:"]
    wrong = [box for box in boxes if not MAILBOX.match(unquote(box))]
    return about(_("This mail address cannot be right: %(those)s."), wrong)


@look(
    gettext_lazy("Its links work on other machines too."),
    mend=gettext_lazy("Set SITE_URL to the address that readers use. In the demo it may stay."),
)
def links_work_elsewhere(sheet: Sheet) -> str:
    if not settings.LOCAL_MODE:
        return ""
    where = {"address": settings.SITE_URL}
    return _("Its links lead to %(address)s, which is only this machine.") % where


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _leads_somewhere(link: SplitResult) -> bool:
    match = _match(link)
    if match is None:
        return False
    rows = ROWS.get(match.view_name)
    return rows is None or rows._default_manager.filter(slug=match.kwargs["slug"]).exists()


def _post(link: SplitResult) -> Post | None:
    match = _match(link)
    if match is None or match.view_name != "blog:post":
        return None
    return Post.objects.filter(slug=match.kwargs["slug"]).first()


def _match(link: SplitResult) -> ResolverMatch | None:
    try:
        return resolve(unquote(link.path) or "/")
    except Resolver404:
        return None


def _finds_its_place(link: SplitResult) -> bool:
    post = _post(link)
    if post is None or link.fragment in PLACES:
        return True
    headings = {place for place, _words in post.contents}
    asked = post.questions.all()
    questions = {place for q in asked for place in (q.anchor, f"q{q.position}")}
    if link.fragment in headings | questions:
        return True
    return Quote.objects.filter(post=post, reference=link.fragment).exists()
