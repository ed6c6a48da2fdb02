"""One settings file. Everything that differs between machines is an environment variable."""

import re
from datetime import timedelta
from email.utils import formataddr
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from config import embedded
from config.local import data_dir, is_local, local_secret, site_url
from config.retention import RETENTION  # noqa: F401  # a setting like those below

env = environ.Env()

# Where this site lives -------------------------------------------------------------------------

DATA_DIR = data_dir()
SITE_URL = site_url()
LOCAL_MODE = is_local(SITE_URL)
DEMO = env.bool("DEMO", False)
DEBUG = env.bool("DEBUG", False)
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _needed_elsewhere(name: str, local: str | None = None) -> str:
    """A variable that only local mode may do without."""
    if value := env.str(name, ""):
        return value
    if LOCAL_MODE and local is not None:
        return local
    raise ImproperlyConfigured(
        f"{name} must be set, because SITE_URL ({SITE_URL}) is not this machine's own address. "
        f"Set {name} in the environment and start again."
    )


SECRET_KEY = env.str("SECRET_KEY", "") or (
    local_secret(DATA_DIR / "secret-key", groups=12)
    if LOCAL_MODE
    else _needed_elsewhere("SECRET_KEY")
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or "localhost"]
if LOCAL_MODE:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]

# What it is made of ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.Config",
    "comments",
    "newsletter",
    "blog",
    "config.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "anymail",
]
MIDDLEWARE = [
    "config.middleware.AccessLog",
    "config.middleware.SiteHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "config.middleware.Publication",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.PublicForms",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "blog.context.site",
            ],
        },
    }
]

# Rows ------------------------------------------------------------------------------------------

_file = quote(str(DATA_DIR / "db.sqlite3"))  # a folder's name may hold # or %
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{_file}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Measured: these took 147 "database is locked" errors in six seconds to none.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        # What is taken back is written over; not every SQLite is built to do that by itself.
        "PRAGMA secure_delete=ON;",
        "transaction_mode": "IMMEDIATE",
        # Longer than anybody should hold on to it: rather a late answer than a lost sign-up.
        "timeout": 40,
    }
    # In a file, as in life: in memory, a second writer is refused instead of waiting its turn.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60  # opening one costs a request more than its queries

# Redis: a doorbell and a cache, never the only place of anything --------------------------------

REDIS_URL = env.str("REDIS_URL", "") or embedded.url(DATA_DIR)
CACHES = {
    "default": {
        "BACKEND": "config.broker.ForgivingCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "afterword",
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    }
}
CELERY_BROKER_URL = re.sub("^unix:", "redis+socket:", REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A hung broker may cost a request a quarter of a second, not the visitor's patience.
    "max_retries": 0,
    "socket_timeout": 0.25,
    "socket_connect_timeout": 0.25,
    "visibility_timeout": 600,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "celery"
# What a person waits for stands in no line with letters; a worker empties both in turn.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("prompt")]
CELERY_TASK_ROUTES = {"newsletter.outbox.deliver": {"queue": "prompt"}}
CELERY_BEAT_SCHEDULE = {
    "ring for mail that is due": {
        "task": "newsletter.tasks.tick",
        "schedule": env.float("TICK_SECONDS", 60.0),
    },
    "say that beat and a worker live": {"task": "config.tasks.heartbeat", "schedule": 60.0},
    "look at the sender's domain": {
        "task": "newsletter.tasks.look_at_domain",
        "schedule": 6 * 3600.0,
    },
    "ring for mail about replies": {
        "task": "comments.tasks.tick",
        "schedule": env.float("TICK_SECONDS", 60.0),
    },
    "tidy replies": {"task": "comments.tasks.tidy", "schedule": 600.0},
    "write over what was taken back": {"task": "config.tasks.write_over", "schedule": 600.0},
}

# Mail ------------------------------------------------------------------------------------------

EMAIL_URL = _needed_elsewhere("EMAIL_URL", local=f"file:{quote(str(DATA_DIR / 'mail'))}")
EMAIL_TIMEOUT = 20
# Who was refused is read from each answer: one bad address must not fail a whole call.
ANYMAIL: dict[str, object] = {"REQUESTS_TIMEOUT": (5, 30), "IGNORE_RECIPIENT_STATUS": True}
_mail = urlsplit(EMAIL_URL)
if _mail.scheme == "file":
    EMAIL_BACKEND = "newsletter.carriers.FileBackend"
    EMAIL_FILE_PATH = unquote(_mail.path)
elif _mail.scheme in {"smtp", "smtps"}:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 587 if _mail.username else 25)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL and bool(_mail.username)
elif _mail.scheme.startswith("anymail+"):
    # anymail+mailgun://KEY@mg.example.org?api_url=… : the key, the sending domain, other settings
    # An address takes no underscore before its colon, so amazon_ses is written amazon-ses here.
    _provider = _mail.scheme.removeprefix("anymail+").replace("-", "_")
    EMAIL_BACKEND = f"anymail.backends.{_provider}.EmailBackend"
    if _provider == "resend":
        EMAIL_BACKEND = "newsletter.carriers.resend.EmailBackend"  # with a key for each call
    _given = {"api_key": unquote(_mail.username or ""), "sender_domain": _mail.hostname or ""}
    for _name, _value in (_given | dict(parse_qsl(_mail.query))).items():
        # The name:password of reports to /hooks/mail/ is called the same for all providers.
        _of = "" if _name == "webhook_secret" else f"{_provider.upper()}_"
        if _value:
            ANYMAIL[f"{_of}{_name.upper()}"] = _value
else:
    raise ImproperlyConfigured(
        "EMAIL_URL must begin with smtp://, smtps://, file: or anymail+<provider>://."
    )
# Where mails come back to, for manage.py read_bounces: imaps://user:password@host/folder
BOUNCE_URL = env.str("BOUNCE_URL", "")
if BOUNCE_URL:
    CELERY_BEAT_SCHEDULE["read what came back"] = {
        "task": "newsletter.tasks.read_bounces",
        "schedule": 600.0,
    }
SERVER_EMAIL = DEFAULT_FROM_EMAIL = formataddr(("", f"site@{urlsplit(SITE_URL).hostname}"))
MAIL_LEASE = timedelta(seconds=env.float("MAIL_LEASE_SECONDS", 120))
MAIL_MAX_ATTEMPTS = 14  # with growing gaps: for about a day and a half

# Words, time -----------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # a second one is a catalogue in each locale folder, and a line
LOCALE_PATHS = [Path(app) / "locale" for app in ("blog", "newsletter", "comments", "config")]
TIME_ZONE = "UTC"
USE_TZ = True

# Files -----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Safety ----------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect", "frame")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
HTTPS = SITE_URL.startswith("https:")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "blog.views.forbidden"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"  # also when the address that somebody asked for is another site's
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # HSTS of subdomains: not ours to say

# Logs: ids and route names, never bodies, addresses or paths -------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nowhere": {"class": "logging.NullHandler"},  # with none at all, Python prints them
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "afterword": {"level": "INFO"},
        # Django logs the path of each 404 and the text of bad requests: both can name an illness.
        "django.request": {"handlers": ["nowhere"], "propagate": False},
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        # Celery prints what an error says: a database quotes people's addresses. See broker.py.
        "celery.app.trace": {"handlers": ["nowhere"], "propagate": False},
    },
}
