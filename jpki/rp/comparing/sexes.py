"""The sex: the certificate's digit beside the words of a form."""

from __future__ import annotations

from typing import Final

from jpki.attributes import Sex
from jpki.rp.comparing.outcome import FieldComparison, Outcome, Reason
from jpki.rp.comparing.steps import normalised

# 3 and 9 stand for different things in different public sources, so that a word for the one confirms no other.
_WORDS: Final = {
    Sex.MALE: ("男", "男性", "MALE", "M"),
    Sex.FEMALE: ("女", "女性", "FEMALE", "F"),
    Sex.UNKNOWN: ("不明", "UNKNOWN"),
    Sex.NOT_APPLICABLE: ("適用不能", "NOT APPLICABLE"),
}
_MEANINGS: Final = {word: sex for sex, words in _WORDS.items() for word in (sex.value, *words)}


def compare_sex(certificate: Sex, entry: str) -> FieldComparison:
    """The digit, or the first word for it, is a match."""

    def result(outcome: Outcome, reason: Reason | None = None) -> FieldComparison:
        steps = ("word",) if outcome is Outcome.DIFFERS_IN_FORM else ()
        return FieldComparison(field="sex", outcome=outcome, steps=steps, reason=reason)

    if not entry.strip():
        return result(Outcome.DIFFERS, Reason.MISSING)
    meant = _MEANINGS.get(normalised(entry[:32])[0])
    if meant is None:
        return result(Outcome.DIFFERS, Reason.UNREADABLE)
    if meant is not certificate:
        return result(Outcome.DIFFERS, Reason.OTHER)
    plain = entry in (certificate.value, _WORDS[certificate][0])
    return result(Outcome.MATCH if plain else Outcome.DIFFERS_IN_FORM)
