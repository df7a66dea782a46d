"""E-mail: a change of a board's state as a letter, handed to the server that the settings name."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal
from urllib.parse import urlsplit

import aiosmtplib
from msgspec import Struct

from aggregator.entries import MailSettings, Password
from aggregator.fetch.sessions import encryption
from aggregator.publish import path
from aggregator.render import clean
from aggregator.store.messages import Message

# By whom letters stand in the queue of webhooks: no slug is called so.
MAIL = "@mail"
SECONDS = 30.0
_REFUSAL = 500


class Mail(Struct, frozen=True):
    """How letters are sent: nobody is told where the settings name no host."""

    settings: MailSettings = MailSettings()
    password: Password = Password()


class Sent(Struct, frozen=True, kw_only=True):
    """What came of one try: ``refused`` for good (RFC 5321 §4.2.1), or of no use now; ``status`` is SMTP's."""

    result: Literal["taken", "later", "refused"]
    status: int | None = None
    error: str | None = None


def letter(message: Message, mail: MailSettings, name: str, public_url: str) -> EmailMessage:
    """The change as a letter under a ``name`` that is the same whenever it is told again.

    It says that no person wrote it, so that no absence is answered (RFC 3834 §5).
    """
    written, board = EmailMessage(policy=SMTP), clean.line(message.name) or message.board
    written["From"], written["To"] = mail.sender, ", ".join(mail.to)
    written["Subject"] = f"{board}: {message.state}"
    written["Date"] = format_datetime(message.since)
    written["Message-ID"] = f"<{name}@{urlsplit(public_url).hostname}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(
        f"{board} is {message.state}: {clean.line(message.sentence)}\n"
        f"Since {_said(message.since)}{f', {message.before} before' if message.before else ''}.\n\n"
        f"{public_url}{path('board', message.board)}\n"
        f"All boards: {public_url}/health\n"
    )
    return written


async def send(written: EmailMessage, mail: Mail) -> Sent:
    """What the mail server says to a letter; nothing is raised by it or the network."""
    settings = mail.settings
    try:
        async with asyncio.timeout(SECONDS):
            missed, _ = await aiosmtplib.send(
                written,
                hostname=settings.host,
                port=settings.port,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                tls_context=encryption(verified=True),
                username=settings.username or None,
                password=mail.password.said or None,
                local_hostname=settings.sender.rpartition("@")[2],
            )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return _failed(error)
    if missed:
        told = "; ".join(f"{to}: {answer.code} {answer.message}" for to, answer in missed.items())
        return Sent(result="taken", error=f"not by all: {told}")
    return Sent(result="taken")


def _failed(error: Exception) -> Sent:
    """Who will not have this letter, from this sender or for any of these, need not be asked again; all else passes."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _answered(error.recipients, str(error))
    if isinstance(error, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPDataError):
        return _answered([error], str(error))
    status = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None
    return Sent(result="later", status=status, error=" ".join(str(error).split()) or type(error).__name__)


def _answered(answers: Sequence[aiosmtplib.SMTPResponseException], why: str) -> Sent:
    codes = [answer.code for answer in answers]
    return Sent(result="refused" if min(codes) >= _REFUSAL else "later", status=min(codes), error=" ".join(why.split()))


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
