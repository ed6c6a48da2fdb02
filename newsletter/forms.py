from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from blog.forms import PlainTextField, PublicForm
from newsletter import addresses

# Where a box stands; anything else is just the site.
PAGES = {"post", "home", "newsletter"}


class SignUpForm(PublicForm):
    """The letterbox: one address. Where it stood is kept with the consent."""

    email = PlainTextField(
        label=_("Your e-mail address"),
        widget=forms.EmailInput(attrs={"id": "sign-up", "autocomplete": "email"}),
        error_messages={"required": _("Please write your e-mail address.")},
    )
    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, page: str = "newsletter", **kwargs):
        # The reply form stands on the same page: no id may be there twice.
        super().__init__(data, auto_id="sign-up-%s", initial={"page": page}, **kwargs)
        if self.is_bound and self.errors.get("email"):
            self.fields["email"].widget.attrs |= {
                "aria-invalid": "true",
                "aria-describedby": "sign-up-error",
            }

    def clean_email(self) -> str:
        return addresses.clean(self.cleaned_data["email"])

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
