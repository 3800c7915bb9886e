"""What is different between two card images, in names: application, file, PIN, key. Nothing secret comes out.

Contents are told by their size and the beginning of their SHA-256, PINs by their tries and whether the value changed:
four digits are found from a digest in no time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Final

from apdu.layout.applications import by_aid
from apdu.layout.card_manager import DATA_OBJECTS
from cardsim.state import ApplicationImage, CardImage, Pin

ABSENT: Final = "–"
HIDDEN: Final = "••••"
ANOTHER: Final = "•••• ≠"
"""Another value than the hidden one beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same: where, in two languages, and how it stands on either side."""

    place_en: str
    place_ja: str
    before: str
    after: str

    def as_dict(self) -> dict[str, str]:
        """For machines."""
        return {"place": self.place_en, "place_ja": self.place_ja, "before": self.before, "after": self.after}


def diff_images(before: CardImage, after: CardImage) -> tuple[Difference, ...]:
    """Every difference, the card itself first, then application by application; empty when there is none."""
    return (*_card(before, after), *_applications(before, after), *_free_area(before, after))


def _card(before: CardImage, after: CardImage) -> Iterator[Difference]:
    facts = (
        ("card number", "製造番号", before.serial, after.serial),
        ("profile", "プロファイル", before.profile, after.profile),
        ("life cycle", "ライフサイクル", before.life_cycle.value, after.life_cycle.value),
    )
    for english, japanese, old, new in facts:
        if old != new:
            yield Difference(place_en=english, place_ja=japanese, before=old, after=new)


def _applications(before: CardImage, after: CardImage) -> Iterator[Difference]:
    for aid in _union(before.applications, after.applications):
        old, new = before.applications.get(aid), after.applications.get(aid)
        if old is not None and new is not None:
            yield from _application(aid, old, new)
        else:
            english, japanese = _application_name(aid)
            there = aid.hex().upper()
            yield Difference(
                place_en=english,
                place_ja=japanese,
                before=there if old is not None else ABSENT,
                after=there if new is not None else ABSENT,
            )


def _application(aid: bytes, before: ApplicationImage, after: ApplicationImage) -> Iterator[Difference]:
    for fid in _union(before.files, after.files):
        yield from _content(_file_name(aid, fid), before.files.get(fid), after.files.get(fid))
    for fid in _union(before.records, after.records):
        yield from _records(_file_name(aid, fid), before.records.get(fid, ()), after.records.get(fid, ()))
    for fid in _union(before.pins, after.pins):
        yield from _pin(_file_name(aid, fid), before.pins.get(fid), after.pins.get(fid))
    for fid in _union(before.keys, after.keys):
        yield from _content(_file_name(aid, fid), before.keys.get(fid), after.keys.get(fid))
    for fid in _union(before.hidden, after.hidden):
        name = _below(_file_name(aid, fid), ("private key behind it", "対応する秘密鍵"))
        yield from _content(name, before.hidden.get(fid), after.hidden.get(fid))
    for fid in sorted(before.internal ^ after.internal):
        there = [ABSENT if fid not in one.internal else f"EF {fid:04X}" for one in (before, after)]
        yield _difference(_file_name(aid, fid), *there)
    for tag in _union(before.objects, after.objects):
        yield from _content(_object_name(aid, tag), before.objects.get(tag), after.objects.get(tag))


_Name = tuple[str, str]


def _content(name: _Name, before: bytes | None, after: bytes | None) -> Iterator[Difference]:
    if before != after:
        yield _difference(name, _told(before), _told(after))


def _records(name: _Name, before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[Difference]:
    for index in range(max(len(before), len(after))):
        number = index + 1
        sides = (records[index] if index < len(records) else None for records in (before, after))
        yield from _content(_below(name, (f"record {number}", f"レコード{number}")), *sides)


def _pin(name: _Name, before: Pin | None, after: Pin | None) -> Iterator[Difference]:
    tries = [ABSENT if pin is None else f"{pin.tries_left}/{pin.limit}" for pin in (before, after)]
    if tries[0] != tries[1]:
        yield _difference(_below(name, ("tries left", "残り回数")), *tries)
    if before is not None and after is not None and before.value != after.value:
        yield _difference(_below(name, ("value", "値")), HIDDEN, ANOTHER)


def _free_area(before: CardImage, after: CardImage) -> Iterator[Difference]:
    yield from _compare(("free area", "空き領域"), before.free_area, after.free_area)


def _compare(name: _Name, before: Any, after: Any) -> Iterator[Difference]:
    """Walk down two values of one shape to where they part."""
    if before == after:
        return
    pairs = list(_parts(before, after))
    if not pairs:
        yield _difference(name, _told(before), _told(after))
    for label, old, new in pairs:
        below = _below(name, (label, label))
        if label == "value" and isinstance(old, bytes) and isinstance(new, bytes):
            yield from (_difference(below, HIDDEN, ANOTHER),) if old != new else ()
        else:
            yield from _compare(below, old, new)


def _parts(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if is_dataclass(before) and type(before) is type(after):
        for field in fields(before):
            yield field.name, getattr(before, field.name), getattr(after, field.name)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in _union(before, after):
            yield _key_text(key), before.get(key), after.get(key)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        for index in range(max(len(before), len(after))):
            old, new = (one[index] if index < len(one) else None for one in (before, after))
            yield f"#{index + 1}", old, new


def _key_text(key: object) -> str:
    if isinstance(key, bytes):
        return key.hex().upper()
    return f"{key:04X}" if isinstance(key, int) else str(key)


def _told(value: Any) -> str:
    """How a value stands in a difference: never the value itself where it may be somebody's."""
    if value is None:
        return ABSENT
    if isinstance(value, bytes):
        return f"{len(value)} B, SHA-256 {hashlib.sha256(value).hexdigest()[:8]}…" if value else "0 B"
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, int) else type(value).__name__


def _difference(name: _Name, before: str, after: str) -> Difference:
    return Difference(place_en=name[0], place_ja=name[1], before=before, after=after)


def _below(name: _Name, part: _Name) -> _Name:
    return f"{name[0]} / {part[0]}", f"{name[1]} / {part[1]}"


def _union(before: Iterable[Any], after: Iterable[Any]) -> list[Any]:
    """The keys of both, in the order of the first, then what the second adds."""
    return list(dict.fromkeys((*before, *after)))


def _application_name(aid: bytes) -> _Name:
    fact = by_aid(aid)
    return (fact.name_en, fact.name_ja) if fact is not None else (f"AID {aid.hex().upper()}",) * 2


def _file_name(aid: bytes, fid: int) -> _Name:
    application = by_aid(aid)
    file = application.files.get(fid) if application is not None else None
    number = f"EF {fid:04X}"
    named = (number, number) if file is None else (f"{file.name_en} ({number})", f"{file.name_ja}（{number}）")
    return _below(_application_name(aid), named)


def _object_name(aid: bytes, tag: int) -> _Name:
    fact = DATA_OBJECTS.get(tag)
    number = f"{tag:04X}"
    named = (number, number) if fact is None else (f"{fact.name_en} ({number})", f"{fact.name_ja}（{number}）")
    return _below(_application_name(aid), named)
