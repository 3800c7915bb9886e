"""Names and addresses: the certificate's text with its flags beside the customer's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from jpki.rp.comparing.entry import is_readable
from jpki.rp.comparing.numbers import Chain, Part, split
from jpki.rp.comparing.outcome import FieldComparison, Outcome, Reason
from jpki.rp.comparing.steps import CHARACTER_STEPS, HIDDEN, normalised

SUBSTITUTE_MARKS: Final = "〓●"
"""What stands for a missing character without a flag: the printers' geta (JIS X 0208 2-14), and a black circle."""
NUMBERS: Final = "numbers"
GIVEN_AND_FAMILY: Final = "one-word-name"


def compare_name(certificate: str, flags: str, entry: str) -> FieldComparison:
    """Family and given name are divided by a space; who wrote them as one word wrote the same name in another form."""
    return _compare("name", certificate, flags, entry)


def compare_address(certificate: str, flags: str, entry: str) -> FieldComparison:
    """Numbers are compared as numbers with their units, everything between them as characters."""
    return _compare("address", certificate, flags, entry)


def _compare(field: str, certificate: str, flags: str, entry: str) -> FieldComparison:
    hidden = _hidden(certificate, flags)
    substitutes = HIDDEN in hidden

    def result(outcome: Outcome, *, steps: Iterable[str] = (), reason: Reason | None = None) -> FieldComparison:
        return FieldComparison(
            field=field, outcome=outcome, steps=tuple(steps), reason=reason, has_substitutes=substitutes
        )

    if not entry.strip():
        return result(Outcome.DIFFERS, reason=Reason.MISSING)
    if not is_readable(entry) or HIDDEN in entry:
        return result(Outcome.DIFFERS, reason=Reason.UNREADABLE)
    if entry == certificate:
        return result(Outcome.MATCH)
    (ours, ours_steps), (theirs, theirs_steps) = normalised(certificate), normalised(entry)
    steps = [step.name for step in CHARACTER_STEPS if step.name in (*ours_steps, *theirs_steps)]
    if ours == theirs:
        return result(Outcome.DIFFERS_IN_FORM, steps=steps)
    compare = _names if field == "name" else _addresses
    reason = compare(ours, theirs)
    if reason is None:
        return result(Outcome.DIFFERS_IN_FORM, steps=[*steps, GIVEN_AND_FAMILY if field == "name" else NUMBERS])
    if substitutes and compare(normalised(hidden)[0], theirs) is None:
        return result(Outcome.DIFFERS, reason=Reason.SUBSTITUTED)
    return result(Outcome.DIFFERS, reason=reason)


def _hidden(certificate: str, flags: str) -> str:
    return "".join(
        HIDDEN if flag == "1" or character in SUBSTITUTE_MARKS else character
        for character, flag in zip(certificate, flags, strict=True)
    )


def _names(ours: str, theirs: str) -> Reason | None:
    if _alike(ours, theirs):
        return None
    if not _alike(ours.replace(" ", ""), theirs.replace(" ", "")):
        return Reason.OTHER
    return None if " " not in ours or " " not in theirs else Reason.SPACING


def _addresses(ours: str, theirs: str) -> Reason | None:
    ours_parts, theirs_parts = split(ours), split(theirs)
    if len(ours_parts) != len(theirs_parts):
        return Reason.OTHER
    reasons = [_parts(one, other) for one, other in zip(ours_parts, theirs_parts, strict=True)]
    found = [reason for reason in reasons if reason is not None]
    if not found:
        return None
    return Reason.OTHER if Reason.OTHER in found else found[0]


def _parts(ours: Part, theirs: Part) -> Reason | None:
    if isinstance(ours, str) or isinstance(theirs, str):
        alike = isinstance(ours, str) and isinstance(theirs, str) and _alike(ours, theirs)
        return None if alike else Reason.OTHER
    return _chains(ours, theirs)


def _chains(ours: Chain, theirs: Chain) -> Reason | None:
    if [number.value for number in ours] != [number.value for number in theirs]:
        return Reason.OTHER
    agree = all(one.may_be(other) for one, other in zip(ours, theirs, strict=True))
    return None if agree else Reason.UNITS


def _alike(ours: str, theirs: str) -> bool:
    """Equal, where a hidden character of ours stands for any one character."""
    return len(ours) == len(theirs) and all(one in (other, HIDDEN) for one, other in zip(ours, theirs, strict=True))
