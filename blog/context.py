"""What every page may say without asking: whose publication this is, and in which mode it runs."""

from django.conf import settings


def site(request):
    return {
        "publication": request.publication,
        "local_mode": settings.LOCAL_MODE,
        "has_sent_mail": settings.LOCAL_MODE and settings.EMAIL_URL.startswith("file:"),
        "site_url": settings.SITE_URL,
    }
