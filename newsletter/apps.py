from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Newsletter(AppConfig):
    name = "newsletter"
    verbose_name = _("Newsletter")

    def ready(self):
        from newsletter import checks, receivers  # noqa: F401  listen from now on
