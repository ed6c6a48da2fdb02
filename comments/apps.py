from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Comments(AppConfig):
    name = "comments"
    verbose_name = _("Replies")
