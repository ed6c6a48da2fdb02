"""The reply form, and the author's box in the admin."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blog import markup
from blog.forms import PlainTextField, PublicForm
from blog.models import Post, Question
from blog.models.rows import one_row
from comments import known, screening
from comments.models import Comment, Writer
from comments.names import why_taken
from comments.pace import Pace
from newsletter import addresses
from newsletter.models import Rush, Subscriber

LONGEST_TEXT = 10_000
LONGEST_NAME = 60


class ReplyForm(PublicForm):
    """Text, name, consent, and whether letters may quote it; an address to hear back.

    What it answers travels hidden, by numbers that pages show.
    """

    text = PlainTextField(
        error_messages={"required": gettext_lazy("Please write your reply. One word is enough.")}
    )
    name = PlainTextField(
        error_messages={"required": gettext_lazy("Please give a name to show. A nickname is fine.")}
    )
    consent = forms.BooleanField(
        error_messages={
            "required": gettext_lazy("Please tick the box if your words may be shown on this page.")
        }
    )
    quote = forms.BooleanField(required=False)
    letters = forms.BooleanField(required=False)
    known = forms.BooleanField(required=False)
    email = PlainTextField(required=False)
    question = forms.CharField(required=False)
    to = forms.CharField(required=False)

    def __init__(self, data=None, *, post: Post, **kwargs):
        self.post = post
        super().__init__(data, **kwargs)

    @cached_property
    def named_question(self) -> Question | None:
        """The closing question that was meant; a reply to somebody's reply answers none.

        Pages name it by what stays when the order changes; people type its number.
        """
        name = "" if self.parent else self._said("question")
        if name.isdecimal() and len(name) <= 3:
            return next((q for q in self.post.questions.all() if str(q.position) == name), None)
        return one_row(Question, post=self.post.pk, public_id=name) if name.isalnum() else None

    @cached_property
    def answered_question(self) -> Question | None:
        """The one that it answers."""
        named = self.named_question
        return named if named and self.post.takes_answers(named) else None

    @cached_property
    def parent(self) -> Comment | None:
        """The reply that it answers: one that everybody can see, under the same post."""
        public_id = self._said("to")
        if not (public_id.isascii() and public_id.isalnum()):
            return None
        shown = self.post.comments.published().select_related("author", "parent")
        return shown.filter(public_id=public_id).first()

    @property
    def shown_text(self) -> str:
        """What goes back into the box: as typed, less what no page can carry."""
        return self._typed("text")

    @property
    def shown_name(self) -> str:
        return self._typed("name")

    @property
    def as_html(self) -> str:
        """The reply as the page will show it; marked where a gentle word is about it."""
        html, text = markup.reader_html(self.cleaned_data["text"]), self.cleaned_data["text"]
        return markup.marked(html, [text[h.start : h.end] for h in self.hints if h.start >= 0])

    @property
    def agreed(self) -> bool:
        return bool(self["consent"].value())

    @property
    def may_quote(self) -> bool:
        return bool(self["quote"].value())

    @property
    def wants_letters(self) -> bool:
        return bool(self["letters"].value())

    @property
    def wants_to_be_known(self) -> bool:
        return bool(self["known"].value())

    @property
    def shown_email(self) -> str:
        return self._typed("email")

    @property
    def mode(self) -> str:
        """What becomes of a new reply here."""
        return self.post.mode_for(self.answered_question)

    @property
    def is_quiet(self) -> bool:
        return self.post.is_quiet_at(timezone.now())

    @cached_property
    def writer(self) -> Writer | None:
        """Whom this device's cookie names."""
        return known.writer_of(self.request)

    @cached_property
    def pace(self) -> Pace:
        return Pace(self.request.client, self.shown_name, self.writer)

    def count(self) -> None:
        """This post counts; as a reply too, if it is sent and not only read through."""
        if self.is_bound and self.data.get("step") != "check":
            self.pace.take(self.request.count)
        else:
            self.request.count()

    @cached_property
    def hints(self) -> list[screening.Hint]:
        """A gentle word before sending, or several."""
        return screening.hints(self.draft)

    @property
    def gentle_words(self) -> list[str]:
        """What they say, each once, at however many places."""
        return list(dict.fromkeys(hint.words for hint in self.hints))

    @cached_property
    def verdict(self) -> screening.Verdict:
        return screening.judge(self.draft)

    def needs_another_look(self) -> bool:
        """Sent without having been read through, and there is something to see first.

        A gentle word; or machines type strangers' addresses just now: who gave one presses twice.
        """
        if "sure" in self.data:
            return False
        return bool(self.hints) or bool(self.cleaned_data["email"]) and Rush.objects.is_on()

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Where to mend what: id of the box, sentence."""
        boxes = {"name": "name", "consent": "consent", "email": "email"}
        return [
            (boxes.get(field, "text"), str(sentence))
            for field, sentences in self.errors.items()
            for sentence in sentences
        ]

    @cached_property
    def draft(self) -> screening.Draft:
        """What is judged."""
        return screening.Draft(
            post=self.post,
            text=self.cleaned_data["text"],
            name=self.cleaned_data["name"],
            email=self.cleaned_data["email"],
            question=self.answered_question,
            writer=self.writer,
            suspicion=self.suspicion,
            is_crowded=self.request.is_crowded,
            is_many=self.pace.is_many,
        )

    def came_already(self) -> bool:
        """It was sent just now, and is sent again: nobody has to wait for that."""
        typed = self.cleaned_data["name"], self.cleaned_data["text"]
        place = self.post, self.answered_question, self.parent
        return Comment.objects.came_already(self.request.client, *place, *typed)

    def hold(self) -> Comment:
        """Keep it, once however often it is sent; with it the wishes to hear back, and for letters.

        It waits for a moderator, unless it may appear at once. Sent again, it stays as it is.
        """
        verdict = self.verdict
        with transaction.atomic():
            if self.writer and self.cleaned_data["email"]:
                # Locked before the writer's row, as by whoever proves the address just now.
                Subscriber.objects.row_of(self.cleaned_data["email"], "reply")
            if self.writer and not self.writer.was_here():
                self.writer = None
                verdict = screening.judge(replace(self.draft, writer=None))
            held = Comment.objects.hold(
                client=self.request.client,
                writer=self.writer,
                post=self.post,
                question=self.answered_question,
                parent=self.parent,
                name=self.cleaned_data["name"],
                body=self.cleaned_data["text"],
                may_quote=self.cleaned_data["quote"],
                signals=verdict.signals,
            )
            if held.is_copied:
                self.pace.give_back()
                return held
            self._keep_address(held)
            if verdict.publish and not held.came_before:
                held.publish(by=None, actor=Comment.Actor.RULES)
        if held.came_before:
            self.pace.give_back()
        return held

    def _keep_address(self, held: Comment) -> None:
        email = self.cleaned_data["email"]
        if not held.writer:
            return
        if not email:
            held.writer.acknowledge()
            return
        odd, a_minute = self.suspicion, Rush.objects.a_minute(is_crowded=self.request.is_crowded)
        held.writer.give_address(email, suspicion=odd, a_minute=a_minute)
        if self.wants_letters:
            Subscriber.objects.sign_up(email, page="reply", suspicion=odd, a_minute=a_minute)

    def clean_text(self) -> str:
        text = _visible(self.cleaned_data["text"], self.fields["text"])
        if len(text) > LONGEST_TEXT:
            sentence = _(
                "Please make it shorter: %(most)d characters at most. It has %(now)d now, "
                "and all of them are still here."
            )
            raise ValidationError(sentence % {"most": LONGEST_TEXT, "now": len(text)})
        return text

    def clean_name(self) -> str:
        name = " ".join(_visible(self.cleaned_data["name"], self.fields["name"]).split())
        if len(name) > LONGEST_NAME:
            raise ValidationError(
                ngettext(
                    "Please give a shorter name: one character at most.",
                    "Please give a shorter name: %(most)d characters at most.",
                    LONGEST_NAME,
                )
                % {"most": LONGEST_NAME}
            )
        if why := why_taken(name, self.post.publication):
            raise ValidationError(why)
        return name

    def clean_email(self) -> str:
        """Optional, unless they want letters."""
        typed = self.cleaned_data["email"]
        return addresses.clean(typed) if typed.strip() or self.wants_letters else ""

    def clean_question(self) -> str:
        if self.named_question and not self.answered_question:
            raise ValidationError(
                _("That question takes no more answers. Sent again, it is a reply to the post.")
            )
        if self._said("question") and not self.named_question and not self.parent:
            raise ValidationError(
                _("That question is not there any more. Sent again, it is a reply to the post.")
            )
        return ""

    def clean_to(self) -> str:
        if self._said("to") and not self.parent:
            raise ValidationError(
                _(
                    "The reply that you answer is not shown any more. "
                    "Sent again, yours is a reply to the post."
                )
            )
        return ""

    def _said(self, field: str) -> str:
        return str(self[field].value() or "").strip()

    def _typed(self, field: str) -> str:
        return str(self.fields[field].to_python(self[field].value() or ""))


class AnswerForm(forms.Form):
    """The author's answer, written in the admin."""

    body = PlainTextField(
        label=gettext_lazy("Your answer"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Please write your answer first.")},
    )


def _visible(text: str, field: forms.Field) -> str:
    """A text of which something can be seen; spaces of no width are nothing."""
    if not any(unicodedata.category(char)[0] not in "CZ" for char in text):
        raise ValidationError(field.error_messages["required"])
    return text
