"""The publication's own row, and its fixed pages."""

from __future__ import annotations

import zoneinfo
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from blog import markup

from .addresses import one_line
from .replying import ReplyRules
from .rows import one_row


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write it like Europe/London."), params={"name": name}
        )


def validate_one_line(text: str) -> None:
    """Names end up in mail headers, where a line break would start a header of its own."""
    if not text.isprintable():
        raise ValidationError(_("Please keep this on one line, without control characters."))


class Publication(ReplyRules):
    """One row: who publishes here, in which language and zone, and how its mail is signed."""

    name = models.CharField(
        _("name"), max_length=80, default="My publication", validators=[validate_one_line]
    )
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    disclaimer = models.CharField(
        _("disclaimer"),
        max_length=200,
        blank=True,
        help_text=_("A sentence in the footer of every page and mail."),
    )
    banner = models.CharField(
        _("banner"),
        max_length=200,
        blank=True,
        help_text=_("A line above every page. Empty: no line."),
    )
    language = models.CharField(_("language"), max_length=12, default="en")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    from_name = models.CharField(
        _("sender’s name"),
        max_length=80,
        blank=True,
        validators=[validate_one_line],
        help_text=_("Empty: the publication’s name."),
    )
    from_address = models.EmailField(
        _("sender’s address"), blank=True, help_text=_("Empty: newsletter@ this site’s host.")
    )
    postal_address = models.CharField(
        _("postal address"),
        max_length=200,
        blank=True,
        help_text=_("Many countries ask for it at the foot of every newsletter."),
    )
    message_id_domain = models.CharField(
        _("Message-ID domain"),
        max_length=120,
        blank=True,
        validators=[validate_one_line],
        help_text=_("Empty: this site’s host."),
    )

    is_away = models.BooleanField(
        _("away"),
        default=False,
        help_text=_("Nobody reads replies just now: all of them wait."),
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deputy"),
        help_text=_("Is told as well when somebody seems to be at the end of their strength."),
    )
    replies_feed = models.BooleanField(
        _("feeds of replies"),
        default=False,
        help_text=_("Each post gets a feed of its replies. Robots copy feeds: off is kinder."),
    )

    class Meta(ReplyRules.Meta):
        abstract = False
        verbose_name = verbose_name_plural = _("publication")
        constraints = [
            *ReplyRules.Meta.constraints,
            models.CheckConstraint(name="publication_is_one_row", condition=models.Q(pk=1)),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Publication:
        """The one row, or its defaults while nobody has saved it yet."""
        return one_row(cls, id=1) or cls(pk=1)

    @property
    def headline(self) -> str:
        """The tagline as a title, which ends without a stop."""
        return self.tagline.rstrip(".") or self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def mail_domain(self) -> str:
        return _ascii_host(self.message_id_domain or _site_host())

    @property
    def sender(self) -> str:
        """The From header: name and address."""
        return self.sender_called(_in_header(self.from_name) or self.name)

    def sender_called(self, name: str) -> str:
        """The From header with another name."""
        address = self.from_address or f"newsletter@{_site_host()}"
        box, _at, host = address.rpartition("@")
        return formataddr((_in_header(name), f"{box}@{_ascii_host(host)}"))


def _in_header(name: str) -> str:
    """On one line, with nothing in it that a mail program would decode once more."""
    return one_line(name).replace("=?", "= ?")


def _site_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _ascii_host(host: str) -> str:
    """As mail servers spell it (xn--…): headers take no other letters."""
    try:
        return punycode(host)
    except UnicodeError:
        return host


class Page(models.Model):
    """A fixed page: about, house rules, privacy, health data, help, corrections, newsletter."""

    slug = models.SlugField(_("address"), unique=True)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    body_html = models.TextField(editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        verbose_name = _("fixed page")
        verbose_name_plural = _("fixed pages")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    # The pages with an address of their own; the newsletter's text stands on its sign-up page.
    ADDRESSES = ("about", "house-rules", "privacy", "health-data", "help", "corrections")
    rendered_fields = ["body_html"]

    def save(self, *args, **kwargs):
        self.render()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return f"{reverse('blog:home')}{self.slug}/"

    def render(self) -> None:
        self.body_html = markup.author_html(self.body, contents_link=False).html
