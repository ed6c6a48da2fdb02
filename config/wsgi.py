import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
CHARSET = re.compile(r";\s*charset\s*\*?\s*=[^;]*", re.IGNORECASE)
django = get_wsgi_application()


def application(environ, start_response):
    """Everything here is UTF-8. A header that names another charset picks no decoder: base64, hex
    and the like are charsets to Python, and Django fails on them before any page can answer."""
    if kind := environ.get("CONTENT_TYPE"):
        environ["CONTENT_TYPE"] = CHARSET.sub("", kind)
    return django(environ, start_response)
