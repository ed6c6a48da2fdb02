"""The admin site: its first page in words, all lists on a page of their own, who may do what."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Post
from comments.models import Comment
from config import status
from config.reminders import Reminder, reminders
from newsletter import plots
from newsletter.models import Edition, Issue, Rush

# What each role may do: app.model -> verbs. Nobody gets more by being in a group twice.
ROLES = {
    "author": {
        "blog": {
            "post": "add change delete view",
            "question": "add change delete view",
            "image": "add change delete view",
            "tag": "add change delete view",
            "page": "change view",
            "author": "change view",
        },
        "comments": {"comment": "view"},
        "newsletter": {"issue": "change view", "tally": "view"},
    },
    "moderator": {
        "blog": {"post": "view"},
        "comments": {
            "comment": "change view",
            "decision": "view",
            "watchword": "add change delete view",
            "weight": "change view",
            "report": "view",
            "helpline": "add change delete view",
        },
    },
    "operator": {
        "blog": {"publication": "add change view", "page": "add change view"},
        "newsletter": {
            "subscriber": "change delete view",
            "suppression": "add change view",
            "import": "add change view",
            "delivery": "change view",
            "confirmation": "change view",
            **dict.fromkeys(["memo", "follow", "consent", "look", "tally"], "view"),
            "edition": "add change view",
            "issue": "view",
            "bucket": "add change delete view",
            "rest": "view",
        },
        "comments": {"notice": "change view"},
        "auth": {"user": "add change view", "group": "view"},
    },
}


def make_groups() -> None:
    """The three roles with their rights; made again, they are the same."""
    for name, rights in ROLES.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(_wanted(rights)))


def _wanted(rights: dict[str, dict[str, str]]) -> Q:
    wanted = Q(pk__in=[])
    for app, models in rights.items():
        for model, verbs in models.items():
            codenames = [f"{verb}_{model}" for verb in verbs.split()]
            wanted |= Q(content_type__app_label=app, codename__in=codenames)
    return wanted


class Site(admin.AdminSite):
    enable_nav_sidebar = False
    index_title = gettext_lazy("First page")
    index_template = "config/first_page.html"
    login_template = "config/login.html"

    def each_context(self, request):
        name = request.publication.name
        return super().each_context(request) | {
            "site_title": name,
            "site_header": name,
            "places": places(request),
        }

    def get_urls(self):
        return [
            path("lists/", self.admin_view(self.lists), name="lists"),
            path("status/", self.admin_view(self.status), name="status"),
            path("r/<int:content_type_id>/<path:object_id>/", self.admin_view(self.on_site)),
            *super().get_urls(),
        ]

    def index(self, request, extra_context=None):
        """Greets, says what waits, and offers at most two buttons."""
        page = FirstPage(request)
        return super().index(request, {"page": page, "here": "first", **(extra_context or {})})

    def login(self, request, extra_context=None):
        hint = login_hint() if settings.LOCAL_MODE else ""
        return super().login(request, {"login_hint": hint, **(extra_context or {})})

    def app_index(self, request, app_label, extra_context=None):
        """One page has all lists; an app's own would only say less."""
        return redirect(f"{reverse('admin:lists')}#app-{app_label}")

    def on_site(self, request, content_type_id, object_id):
        """Where a row stands on the site, for whoever may see that row in here. Django's own page
        asks for no right, and a writer's address is their private link."""
        kind = get_object_or_404(ContentType, pk=content_type_id).model_class()
        its_admin = self._registry.get(kind) if kind else None
        row = its_admin.get_object(request, object_id) if its_admin else None
        if its_admin is None or row is None or not hasattr(row, "get_absolute_url"):
            raise Http404
        if not its_admin.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return redirect(row.get_absolute_url())

    def lists(self, request):
        return render(request, "config/lists.html", self._context(request, _("All lists"), "lists"))

    def status(self, request):
        context = self._context(request, _("The machinery"), "status") | {
            "parts": status.machinery(),
            "mail": status.mail(),
            "needs_a_look": status.needs_a_look(),
            "may_decide": request.user.has_perm("newsletter.view_delivery"),
        }
        return render(request, "config/status.html", context)

    def _context(self, request, title: str, here: str) -> dict:
        return self.each_context(request) | {"title": title, "here": here}


@dataclass(frozen=True)
class Button:
    """A place to go, with the words on the button."""

    words: str
    url: str


class FirstPage:
    """What the first page says to this person: only what they may see, each asked once."""

    def __init__(self, request) -> None:
        self.user = request.user
        self.now = timezone.localtime()
        self.publication = request.publication

    @property
    def greeting(self) -> str:
        name = {"name": self._name()}
        if 5 <= self.now.hour < 12:
            return _("Good morning, %(name)s.") % name
        if 12 <= self.now.hour < 18:
            return _("Good afternoon, %(name)s.") % name
        return _("Good evening, %(name)s.") % name

    def _name(self) -> str:
        author = getattr(self.user, "author", None)
        return author.name if author else self.user.get_short_name() or self.user.get_username()

    @cached_property
    def replies(self) -> dict | None:
        if not self.user.has_perm("comments.view_comment"):
            return None
        waiting = Comment.objects.waiting()
        first = waiting.first()
        return {
            "waiting": waiting.count(),
            "oldest": first.waiting_since if first else None,
            "url": address("comments_comment_changelist"),
        }

    @cached_property
    def posts(self) -> dict | None:
        if not self.user.has_perm("blog.change_post"):
            return None
        draft = Post.objects.drafts().order_by("-updated_at").first()
        return {
            "any": Post.objects.exists(),
            "draft": draft,
            "draft_url": address("blog_post_change", draft.pk) if draft else "",
            "scheduled": Post.objects.scheduled().order_by("published_at"),
            "add_url": address("blog_post_add"),
        }

    @cached_property
    def digest(self) -> dict | None:
        if not self.user.has_perm("newsletter.change_issue"):
            return None
        edition = Edition.objects.filter(kind=Edition.Kind.WEEKLY).first()
        if edition is None:
            return None
        return {
            "edition": edition,
            "goes_at": edition.goes_at(),
            "posts": len(edition.would_bring()),
            "issue": edition.issues.open().first(),
            "others": Issue.objects.scheduled().exclude(edition=edition).select_related("edition"),
            "send_url": address("newsletter_issue_send_now"),
            "compose_url": address("newsletter_issue_compose", edition.kind),
        }

    @cached_property
    def readers(self) -> dict | None:
        if not self.user.has_perm("newsletter.view_tally"):
            return None
        return {
            "growth": plots.Growth.now(),
            "rush": Rush.objects.current(),
            "url": address("newsletter_issue_plots"),
        }

    @cached_property
    def machinery(self) -> dict:
        broken = [part for part in status.machinery() if not part.works]
        return {"broken": broken, "mail": status.mail()}

    @cached_property
    def reminders(self) -> list[Reminder]:
        return reminders(self.user)

    @cached_property
    def buttons(self) -> list[Button]:
        """What to do next: at most two, the first one is the main one."""
        wishes = []
        replies, posts = self.replies, self.posts
        if replies and replies["waiting"]:
            wishes.append(Button(_("Read what waits"), replies["url"]))
        if posts and posts["draft"]:
            wishes.append(Button(_("Carry on writing"), posts["draft_url"]))
        elif posts:
            wishes.append(Button(_("Write a post"), posts["add_url"]))
        return [button for button in wishes if button.url][:2]


@dataclass(frozen=True)
class Place:
    """A link in the header."""

    words: str
    url: str
    is_here: bool


def places(request) -> list[Place]:
    """The lists that this person works with most."""
    wanted = [
        ("comments.view_comment", _("Replies"), "comments_comment_changelist"),
        ("blog.change_post", _("Posts"), "blog_post_changelist"),
        ("newsletter.view_issue", _("Newsletter"), "newsletter_issue_changelist"),
    ]
    return [
        Place(words, url, request.path.startswith(url))
        for right, words, name in wanted
        if request.user.has_perm(right) and (url := address(name))
    ]


def login_hint() -> str:
    """Where the password is to be found on one's own machine; never the password itself."""
    if settings.DEMO:
        return _("The account is “sara”. The window where the site was started says how to log in.")
    return _("The account is “author”. The window where the site was started says how to log in.")


def address(name: str, *args) -> str:
    """An admin page's address; empty while that list is not in the admin."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""
