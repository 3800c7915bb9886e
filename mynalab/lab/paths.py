"""Where everything in a lab directory lies."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mynalab.errors import CardNameFormatError

_CARD_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def default_lab_directory() -> Path:
    """The lab that commands use when none is named: in the user's data directory (XDG base directories)."""
    data_home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data_home) if Path(data_home).is_absolute() else Path.home() / ".local" / "share"
    return base / "mynalab"


@dataclass(frozen=True, slots=True)
class LabPaths:
    """The files of one lab. ``label`` is that of a CA: ``sign``, ``auth``, ``sign-earlier``, …"""

    root: Path

    @property
    def settings(self) -> Path:
        """What the lab is: schema, seed, moment of creation."""
        return self.root / "lab.toml"

    @property
    def register(self) -> Path:
        """The register of people, cards and certificates, unless the lab keeps it in a database elsewhere."""
        return self.root / "register.db"

    @property
    def journal(self) -> Path:
        """The register as the first releases kept it."""
        return self.root / "register.jsonl"

    @property
    def clock(self) -> Path:
        """What the lab's clock is set to; absent while it is the system's."""
        return self.root / "clock.toml"

    @property
    def freshness(self) -> Path:
        """The note that the published lists are current."""
        return self.root / "freshness.json"

    @property
    def cards(self) -> Path:
        """The card images."""
        return self.root / "cards"

    @property
    def public(self) -> Path:
        """What the CAs publish: their certificates and CRLs."""
        return self.root / "public"

    @property
    def ca_keys(self) -> Path:
        """The private keys of the CAs."""
        return self.root / "ca"

    def ca_key(self, label: str) -> Path:
        """The private key of a CA, PKCS #8 DER."""
        return self.ca_keys / f"{label}.key"

    def ca_token(self, label: str) -> Path:
        """Instead of it: which key on which PKCS #11 token."""
        return self.ca_keys / f"{label}.token.toml"

    def ca_certificate(self, label: str) -> Path:
        """The self-signed certificate of a CA, DER."""
        return self.public / f"{label}-ca.cer"

    def cv_certificate(self, name: str) -> Path:
        """A card-verifiable certificate of the lab, 568 bytes."""
        return self.public / f"{name}.cvc"

    def crl(self, label: str) -> Path:
        """The newest full CRL of a CA, DER."""
        return self.public / f"{label}.crl"

    def responder_certificate(self, label: str, begin: datetime) -> Path:
        """A certificate of the OCSP responder for one CA, by the day on which it begins."""
        return self.public / "ocsp" / f"{label}-{begin:%Y%m%d}.cer"

    def card(self, name: str) -> Path:
        """The image of a card; ``CardNameFormatError`` for a name that is no plain file name."""
        if not _CARD_NAME.fullmatch(name):
            raise CardNameFormatError(
                f"{name!r} cannot name a card", hint="use lower-case letters, digits, '.', '_' and '-', 64 at most"
            )
        return self.cards / f"{name}.json"

    def persona(self, card_name: str) -> Path:
        """The persona that a card was made for, as its TOML text stood then."""
        return self.card(card_name).with_suffix(".toml")

    def card_names(self) -> list[str]:
        """The names of all cards, in alphabetical order."""
        return sorted(path.stem for path in self.cards.glob("*.json"))

    @property
    def runtime(self) -> Path:
        """Where the sockets of `mynalab serve` lie: short, private to the user, the same for every terminal."""
        base = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/mynalab-{os.getuid()}"  # noqa: S108 - checked before use
        return Path(base) / f"mynalab-{hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:12]}"
