"""What every page may say without asking: whose publication this is, and in which mode it runs."""

from django.conf import settings


def site(request):
    return {
        "publication": request.publication,
        "local_mode": settings.LOCAL_MODE,
        "site_url": settings.SITE_URL,
    }
