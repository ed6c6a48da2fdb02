"""Pictures: decoded and written anew when saved, so that nothing but a picture is ever served."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Image(models.Model):
    file = models.ImageField(_("picture"), upload_to="", width_field="width", height_field="height")
    alt = models.CharField(
        _("what it shows"),
        max_length=300,
        help_text=_("For people who cannot see it. Say what matters in it, in a sentence."),
    )
    caption = models.CharField(_("caption"), max_length=300, blank=True)
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(name="image_has_alt", condition=~models.Q(alt="")),
        ]

    def __str__(self) -> str:
        return self.alt
