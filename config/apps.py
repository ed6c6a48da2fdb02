from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class Config(AppConfig):
    name = "config"

    def ready(self):
        # Tasks are shared tasks: without an app of ours they would ring a broker that is not there.
        from config import celery  # noqa: F401


class Admin(AdminConfig):
    default_site = "config.admin.Site"

    def ready(self):
        super().ready()
        from config import accounts  # noqa: F401  takes the place of what Django registered
