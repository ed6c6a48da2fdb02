from celery import shared_task

from newsletter import outbox  # noqa: F401  registers deliver and drain


@shared_task(ignore_result=True)
def tick() -> None:
    """Once a minute: ring for whatever is due."""
