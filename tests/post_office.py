"""A mail server on loopback, as far as who hands letters in can tell (RFC 5321, RFC 3207, RFC 4954)."""

import asyncio
import ssl
from base64 import b64decode
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self

from tests.fetch.old_tls import PEM


@dataclass
class Envelope:
    """A letter as it came in: over TLS or not, from whom by whose password, and for whom."""

    encrypted: bool = False
    login: tuple[str, str] | None = None
    sender: str = ""
    to: list[str] = field(default_factory=list)
    content: bytes = b""

    @property
    def letter(self) -> EmailMessage:
        """What it says."""
        found = message_from_bytes(self.content, policy=default)
        assert isinstance(found, EmailMessage)
        return found


def certified() -> ssl.SSLContext:
    """TLS with a certificate for 127.0.0.1 that is vouched for where SSL_CERT_FILE names it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


@dataclass
class PostOffice:
    """The far side: it answers a verb with the next of its ``answers``, else as it should, and keeps what it took."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    is_encrypted: bool = False
    envelopes: list[Envelope] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        tls = certified() if self.is_encrypted else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        envelope = Envelope(encrypted=self.is_encrypted)
        try:
            writer.write(b"220 post.example\r\n")
            while line := (await reader.readline()).decode().strip():
                verb, _, said = line.partition(" ")
                answer = self._answer(verb.upper(), said, envelope)
                writer.write(f"{answer}\r\n".encode())
                await writer.drain()
                if verb.upper() == "STARTTLS" and answer.startswith("220"):
                    await writer.start_tls(certified())
                    envelope.encrypted = True
                if answer.startswith("354"):
                    envelope.content = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                    writer.write(f"{self._taken(envelope)}\r\n".encode())
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # The client hung up, or believes no certificate of ours.
        finally:
            writer.close()

    def _answer(self, verb: str, said: str, envelope: Envelope) -> str:
        if self.answers.get(verb):
            return self.answers[verb].pop(0)
        match verb:
            case "EHLO":
                return (
                    "250-post.example\r\n250-AUTH PLAIN"
                    + ("" if envelope.encrypted else "\r\n250-STARTTLS")
                    + "\r\n250 8BITMIME"
                )
            case "AUTH":
                _, user, password = b64decode(said.partition(" ")[2]).decode().split("\0")
                envelope.login = user, password
                return "235 yes"
            case "MAIL":
                envelope.sender = said
            case "RCPT":
                envelope.to.append(said)
            case "DATA":
                return "354 go on"
            case "STARTTLS":
                return "220 go on"
        return "250 yes"

    def _taken(self, envelope: Envelope) -> str:
        if self.answers.get("."):
            return self.answers["."].pop(0)
        self.envelopes.append(envelope)
        self.came.set()
        return "250 taken"
