"""What a row of the catalogue of findings is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Severity(Enum):
    """An error refuses; a warning is told and changes nothing."""

    ERROR = "error"
    WARNING = "warning"


class Step(IntEnum):
    """The numbered steps of ``procedure.verify``, the one that comes before it in a ceremony, and the one years later
    (``evidence``).
    """

    CHALLENGE = 1
    POLICY = 2
    CERTIFICATE = 3
    PATH = 4
    PROFILE = 5
    VALIDITY = 6
    REVOCATION = 7
    SIGNATURE = 8
    EVIDENCE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRule:
    """One row of the catalogue. The sentences name the details that a finding of this code carries."""

    code: str
    step: Step
    severity: Severity = Severity.ERROR
    en: str
    ja: str
    source: str
