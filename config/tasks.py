from celery import shared_task

from config import status


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Beat rang, and a worker came to the door."""
    status.BEAT.give()
