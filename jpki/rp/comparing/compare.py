"""The comparison of all that a customer entered with the attributes of a signing certificate that was verified."""

from __future__ import annotations

from collections.abc import Iterator

from jpki.attributes import HolderAttributes
from jpki.rp.comparing.birth import compare_birth_date
from jpki.rp.comparing.entry import CustomerEntry
from jpki.rp.comparing.outcome import Comparison, FieldComparison
from jpki.rp.comparing.sexes import compare_sex
from jpki.rp.comparing.texts import compare_address, compare_name


def compare(attributes: HolderAttributes, entry: CustomerEntry) -> Comparison:
    """Each field that was entered beside that of the certificate."""
    return Comparison({one.field: one for one in _fields(attributes, entry)})


def _fields(attributes: HolderAttributes, entry: CustomerEntry) -> Iterator[FieldComparison]:
    if entry.name is not None:
        yield compare_name(attributes.name, attributes.name_substitutions, entry.name)
    if entry.address is not None:
        yield compare_address(attributes.address, attributes.address_substitutions, entry.address)
    if entry.birth_date is not None:
        yield compare_birth_date(attributes.birth_date, entry.birth_date)
    if entry.sex is not None:
        yield compare_sex(attributes.sex, entry.sex)
