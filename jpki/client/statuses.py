"""What a status word means to a card client: the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias

from apdu.status import StatusWord
from jpki.client.errors import (
    CardClientError,
    NoApplicationError,
    NoCertificateError,
    NotJpkiCardError,
    PinBlockedError,
    PinRequiredError,
    UnexpectedStatusError,
    WrongPinError,
)
from jpki.kinds import CaKind, RecordPin

_NO_INFORMATION: Final = StatusWord(0x6300)  # JICSAP: a wrong PIN that has no counter
_SECURITY_NOT_SATISFIED: Final = StatusWord(0x6982)  # ISO/IEC 7816-4 clause 5.6, table 6
_TERMINATED: Final = StatusWord(0x6985)  # what a card of this lab answers to everything after its end: our choice
_BLOCKED: Final = frozenset(
    {
        StatusWord(0x6984),  # measured: soltia48/myna-card, VERIFY of a blocked PIN
        StatusWord(0x6983),  # ISO/IEC 7816-4 clause 5.6; jpki-web and jpki-local-signer expect it
    }
)
_ABSENT: Final = frozenset(
    {
        StatusWord(0x6A82),  # ISO/IEC 7816-4 clause 5.6, table 6: file or application not found
        StatusWord(0x6B00),  # measured: soltia48/myna-card, an offset at the end of the file: it is empty
    }
)

PinKind: TypeAlias = CaKind | RecordPin
PIN_NAMES: Final[Mapping[PinKind, str]] = {
    CaKind.AUTH: "the user-authentication PIN (利用者証明用暗証番号)",
    CaKind.SIGN: "the signature password (署名用パスワード)",
    RecordPin.TEXT: "the text-entry PIN (券面事項入力補助用暗証番号)",
    RecordPin.BIRTH: "the birth date (生年月日6桁)",
    RecordPin.REFERENCE_A: "reference number A (照合番号A)",
    RecordPin.REFERENCE_B: "reference number B (照合番号B)",
    RecordPin.REFERENCE: "the reference number (照合番号)",
}
_CERTIFICATE_NAMES: Final = {
    CaKind.AUTH: "user-authentication certificate (利用者証明用電子証明書)",
    CaKind.SIGN: "signature certificate (署名用電子証明書)",
}


class Doing(Enum):
    """What the card was asked to do when it answered."""

    SELECT_APPLICATION = "selecting the JPKI application"
    SELECT_RECORDS = "selecting a 券面 application"
    SELECT_FILE = "selecting a file"
    READ = "reading a file"
    READ_CERTIFICATE = "reading a certificate"
    ASK_TRIES = "asking for the tries left"
    VERIFY = "verifying a PIN"
    SIGN = "signing"
    CHALLENGE = "asking for a challenge"


def is_blocked(sw: StatusWord) -> bool:
    """True when the status says that a PIN has no tries left."""
    return sw in _BLOCKED or sw.tries_left == 0


def error_of(sw: StatusWord, doing: Doing, kind: PinKind | None = None) -> CardClientError:
    """The error that a status other than 9000 stands for; ``kind`` names the PIN or certificate concerned."""
    if doing in (Doing.SELECT_APPLICATION, Doing.SELECT_RECORDS) and sw == _TERMINATED:
        return UnexpectedStatusError(
            f"the card answered {sw} to {doing.value}",
            sw=sw,
            hint="a card of the lab answers so once it is terminated; why another one does is for its issuer to say",
        )
    if doing is Doing.SELECT_APPLICATION and sw in _ABSENT:
        return NotJpkiCardError(
            "the card has no JPKI application (公的個人認証AP)",
            hint="is it an Individual Number Card? another program's card may lie on the reader",
        )
    if doing is Doing.SELECT_RECORDS and sw in _ABSENT:
        return NoApplicationError(
            "the card does not have this application", hint="phones and cards made by earlier releases have JPKI alone"
        )
    if kind is not None:
        known = _of_kind(sw, doing, kind)
        if known is not None:
            return known
    return UnexpectedStatusError(
        f"the card answered {sw} to {doing.value}",
        sw=sw,
        hint="`mynalab explain` has the meaning of every status word of this card",
    )


def _of_kind(sw: StatusWord, doing: Doing, kind: PinKind) -> CardClientError | None:
    if doing is Doing.READ_CERTIFICATE and sw in _ABSENT and isinstance(kind, CaKind):
        return no_certificate(kind)
    if is_blocked(sw):
        return PinBlockedError(
            f"{PIN_NAMES[kind]} is blocked",
            kind=kind,
            hint="the municipal office resets it; for a card of the lab, make a new one",
        )
    if doing is Doing.VERIFY and (sw.tries_left is not None or sw == _NO_INFORMATION):
        left = sw.tries_left
        return WrongPinError(
            f"{PIN_NAMES[kind]} is wrong"
            + ("" if left is None else f"; {left} {'try' if left == 1 else 'tries'} left"),
            kind=kind,
            tries_left=left,
            hint="a blocked PIN costs a visit to the municipal office",
        )
    if sw == _SECURITY_NOT_SATISFIED:
        return PinRequiredError(
            f"{PIN_NAMES[kind]} has to be verified before {doing.value}",
            kind=kind,
            hint="verify it in this session: a reset or another program ends what was verified",
        )
    return None


def no_certificate(kind: CaKind) -> NoCertificateError:
    """The error for a certificate file that is absent, empty or full of filler."""
    return NoCertificateError(
        f"the card holds no {_CERTIFICATE_NAMES[kind]}",
        kind=kind,
        hint="children's cards come without a signature certificate",
    )
