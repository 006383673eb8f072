"""Notices by mail, by webhook and on the pages: told in the act's own transaction, delivered afterwards by a job.

A room declares its kinds of notices as data and tells them with `tell`; the job calls `deliver_due`. What a channel is
stands in one table, `channels`: a new one is a file and a row.
"""

from pathlib import Path

from base.fetch import Fetch, FetchSettings
from base.fetch.wiring import tls_of
from base.notices.delivery import Channel, Channels, Letter, Tally, deliver_due
from base.notices.kinds import Kinds, Mail, Notice, NoticeKind, Person, Role, Webhook, Words, kinds_in
from base.notices.mail import MailChannel
from base.notices.webhooks import SecretFiles, WebhookChannel
from base.notices.wiring import NoticeSettings
from base.notices.writing import (
    MAIL,
    WEBHOOK,
    LoggedDelivery,
    PageNotice,
    delivery_log,
    mark_read,
    resend,
    tell,
    unread,
)

__all__ = [
    "KINDS",
    "Channel",
    "Channels",
    "Kinds",
    "Letter",
    "LoggedDelivery",
    "Mail",
    "MailChannel",
    "Notice",
    "NoticeKind",
    "NoticeSettings",
    "PageNotice",
    "Person",
    "Role",
    "SecretFiles",
    "Tally",
    "Webhook",
    "WebhookChannel",
    "Words",
    "channels",
    "deliver_due",
    "delivery_log",
    "kinds_in",
    "mark_read",
    "resend",
    "tell",
    "unread",
]

KINDS = kinds_in(Path(__file__).with_name("notices.toml"))


def channels(settings: NoticeSettings, fetch_settings: FetchSettings, fetch: Fetch, *kinds: Kinds) -> Channels:
    """Build the table of channels that this site has set up, with the kinds of every room.

    Raises `UnusableSetting`.
    """
    secrets = SecretFiles(settings.webhook_secrets_folder, settings.webhook_secret)
    table: dict[str, Channel] = {WEBHOOK: WebhookChannel(fetch, secrets, intranet=settings.webhooks_in_intranet)}
    if settings.mail_host:
        table[MAIL] = MailChannel(settings, tls_of(fetch_settings))
    return Channels(Kinds(kind for room in (KINDS, *kinds) for kind in room), table)
