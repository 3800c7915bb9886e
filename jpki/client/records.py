"""Reading the records of 券面事項入力補助AP and 券面事項確認AP over any Channel, and checking their signatures.

The next generation's 券面等AP, of our design, is read the same way; its two records have no signature.

What can be read depends on what was verified: ``apdu.layout.text`` and ``apdu.layout.face`` have the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from apdu.command import Command
from apdu.errors import TlvError
from apdu.layout import card_manager, face, jpki, next_generation, text
from apdu.layout.facts import FileFact
from apdu.ports import Channel, RandomBytes
from apdu.tlv import header_size
from jpki.client.errors import MalformedAnswerError, PinFormatError, PinRequiredError
from jpki.client.secure_channel import SecureChannel
from jpki.client.session import pin_bytes
from jpki.client.statuses import PIN_NAMES, Doing, PinKind
from jpki.client.wire import CardWire
from jpki.cv.certificate import CvCertificate
from jpki.cv.chain import CvTrust
from jpki.cv.errors import CvFormatError
from jpki.cv.findings import CvVerdict
from jpki.kinds import CaKind, RecordPin
from jpki.records.verify import verify_face, verify_text

_HEADER_SIZE: Final = 5  # two bytes of tag, 82 and two of length, the longest that a record has
_EVERYTHING: Final = 65_536  # GET DATA of a large object with a short Le gives 6700 (measured: soltia48/myna-card)


@dataclass(frozen=True, slots=True)
class RecordApplication:
    """One of the applications: its layout, its PINs, and how what was read is verified."""

    aid: bytes
    files: Mapping[int, FileFact]
    pins: Mapping[PinKind, int]
    signed: tuple[int, ...]
    verify: Callable[..., CvVerdict]


TEXT: Final = RecordApplication(
    aid=text.AID,
    files=text.FILES,
    pins={
        RecordPin.TEXT: text.PIN,
        RecordPin.REFERENCE_A: text.REFERENCE_A,
        RecordPin.REFERENCE_B: text.REFERENCE_B,
    },
    signed=(text.MY_NUMBER, text.ATTRIBUTES, text.INTEGRITY_RECORD, text.CV_CERTIFICATE, text.PUBLIC_KEY),
    verify=verify_text,
)
FACE: Final = RecordApplication(
    aid=face.AID,
    files=face.FILES,
    pins={
        RecordPin.BIRTH: face.BIRTH_PIN,
        RecordPin.REFERENCE_A: face.REFERENCE_A,
        RecordPin.REFERENCE_B: face.REFERENCE_B,
    },
    signed=(face.AGE_RECORD, face.FACE, face.CV_CERTIFICATE, face.MY_NUMBER_IMAGE),
    verify=verify_face,
)
NEXT_FACE: Final = RecordApplication(
    aid=next_generation.FACE_AID,
    files=next_generation.FACE_FILES,
    pins={
        RecordPin.REFERENCE: next_generation.REFERENCE,
        CaKind.AUTH: jpki.AUTH_PIN,
        CaKind.SIGN: jpki.SIGN_PIN,
    },
    signed=(next_generation.MY_NUMBER, next_generation.ATTRIBUTES),
    verify=verify_text,
)


class RecordSession(CardWire):
    """A session with one of the applications. ``open`` it; one thread at a time."""

    def __init__(self, channel: Channel, application: RecordApplication) -> None:
        super().__init__(channel)
        self.application = application

    @classmethod
    def open(cls, channel: Channel, application: RecordApplication) -> RecordSession:
        """A session with ``TEXT``, ``FACE`` or ``NEXT_FACE`` selected; ``NoApplicationError`` on a card without it."""
        session = cls(channel, application)
        session._select_application(application.aid, Doing.SELECT_RECORDS)
        return session

    def tries_left(self, kind: PinKind) -> int:
        """Tries left; asking costs none. ``KeyError`` for a PIN that this application does not have."""
        fid = self.application.pins[kind]
        fact = self.application.files[fid].pin
        return self._tries_left(fid, kind, None if fact is None else fact.tries)

    def verify_pin(self, kind: PinKind, digits: str) -> None:
        """Verify a PIN or a reference number; a text that cannot be one is not sent."""
        fid = self.application.pins[kind]
        if isinstance(kind, CaKind):
            self._verify(fid, kind, pin_bytes(kind, digits))
            return
        fact = self.application.files[fid].pin
        if fact is None or not fact.accepts(digits.encode("utf-8")):
            length = 0 if fact is None else fact.min_length
            raise PinFormatError(
                f"{PIN_NAMES[kind]} has {length} digits", kind=kind, hint="it was not sent, so no try was lost"
            )
        self._verify(fid, kind, digits.encode("ascii"))

    def read(self, fid: int) -> bytes:
        """One record: as many bytes as its file is known to have, or as its own length says."""
        kind = self._opener(fid)
        self._select_file(fid, Doing.SELECT_FILE)
        size = self.application.files[fid].size
        if size is not None:
            return self._read(0, size, Doing.READ, kind)
        header = self._read(0, _HEADER_SIZE, Doing.READ, kind)
        try:
            header_length, length = header_size(header, minimal_lengths=False)
        except TlvError as error:
            raise MalformedAnswerError(f"the length of EF {fid:04X} cannot be read: {error}") from error
        size = header_length + length
        return header[:size] + self._read(_HEADER_SIZE, size - _HEADER_SIZE, Doing.READ, kind)

    def read_signed(self) -> dict[int, bytes]:
        """Every signed record that is open by now, and the certificate."""
        found = {}
        for fid in self.application.signed:
            try:
                found[fid] = self.read(fid)
            except PinRequiredError:
                continue
        return found

    def secured(self, *, rng: RandomBytes) -> RecordSession:
        """The same session by secure messaging, of which the text application alone is capable, after its PIN.

        ``PinRequiredError`` before it, ``SecureSessionError`` when the card does not agree on a key.
        """
        key_file = self.read(text.SESSION_PUBLIC_KEY)
        return RecordSession(SecureChannel.open(self._channel, key_file, rng=rng), self.application)

    def check(self, trust: CvTrust, intermediates: Iterable[CvCertificate] = ()) -> CvVerdict:
        """Read what is open and verify it. ``read_intermediates`` gives the certificates between, if asked before."""
        verdict: CvVerdict = self.application.verify(self.read_signed(), trust=trust, intermediates=intermediates)
        return verdict

    def _opener(self, fid: int) -> PinKind | None:
        """The PIN to name when a file is closed: the first of those that open it."""
        any_of = self.application.files[fid].access.any_of or ()
        return next((kind for kind, pin in self.application.pins.items() if pin in any_of), None)


def read_intermediates(channel: Channel) -> tuple[CvCertificate, ...]:
    """The certificate from the root downwards that the card manager keeps; empty where it has none.

    Selects the card manager, so that every PIN verified so far is forgotten: do it first.
    """
    raw = _CardManager(channel).data_object(card_manager.ROOT_CV_CERTIFICATE)
    if raw is None:
        return ()
    try:
        return (CvCertificate.decode_content(raw),)
    except CvFormatError as error:
        raise MalformedAnswerError(f"object 00F8 is not right: {error}") from error


class _CardManager(CardWire):
    """Selected by its AID, since GET DATA answers nothing else while an application is current."""

    def data_object(self, tag: int) -> bytes | None:
        """A data object of any length, or None."""
        self._select_application(card_manager.AID, Doing.SELECT_FILE)
        command = Command(cla=0x00, ins=0xCA, p1=tag >> 8, p2=tag & 0xFF, ne=_EVERYTHING, extended=True)
        response = self._transmit(command)
        return response.data if response.sw.is_ok else None
