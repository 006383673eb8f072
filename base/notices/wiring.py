"""What notices can be told."""

from dataclasses import dataclass
from typing import ClassVar

from base.settings import UnusableSetting, setting

SECURITIES = ("tls", "starttls", "none")


@dataclass(frozen=True)
class NoticeSettings:
    """What notices can be told: the mail server and where webhook secrets stand."""

    SECTION: ClassVar[str] = "notices"
    mail_host: str = setting("", "Mail server that notices are sent by; empty sends no mail.")
    mail_port: int = setting(465, "The mail server's port: 465 for tls, 587 for starttls.")
    mail_security: str = setting("tls", "How the mail server is spoken to: tls, starttls, or none (in clear).")
    mail_user: str = setting("", "Name to log in to the mail server with; empty logs in not at all.")
    mail_password: str = setting("", "Password for the mail server.", secret=True)
    mail_sender: str = setting("yinxin@localhost", "Address that notices come from.")
    mail_seconds: float = setting(10.0, "How long the mail server may be silent.")
    webhook_secret: str = setting("", "Secret (whsec_…) of webhooks that name no other.", secret=True)
    webhook_secrets_folder: str = setting("", "Folder of further webhook secrets, each in a file of its own name.")
    webhooks_in_intranet: bool = setting(
        False, "Whether webhooks may go to the networks opened under fetch.intranet_networks."
    )

    def __post_init__(self) -> None:
        if self.mail_security not in SECURITIES:
            raise UnusableSetting("notices.mail_security", " | ".join(SECURITIES))
        if not self.mail_sender.rpartition("@")[0] or not self.mail_sender.isascii() or " " in self.mail_sender:
            raise UnusableSetting("notices.mail_sender", "name@host")
