"""What can be told of a card without opening it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cardsim.inspect import CardSummary, describe
from cardsim.store import read_image
from jpki.registry.reading import find_certificate
from jpki.registry.records import CertificateRecord, CertificateStatus
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.lab.standing import standing
from mynalab.words import KIND_JA, LIFE_CYCLE_JA, PIN_JA, STATE_JA


@dataclass(frozen=True, slots=True)
class CardDescription:
    """A card and how its certificates stand at one moment. Holds no PIN."""

    name: str
    card: CardSummary
    certificates: tuple[tuple[CertificateRecord, CertificateStatus], ...]
    at: datetime

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name,
            "serial": self.card.serial,
            "profile": self.card.profile,
            "atr": self.card.atr.hex().upper(),
            "life_cycle": self.card.life_cycle,
            "pins": [{"name": pin.name, "tries_left": pin.tries_left, "limit": pin.limit} for pin in self.card.pins],
            "certificates": [
                {
                    "ca": issued.id.kind.value,
                    "serial": issued.id.serial,
                    "state": standing(issued, status, at=self.at),
                    "reason": status.reason.rfc_name if status.reason is not None else None,
                    "since": status.since.isoformat() if status.since is not None else None,
                }
                for issued, status in self.certificates
            ],
        }

    def lines(self) -> list[tuple[str, str]]:
        """For people: (English, Japanese) a line."""
        card = self.card
        lines = [
            (f"card {self.name}, number {card.serial}", f"カード {self.name}、製造番号 {card.serial}"),
            (
                f"profile {card.profile}, ATR {card.atr.hex(' ').upper()}",
                f"プロファイル {card.profile}、ATR {card.atr.hex(' ').upper()}",
            ),
            (f"life cycle: {card.life_cycle}", f"ライフサイクル: {LIFE_CYCLE_JA[card.life_cycle]}"),
        ]
        lines += [
            (
                f"{pin.name} PIN: {pin.tries_left} of {pin.limit} tries left",
                f"{PIN_JA[pin.name]}: 残り {pin.tries_left} 回（{pin.limit} 回中）",
            )
            for pin in card.pins
        ]
        for issued, status in self.certificates:
            english = standing(issued, status, at=self.at)
            japanese = STATE_JA[english]
            if status.reason is not None and status.since is not None:
                english += f" since {status.since:%Y-%m-%d %H:%M}Z: {status.reason.meaning_en}"
                japanese += f"（{status.since:%Y-%m-%d %H:%M}Z から: {status.reason.meaning_ja}）"
            lines.append(
                (
                    f"{issued.id.kind.value} certificate {issued.id.serial}: {english}",
                    f"{KIND_JA[issued.id.kind.value]}電子証明書 {issued.id.serial}: {japanese}",
                )
            )
        return lines


def describe_card(lab: Lab, name: str, *, at: datetime) -> CardDescription:
    """Look at the image of a card and at the register."""
    card = describe(read_image(lab.paths.card(name)))
    with open_register(lab) as register:
        # A fork is not in the register: its certificates are there under the name of the card that it is a copy of.
        issued = register.certificates(card=name) or [
            found for der in card.certificates.values() if (found := find_certificate(register, der)) is not None
        ]
        statuses = register.statuses([one.id for one in issued], at=at)
    return CardDescription(name, card, tuple((one, statuses[one.id]) for one in issued), at)
