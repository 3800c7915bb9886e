"""Who signs documents: a certificate, and a key that answers for it; on a card, through any Channel.

signer = CardSigner.open(CardSession.open(channel), pin)      # one PIN entry for as many signatures as are wanted
signed = sign_cms(document, signer, signing_time=now)
"""

from __future__ import annotations

from typing import Protocol, Self

from jpki.algorithms import KeyAlgorithm
from jpki.client.errors import MalformedAnswerError
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.verify.certificate import ReadCertificate, read_certificate


class DocumentSigner(Protocol):
    """What the containers need. ``certificate`` is DER and goes into the document; ``chain`` goes along with it."""

    @property
    def certificate(self) -> bytes:
        """The signer's certificate."""
        ...

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Further certificates, for readers that look for them; never a reason to trust."""
        ...

    @property
    def algorithm(self) -> KeyAlgorithm:
        """That of the certificate's key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``: 256 bytes of RSA, or an ECDSA-Sig-Value."""
        ...


class CardSigner:
    """The key of a card whose PIN is verified. The PIN itself is not kept: the card remembers it."""

    def __init__(self, session: CardSession, kind: CaKind, read: ReadCertificate, der: bytes, ca: bytes) -> None:
        self._session = session
        self._kind = kind
        self._algorithm = read.key_algorithm
        self._certificate = der
        self._ca = ca

    @classmethod
    def open(cls, session: CardSession, pin: str, *, kind: CaKind = CaKind.SIGN) -> Self:
        """Verify the PIN and read the certificates; ``CardClientError`` when the card refuses."""
        session.verify_pin(kind, pin)
        der = session.read_certificate(kind)
        read = read_certificate(der)
        if not isinstance(read, ReadCertificate):
            raise MalformedAnswerError(f"the card's certificate cannot be used: {read.message}")
        return cls(session, kind, read, der, session.read_ca_certificate(kind))

    @property
    def certificate(self) -> bytes:
        """The holder's certificate. That for signatures tells who the holder is."""
        return self._certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificate of the CA, as the card has it."""
        return (self._ca,)

    @property
    def algorithm(self) -> KeyAlgorithm:
        """That of the card's key."""
        return self._algorithm

    def sign(self, message: bytes) -> bytes:
        """Hash here, sign there: the card is sent the digest alone."""
        return self._session.sign_digest(self._kind, self._algorithm.digest(message))
