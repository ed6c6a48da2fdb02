"""What we must know of the companies that carry mail, by the names that EMAIL_URL has for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Provider:
    """One of anymail's. Selectors: the names under which it tells people to publish DKIM keys.

    Signing: the setting without which anymail cannot check its reports, where it signs them.
    """

    name: str
    signing: str = ""
    selectors: tuple[str, ...] = ()
    # Whether one call may carry headers that differ from person to person (anymail's table).
    own_headers: bool = True
    # Whether a single mail can say “do not track”. Elsewhere only the account can.
    tracks: bool = False


PROVIDERS = {
    "amazon_ses": Provider("Amazon SES"),
    "brevo": Provider("Brevo", selectors=("brevo1", "brevo2", "mail")),
    "mailersend": Provider("MailerSend", "signing_secret", own_headers=False, tracks=True),
    "mailgun": Provider("Mailgun", "webhook_signing_key", tracks=True),
    "mailjet": Provider("Mailjet", selectors=("mailjet",), tracks=True),
    "mailtrap": Provider("Mailtrap", selectors=("rwmt1", "rwmt2")),
    "mandrill": Provider("Mandrill", "webhook_key", own_headers=False, tracks=True),
    "postal": Provider("Postal", "webhook_key", own_headers=False),
    "postmark": Provider("Postmark", tracks=True),
    "resend": Provider("Resend", selectors=("resend",)),
    "scaleway": Provider("Scaleway", own_headers=False),
    "sendgrid": Provider("SendGrid", selectors=("s1", "s2"), tracks=True),
    "sparkpost": Provider("SparkPost", tracks=True),
    "unisender_go": Provider("Unisender Go", "api_key", selectors=("us",), tracks=True),
}


def key() -> str:
    """Anymail's name of the provider in EMAIL_URL; empty when mail leaves another way."""
    scheme = settings.EMAIL_URL.partition(":")[0].lower().replace("-", "_")
    return scheme.removeprefix("anymail+") if scheme.startswith("anymail+") else ""


def current() -> Provider | None:
    """The one that is set; one that we know nothing about is taken at its word."""
    return PROVIDERS.get(key(), Provider(key())) if key() else None


def of(backend: str) -> Provider | None:
    """The one that a mail backend speaks to, if it is one of these."""
    return PROVIDERS.get(backend.rsplit(".", 2)[-2]) if backend.count(".") > 1 else None


def signing_domain() -> str:
    """The domain that it was told to send for, if EMAIL_URL names one."""
    return str(settings.ANYMAIL.get(f"{key().upper()}_SENDER_DOMAIN", ""))


def proof() -> str:
    """The setting in EMAIL_URL that tells the provider's reports from a stranger's."""
    provider = current()
    return (provider and provider.signing) or "webhook_secret"


def proves_its_reports() -> bool:
    own = f"{key()}_" if proof() != "webhook_secret" else ""
    return bool(settings.ANYMAIL.get(f"{own}{proof()}".upper()))
