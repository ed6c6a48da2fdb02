from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Newsletter(AppConfig):
    name = "newsletter"
    verbose_name = _("Newsletter")

    def ready(self):
        from newsletter import receivers  # noqa: F401  listens from now on
