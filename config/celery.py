"""Two Celery apps: the worker's knows Django, beat's only the list of ticks (and stays small)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("afterword", task_cls="config.broker:NudgeTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

beat = Celery("afterword-beat", fixups=[], set_as_current=False)
beat.config_from_object("config.settings", namespace="CELERY")
