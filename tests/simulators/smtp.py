"""A mail server on this machine that takes, refuses, forgets and falls silent as it is told.

It speaks real SMTP (aiosmtpd) on a thread of its own; what was taken stands in `letters`.
"""

import asyncio
import ssl
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# Threads are waited for this long; one that stays longer is a fault of the test.
JOIN_SECONDS = 5.0


class SmtpSimulator:
    """The server; `with SmtpSimulator() as mail:` starts it on a free port of the loopback.

    `refuses` gives recipients their answer; `after_data` replaces the answer to a mail that was taken, and an empty one
    closes the connection instead. With a TLS context the server speaks TLS from the first byte, or offers STARTTLS and
    asks for it. With a login it takes mail from nobody else.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        offers_starttls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.over_tls: list[bool] = []
        self.refuses: dict[str, str] = {}
        self.after_data: str | None = None
        self.port = 0
        self._tls, self._starttls, self._login = tls, offers_starttls, login
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(JOIN_SECONDS):
            message = "the mail simulator did not start"
            raise RuntimeError(message)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_SECONDS)

    async def handle_RCPT(  # noqa: N802 the name is aiosmtpd's
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 log in first"
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's
        """Keep a mail; what is answered afterwards may be a lie."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=default))
        self.recipients.extend(envelope.rcpt_tos)
        assert server.transport is not None
        self.over_tls.append(session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None)
        if self.after_data == "":
            server.transport.close()
        return self.after_data or "250 taken"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            listening = self._loop.run_until_complete(
                self._loop.create_server(self._server, "127.0.0.1", 0, ssl=None if self._starttls else self._tls)
            )
            self.port = listening.sockets[0].getsockname()[1]
            self._started.set()
            self._loop.run_forever()
            listening.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        finally:
            self._loop.close()

    def _server(self) -> SMTP:
        return SMTP(
            self,
            hostname="mail.example",
            loop=self._loop,
            tls_context=self._tls if self._starttls else None,
            require_starttls=self._starttls,
            auth_require_tls=self._starttls,
            authenticator=self._knows,
        )

    def _knows(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, proof: Any) -> AuthResult:
        assert isinstance(proof, LoginPassword)
        given = (proof.login.decode(), proof.password.decode())
        return AuthResult(success=given == self._login, handled=False)
