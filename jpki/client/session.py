"""A session with the JPKI application of a card, over any Channel; or with 認証AP of the next generation's.

The sequences are those of the published clients (OpenSC card-jpki.c and pkcs15-jpki.c, jpki/myna): SELECT by AID
without answer data, SELECT EF, READ BINARY of the header and then of exactly the rest, VERIFY against the current EF,
COMPUTE DIGITAL SIGNATURE over a DigestInfo. Channels of ``apdu.chaining`` go below for readers that need them.
"""

from __future__ import annotations

from typing import Final

from apdu.command import Command
from apdu.errors import LayoutError, TlvError
from apdu.layout import jpki as layout
from apdu.layout.token_information import SIZE as TOKEN_INFORMATION_SIZE
from apdu.layout.token_information import TokenInformation
from apdu.ports import Channel
from apdu.tlv import header_size
from jpki.client.cards import JPKI, NEXT, SigningApplication
from jpki.client.errors import CardClientError, MalformedAnswerError, NotJpkiCardError, PinFormatError
from jpki.client.statuses import PIN_NAMES, Doing, no_certificate
from jpki.client.wire import CURRENT_EF, CardWire
from jpki.kinds import CaKind

PIN_FILE: Final = {CaKind.AUTH: layout.AUTH_PIN, CaKind.SIGN: layout.SIGN_PIN}
PIN_LIMITS: Final = {CaKind.AUTH: layout.AUTH_PIN_LIMITS, CaKind.SIGN: layout.SIGN_PIN_LIMITS}
KEY_FILE: Final = {CaKind.AUTH: layout.AUTH_KEY, CaKind.SIGN: layout.SIGN_KEY}
CERTIFICATE_FILE: Final = {CaKind.AUTH: layout.AUTH_CERTIFICATE, CaKind.SIGN: layout.SIGN_CERTIFICATE}
CA_CERTIFICATE_FILE: Final = {CaKind.AUTH: layout.AUTH_CA_CERTIFICATE, CaKind.SIGN: layout.SIGN_CA_CERTIFICATE}

_SIGNATURE_NE: Final = 256  # Le 00, whatever comes: OpenSC card-jpki.c
_HEADER_SIZE: Final = 4  # tag and length of a certificate of 256..65,535 bytes: OpenSC pkcs15-jpki.c reads these first
_SEQUENCE: Final = 0x30

_PIN_SHAPES: Final = {CaKind.AUTH: "four digits", CaKind.SIGN: "six to sixteen letters A-Z and digits"}


class CardSession(CardWire):
    """What a relying party's client does with a card. ``open`` it; one thread at a time."""

    def __init__(self, channel: Channel, application: SigningApplication = JPKI) -> None:
        super().__init__(channel)
        self.application = application

    @classmethod
    def open(cls, channel: Channel) -> CardSession:
        """A session with the application that signs selected; ``NotJpkiCardError`` on a card without one.

        Only a card that knows no JPKI application is asked for that of the next generation.
        """
        session = cls(channel)
        try:
            session.select()
        except NotJpkiCardError as error:
            session = cls(channel, NEXT)
            try:
                session.select()
            except CardClientError:
                raise error from None
        return session

    def select(self) -> None:
        """Select the application, which also forgets every verified PIN on most cards."""
        self._select_application(self.application.aid, Doing.SELECT_APPLICATION)

    def token_information(self) -> TokenInformation:
        """EF 0006: label, serial number and versions. Needs no PIN; the next generation's card has none."""
        self._select_file(layout.TOKEN_INFORMATION, Doing.SELECT_FILE)
        raw = self._read(0, TOKEN_INFORMATION_SIZE, Doing.READ)
        try:
            return TokenInformation.decode(raw)
        except LayoutError as error:
            raise MalformedAnswerError(f"the token information is not right: {error}") from error

    def certificates_available(self) -> frozenset[CaKind]:
        """EF 0008: which end-entity certificates the card says it has. Needs no PIN; not on the next card."""
        self._select_file(layout.CERTIFICATE_AVAILABILITY, Doing.SELECT_FILE)
        try:
            flags = layout.CertificateAvailability.decode(self._read(0, 3, Doing.READ))
        except LayoutError as error:
            raise MalformedAnswerError(f"the certificate availability is not right: {error}") from error
        present = {CaKind.SIGN: flags.signature, CaKind.AUTH: flags.authentication}
        return frozenset(kind for kind, there in present.items() if there)

    def read_certificate(self, kind: CaKind) -> bytes:
        """The holder's certificate, DER. The one for signatures opens only after its password."""
        return self._read_certificate_file(CERTIFICATE_FILE[kind], kind)

    def read_ca_certificate(self, kind: CaKind) -> bytes:
        """The certificate of the CA that issued it, DER. Never a reason to trust that CA."""
        return self._read_certificate_file(CA_CERTIFICATE_FILE[kind], kind)

    def tries_left(self, kind: CaKind) -> int:
        """Tries left of a PIN; asking costs none.

        A card that answers 9000 has the PIN verified already (measured: soltia48/myna-card), which has set the
        counter to its limit.
        """
        return self._tries_left(PIN_FILE[kind], kind, PIN_LIMITS[kind].tries)

    def verify_pin(self, kind: CaKind, pin: str) -> None:
        """Verify a PIN; ``WrongPinError`` says what is left. A text that cannot be the PIN is not sent.

        The signature password is put in upper case first, as jpki/myna does: the issuing counter registers it so.
        """
        self._verify(PIN_FILE[kind], kind, pin_bytes(kind, pin))

    def sign(self, kind: CaKind, message: bytes) -> bytes:
        """The signature over ``message`` in the algorithm of the card's keys; its PIN has to be verified.

        RSASSA-PKCS1-v1_5 with SHA-256; on the next card ECDSA with SHA-384, as an ECDSA-Sig-Value.
        """
        return self.sign_digest(kind, self.application.algorithm.digest(message))

    def sign_digest(self, kind: CaKind, digest: bytes) -> bytes:
        """The same over a digest that the caller has made, with the hash of that algorithm."""
        one = self.application
        if len(digest) != one.digest_size:
            raise ValueError(f"a {one.digest_name} digest has {one.digest_size} bytes, not {len(digest)}")
        return self._compute(kind, one.prefix + digest)

    def sign_as_given(self, kind: CaKind, block: bytes) -> bytes:
        """The signature over bytes that the card pads as they are: a bare hash, or somebody else's DigestInfo.

        What デジタル認証アプリ does with a sign transaction's data. ``ValueError`` on a card whose keys are not RSA.
        """
        if self.application is not JPKI:
            raise ValueError("only keys of RSA sign what is given as it is")
        return self._compute(kind, block)

    def _compute(self, kind: CaKind, data: bytes) -> bytes:
        one = self.application
        self._select_file(KEY_FILE[kind], Doing.SELECT_FILE)
        command = Command(cla=0x80, ins=0x2A, p1=one.p1, p2=CURRENT_EF, data=data, ne=_SIGNATURE_NE)
        answer = self._send(command, Doing.SIGN, kind)
        if len(answer) != one.answer_size:
            raise MalformedAnswerError(f"a signature has {one.answer_size} bytes, the card gave {len(answer)}")
        return one.to_x509(answer)

    def challenge(self, size: int = 8) -> bytes:
        """Random bytes that the card makes (GET CHALLENGE), 1..256."""
        answer = self._send(Command(cla=0x00, ins=0x84, p1=0x00, p2=0x00, ne=size), Doing.CHALLENGE)
        if len(answer) != size:
            raise MalformedAnswerError(f"asked for {size} random bytes, the card gave {len(answer)}")
        return answer

    def _read_certificate_file(self, fid: int, kind: CaKind) -> bytes:
        self._select_file(fid, Doing.READ_CERTIFICATE, kind)
        header = self._read(0, _HEADER_SIZE, Doing.READ_CERTIFICATE, kind)
        if header[0] != _SEQUENCE:  # filler, FF or 00: nothing was written here
            raise no_certificate(kind)
        try:
            header_length, content_length = header_size(header)
        except TlvError as error:
            raise MalformedAnswerError(f"the certificate's length cannot be read: {error}") from error
        size = header_length + content_length
        return header[:size] + self._read(_HEADER_SIZE, size - _HEADER_SIZE, Doing.READ_CERTIFICATE, kind)


def pin_bytes(kind: CaKind, pin: str) -> bytes:
    """What is sent of a PIN as it was typed; ``PinFormatError`` when it cannot be one."""
    limits = PIN_LIMITS[kind]
    if pin.isascii():  # upper() turns some other letters into ASCII ones, and a PIN that nobody typed would be sent
        raw = (pin.upper() if kind is CaKind.SIGN else pin).encode("ascii")
        if limits.accepts(raw):
            return raw
    raise PinFormatError(
        f"{PIN_NAMES[kind]} has {_PIN_SHAPES[kind]}", kind=kind, hint="it was not sent, so no try was lost"
    )
