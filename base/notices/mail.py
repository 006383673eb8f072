"""Sends letters by mail over SMTP, with TLS unless the site says in so many words that there is none.

The mail's Message-ID is the delivery's, so that a letter that is sent again can be told from a new one. A server that
was to speak TLS and does not is refused: nothing is ever sent in clear instead.
"""

import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from base.notices.delivery import Letter
from base.notices.errors import MailLoginRefused, MailRefused, MailServerUnreachable, MailTlsFailed
from base.notices.wiring import NoticeSettings


class MailChannel:
    """Sends each letter over a connection of its own: notices are few, and a kept connection would go stale."""

    def __init__(self, settings: NoticeSettings, tls: ssl.SSLContext) -> None:
        self._settings = settings
        self._tls = tls
        self._domain = settings.mail_sender.rpartition("@")[2]

    def __call__(self, letter: Letter, at: datetime) -> None:
        """Send one letter.

        Raises `MailServerUnreachable`, `MailTlsFailed`, `MailLoginRefused`, `MailRefused`.
        """
        host = self._settings.mail_host
        message = written(letter, self._settings.mail_sender, at)
        try:
            server = self._connected()
        except smtplib.SMTPNotSupportedError as error:
            raise MailTlsFailed(host, "not-offered") from error
        except ssl.SSLCertVerificationError as error:
            raise MailTlsFailed(host, "certificate") from error
        except ssl.SSLError as error:
            raise MailTlsFailed(host, "handshake") from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerUnreachable(host) from error
        try:
            self._send(server, message, letter.recipient)
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        told = self._settings
        where = (told.mail_host, told.mail_port, self._domain)
        if told.mail_security == "tls":
            return smtplib.SMTP_SSL(*where, timeout=told.mail_seconds, context=self._tls)
        server = smtplib.SMTP(*where, timeout=told.mail_seconds)
        try:
            if told.mail_security == "starttls":
                server.starttls(context=self._tls)
        except BaseException:
            server.close()
            raise
        return server

    def _send(self, server: smtplib.SMTP, message: EmailMessage, recipient: str) -> None:
        told = self._settings
        try:
            if told.mail_user:
                server.login(told.mail_user, told.mail_password)
            server.send_message(message, told.mail_sender, recipient)
        except smtplib.SMTPAuthenticationError as error:
            raise MailLoginRefused(told.mail_host, error.smtp_code) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailLoginRefused(told.mail_host, 0) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise MailRefused(told.mail_host, next(iter(error.recipients.values()))[0]) from error
        except smtplib.SMTPResponseException as error:
            raise MailRefused(told.mail_host, error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerUnreachable(told.mail_host) from error
        # The server has taken the mail: what it says to the farewell changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def written(letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """Write a letter as a mail that no vacation notice answers (RFC 3834)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.title
    message["Date"] = at
    message["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    message["Content-Language"] = {"zh": "zh-CN"}.get(letter.language, letter.language)
    return message
