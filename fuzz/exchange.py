"""One command, its answer, and what became of the card; and how a broken rule is reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apdu.command import Command
from cardsim.state import ApplicationImage, CardImage, Pin

OK: Final = 0x9000
NOT_ALLOWED: Final = 0x6982
BLOCKED: Final = 0x6984


class Violation(Exception):  # noqa: N818 -- not an error of this program: what it is looking for
    """The card broke a rule, which ``rule`` names."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Exchange:
    """``before`` and ``after`` are the persistent state around the command."""

    command: Command
    sw: int
    data: bytes
    before: CardImage
    after: CardImage

    @property
    def ok(self) -> bool:
        """True for 9000."""
        return self.sw == OK

    @property
    def code(self) -> int:
        """CLA and INS as one number."""
        return self.command.cla << 8 | self.command.ins

    @property
    def tries(self) -> int | None:
        """The x of 63Cx."""
        return self.sw & 0xF if self.sw & 0xFFF0 == 0x63C0 else None

    def refused(self, rule: str) -> None:
        """Must be an error, and leave the card as it was."""
        if self.ok or self.data:
            raise Violation(rule, f"{self.command} was answered {self.sw:04X} with {len(self.data)} bytes")
        self.unchanged()

    def unchanged(self) -> None:
        """Must leave the persistent state alone."""
        if self.after is not self.before:
            raise Violation("state.changed", f"{self.command} ({self.sw:04X}) wrote to the card")

    def changed_pins(self) -> Iterator[tuple[bytes, int, Pin, Pin]]:
        """The PINs that are not what they were: application, EF, old and new."""
        for aid, old in self.before.applications.items():
            new = self.after.applications[aid]
            if old.pins is new.pins:
                continue
            if old.pins.keys() != new.pins.keys():
                raise Violation("state.changed", "PINs came or went")
            yield from ((aid, fid, pin, new.pins[fid]) for fid, pin in old.pins.items() if pin != new.pins[fid])

    def only_pins_changed(self, *, free_area: bool = False) -> None:
        """Nothing but PINs (and, if told so, the free area) may be different."""
        before, after = self.before, self.after
        if before is after:
            return
        if not free_area and before.free_area is not after.free_area:
            raise Violation("state.changed", f"{self.command} wrote to the free area")
        if _card_itself(before) != _card_itself(after):
            raise Violation("state.changed", f"{self.command} changed the card itself")
        for aid, old in before.applications.items():
            new = after.applications[aid]
            if old is not new and _but_pins(old) != _but_pins(new):
                raise Violation("state.changed", f"{self.command} changed files of {aid.hex()}")


def _card_itself(image: CardImage) -> tuple[object, ...]:
    return image.profile, image.serial, image.life_cycle, *image.applications


def _but_pins(one: ApplicationImage) -> tuple[object, ...]:
    return one.files, one.records, one.keys, one.hidden, one.objects, one.internal
