from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from blog.forms import PlainTextField, PublicForm
from blog.models import Post, Tag
from newsletter import addresses, promises
from newsletter.models import Frequency, Subscriber

MOST_TOPICS = 6
# Where a box stands; anything else is just the site.
PAGES = {"post", "home", "newsletter"}


class AddressForm(PublicForm):
    """One address, and nothing else."""

    BOX, LABEL = "email", _("Your e-mail address")  # the id of its field, and what it is called

    email = PlainTextField(
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Please write your e-mail address.")},
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **{"auto_id": "%s"} | kwargs)
        attrs = self.fields["email"].widget.attrs
        attrs["id"], self.fields["email"].label = self.BOX, self.LABEL
        if self.is_bound and self.errors.get("email"):
            attrs |= {"aria-invalid": "true", "aria-describedby": f"{self.BOX}-error"}

    def clean_email(self) -> str:
        return addresses.clean(self.cleaned_data["email"])


class SignUpForm(AddressForm):
    """The letterbox. Where it stood is kept with the consent."""

    BOX = "sign-up"

    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, page: str = "newsletter", **kwargs):
        # The reply form stands on the same page: no id may be there twice.
        super().__init__(data, auto_id="sign-up-%s", initial={"page": page}, **kwargs)

    def clean_page(self) -> str:
        page = self.cleaned_data["page"]
        return page if page in PAGES else "site"


class FollowForm(SignUpForm):
    """News on one story, and the letters too for who ticks that."""

    letters = forms.BooleanField(required=False)

    def __init__(self, data=None, **kwargs):
        super().__init__(data, page="follow", **kwargs)

    def clean_page(self) -> str:
        return "follow"


class NewAddressForm(AddressForm):
    """Another one than the one we write to."""

    LABEL = _("Your new e-mail address")

    def __init__(self, data=None, *, subscriber: Subscriber, **kwargs):
        self.subscriber = subscriber
        super().__init__(data, **kwargs)

    def clean_email(self) -> str:
        email = super().clean_email()
        if email == self.subscriber.email:
            raise ValidationError(_now("This is the address that we write to already."))
        return email


class ChoicesForm(forms.Form):
    """How often, about what, and what the subject line says."""

    EVERYTHING = "all"

    frequency = forms.ChoiceField(error_messages={"required": _("Please choose how often.")})
    topics = forms.MultipleChoiceField(required=False)
    subject = forms.ChoiceField(
        choices=[("plain", _("Plain")), ("discreet", _("Discreet"))],
        error_messages={"required": _("Please choose what the subject line says.")},
    )

    def __init__(self, data=None, *, subscriber: Subscriber):
        self.subscriber = subscriber
        self.rhythms = promises.choices(subscriber)
        self.tags = _offered_tags(subscriber)
        super().__init__(data, initial=self._chosen_so_far())
        self._fill("frequency", [(choice.value, choice.label) for choice in self.rhythms])
        self._fill("topics", [(self.EVERYTHING, ""), *((tag.slug, tag.name) for tag in self.tags)])

    def clean_topics(self) -> list[Tag] | None:
        """None: everything. Of both, what was ticked last: one of them was so before."""
        ticked = self.cleaned_data["topics"]
        topics = [tag for tag in self.tags if tag.slug in ticked]
        if not self.tags:
            return None
        if self.EVERYTHING in ticked and not (topics and self.subscriber.all_topics):
            return None
        if not topics:
            raise ValidationError(_now("Please tick “Everything”, or at least one topic."))
        return topics

    def save(self) -> bool:
        chosen = self.cleaned_data
        return self.subscriber.choose(
            frequency=chosen["frequency"],
            topics=chosen["topics"],
            quiet=chosen["subject"] == "discreet",
        )

    def shown(self, field: str) -> list[str]:
        """What is ticked: as it was sent, or as it is."""
        value = self[field].value() or []
        return value if isinstance(value, list) else [value]

    @property
    def frequencies_shown(self) -> list[str]:
        return self.shown("frequency")

    @property
    def topics_shown(self) -> list[str]:
        return self.shown("topics")

    @property
    def subjects_shown(self) -> list[str]:
        return self.shown("subject")

    def _fill(self, field: str, choices: list[tuple[str, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def _chosen_so_far(self) -> dict[str, str | list[str]]:
        person = self.subscriber
        offered = [choice.value for choice in self.rhythms]
        topics = [] if person.all_topics else [tag.slug for tag in person.topics.all()]
        return {
            "frequency": person.frequency if person.frequency in offered else Frequency.WEEKLY,
            "topics": topics or [self.EVERYTHING],
            "subject": "discreet" if person.quiet else "plain",
        }


def _offered_tags(subscriber: Subscriber) -> list[Tag]:
    """The busiest few, so that a choice stays one; and those that they chose before."""
    busiest = list(Tag.objects.of(Post.objects.listed())[:MOST_TOPICS])
    chosen = subscriber.topics.exclude(pk__in=[tag.pk for tag in busiest]).order_by("name")
    return [*busiest, *chosen]
