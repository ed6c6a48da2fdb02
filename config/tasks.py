from celery import shared_task
from django.db import connection

from config import status


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Beat rang, and a worker came to the door."""
    status.BEAT.give()


@shared_task(ignore_result=True)
def write_over() -> None:
    """What was taken back stands in SQLite's log until that is emptied into the file."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
