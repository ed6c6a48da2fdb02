"""Two Celery apps: the worker's knows Django, beat's only the list of ticks (and stays small)."""

import os

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
PULSE_SECONDS = 10

app = Celery("afterword", task_cls="config.broker:NudgeTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

beat = Celery("afterword-beat", fixups=[], set_as_current=False)
beat.config_from_object("config.settings", namespace="CELERY")


class Pulse(bootsteps.StartStopStep):
    """A worker that takes tasks says so. Celery's own heartbeat tells other workers, not us."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer):
        from config import status  # needs Django, which beat does without

        status.WORKER.give()
        self.timer = consumer.timer.call_repeatedly(PULSE_SECONDS, status.WORKER.give)

    def stop(self, consumer):
        self.timer.cancel()


app.steps["consumer"].add(Pulse)
