"""What a customer signs: a text that is shown before, and the hash that the card gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Final

from jpki.rp.comparing.entry import CustomerEntry, is_readable
from jpki.validity import JST
from mynalab.bank.config import NAME_JA

# RFC 8017 clause 9.2, note 1: with it the card's signature is RSASSA-PKCS1-v1_5, which every verifier knows.
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
FIELDS: Final = ("name", "address", "birth_date", "sex")
REQUIRED: Final = FIELDS[:3]


class Purpose(Enum):
    """What a person is sent to the authentication service for."""

    LOG_IN = "log-in"
    OPEN = "open"
    CONSENT = "consent"
    RENEW = "renew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """To be signed for a purpose."""

    purpose: Purpose
    text: str = field(repr=False)
    digest: bytes
    """SHA-256 of what is signed: of the text, or of the operator's challenge that holds the text's hash."""
    challenge: str = field(default="", repr=False)
    """The operator's, by its name, where the purpose needs one."""
    entry: CustomerEntry | None = None

    @property
    def data(self) -> bytes:
        """What the card pads as it is."""
        return _DIGEST_INFO + self.digest


def flaws_of(form: dict[str, str]) -> dict[str, str]:
    """What is wrong with an application's fields: ``missing`` or ``unreadable`` by name."""
    flaws = {name: "missing" for name in REQUIRED if not form.get(name, "").strip()}
    return flaws | {name: "unreadable" for name in FIELDS if not is_readable(form.get(name, ""))}


def application(form: dict[str, str], *, number: str, at: datetime) -> Paper:
    """The application for an account, of fields without flaws. ``number`` makes each one another text."""
    entry = CustomerEntry(**{name: form[name].strip() for name in FIELDS if form.get(name, "").strip()})
    lines = (
        "口座開設申込書",
        "",
        f"{NAME_JA} 御中",
        "次のとおり普通預金口座の開設を申し込みます。",
        "",
        f"申込番号: {number}",
        f"申込日時: {at.astimezone(JST):%Y年%m月%d日 %H時%M分}",
        f"氏名: {entry.name}",
        f"住所: {entry.address}",
        f"生年月日: {entry.birth_date}",
        *((f"性別: {entry.sex}",) if entry.sex else ()),
    )
    text = "\n".join(lines) + "\n"
    return Paper(purpose=Purpose.OPEN, text=text, digest=sha256(text.encode()).digest(), entry=entry)
