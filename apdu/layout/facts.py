"""The shapes that a fact about the card has: a file, who may read it, the limits of a PIN, an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal, TypeAlias

Lang: TypeAlias = Literal["en", "ja"]


class FileKind(Enum):
    """What an elementary file is, which decides the commands that work on it."""

    TRANSPARENT = "transparent"
    RECORD = "record"
    PIN = "pin"
    PRIVATE_KEY = "private key"
    INTERNAL = "internal"  # selectable, but READ gives 6981
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read a file, or use a key.

    ``any_of`` holds the EF ids of the PINs of which one must be verified; empty means nobody has to be. None
    means that no way to open the file is known.
    """

    any_of: tuple[int, ...] | None = ()

    @property
    def is_free(self) -> bool:
        """True when nothing has to be verified."""
        return self.any_of == ()

    @property
    def is_never(self) -> bool:
        """True when no verification opens the file."""
        return self.any_of is None


FREE = Access()
NEVER = Access(None)


def after(*pins: int) -> Access:
    """The file opens after any one of these PIN EFs."""
    return Access(pins)


class Alphabet(Enum):
    """The characters that a PIN may have."""

    DIGITS = "0123456789"
    UPPER_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinFact:
    """The limits of a PIN; ``tries`` is None where no source tells."""

    min_length: int
    max_length: int
    alphabet: Alphabet
    tries: int | None
    source: str

    def accepts(self, pin: bytes) -> bool:
        """True when the length and every character are allowed."""
        allowed = self.alphabet.value.encode("ascii")
        return self.min_length <= len(pin) <= self.max_length and not pin.translate(None, allowed)


def bilingual(name_en: str, name_ja: str, lang: Lang) -> str:
    """The Japanese name, or in English the Japanese term with its meaning behind it."""
    if lang == "ja" or name_en == name_ja:
        return name_ja
    return f"{name_ja} ({name_en})"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """One elementary file of an application.

    ``access`` is the right to read a file or to use a key. ``size`` is the physical size where it is known.
    ``personal`` files hold data of the holder: nothing of their content is ever printed.
    """

    fid: int
    kind: FileKind
    name_en: str
    name_ja: str
    access: Access
    source: str
    size: int | None = None
    pin: PinFact | None = None
    personal: bool = False

    @property
    def sfi(self) -> int:
        """The short EF id: the low five bits (every id of this card is 0001..001E)."""
        return self.fid & 0x1F

    def name(self, lang: Lang) -> str:
        """The name in one language."""
        return bilingual(self.name_en, self.name_ja, lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFact:
    """One application by its AID. ``on_card`` is False for those that clients only probe for."""

    aid: bytes
    name_en: str
    name_ja: str
    source: str
    on_card: bool = True
    probed_by: str = ""
    files: Mapping[int, FileFact]

    def name(self, lang: Lang) -> str:
        """The name in one language."""
        return bilingual(self.name_en, self.name_ja, lang)


def by_fid(*files: FileFact) -> Mapping[int, FileFact]:
    """The files of an application by EF id, in the order given."""
    return MappingProxyType({file.fid: file for file in files})


def unknown_file(fid: int, source: str, *, access: Access = NEVER) -> FileFact:
    """A file that somebody has seen or tried, and nobody explained."""
    return FileFact(
        fid=fid,
        kind=FileKind.UNKNOWN,
        name_en=f"EF {fid:04X} of unknown purpose",
        name_ja=f"用途不明のEF {fid:04X}",
        access=access,
        source=source,
    )
