"""Pictures: decoded and written anew when saved, so that nothing but a picture is ever served."""

from __future__ import annotations

import io
import os
import tempfile
from hashlib import blake2b

import PIL.Image
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _
from PIL import ImageOps

KINDS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
MOST_BYTES = 20_000_000
MOST_PIXELS = 12_000_000
LONGEST_SIDE = 1600

UNREADABLE = _("This is not a picture that we can read. PNG, JPEG and WebP work.")
TOO_HEAVY = _("This picture’s file is larger than 20 megabytes. Please save a smaller one.")
TOO_LARGE = _("This picture has more than 12 million points. Please save a smaller one.")


class Picture(ContentFile):
    """A picture written by us, named after its own bytes."""

    def __init__(self, content: bytes, kind: str, size: tuple[int, int]) -> None:
        name = f"{blake2b(content, digest_size=16).hexdigest()}.{KINDS[kind]}"
        super().__init__(content, name=name)
        self.width, self.height = size

    @classmethod
    def redrawn_from(cls, file: File) -> Picture:
        """Only the points of the picture are carried over: no place, no camera, no passengers."""
        if file.size > MOST_BYTES:
            raise ValidationError(TOO_HEAVY, code="too_heavy")
        try:
            file.seek(0)
            with PIL.Image.open(file, formats=list(KINDS)) as source:  # its head only, so far
                if source.width * source.height > MOST_PIXELS:
                    raise ValidationError(TOO_LARGE, code="too_large")
                return cls._drawn(source, source.format or "")
        except PIL.Image.DecompressionBombError:
            raise ValidationError(TOO_LARGE, code="too_large") from None
        except ValidationError:
            raise
        except Exception:  # decoders fail in as many ways as there are broken files
            raise ValidationError(UNREADABLE, code="unreadable") from None

    @classmethod
    def _drawn(cls, source: PIL.Image.Image, kind: str) -> Picture:
        picture = ImageOps.exif_transpose(source)
        if picture.mode not in {"L", "RGB", "RGBA"}:
            see_through = picture.has_transparency_data and kind != "JPEG"
            picture = picture.convert("RGBA" if see_through else "RGB")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), PIL.Image.Resampling.LANCZOS)
        picture.info = {}
        written = io.BytesIO()
        picture.save(written, kind, **({"quality": 85} if kind != "PNG" else {"optimize": True}))
        return cls(written.getvalue(), kind, picture.size)


@deconstructible
class PictureStorage(FileSystemStorage):
    """The name says the content, so a name that is taken is the same picture."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:
        if not self.exists(name):
            os.makedirs(self.location, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.location, delete=False) as draft:
                draft.writelines(content.chunks())
            os.chmod(draft.name, 0o644)  # noqa: S103
            os.replace(draft.name, self.path(name))
        return name


class Image(models.Model):
    file = models.FileField(_("picture"), upload_to="", storage=PictureStorage())
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

    def save(self, *args, **kwargs):
        self.redraw()
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        deleted = super().delete(*args, **kwargs)
        if not Image.objects.filter(file=self.file.name).exists():
            self.file.storage.delete(self.file.name or "")
        return deleted

    def clean(self) -> None:
        try:
            self.redraw()
        except ValidationError as error:
            raise ValidationError({"file": error}) from None

    def redraw(self) -> None:
        """What was uploaded becomes a picture of ours; one that is ours already stays."""
        is_new = self.file and not self.file._committed  # type: ignore[attr-defined]
        if not is_new or isinstance(self.file.file, Picture):
            return
        picture = Picture.redrawn_from(self.file.file)
        self.file, self.width, self.height = picture, picture.width, picture.height
