"""The shape of an application's behaviour: everything about it that is not content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from apdu.layout.facts import PinFact
from apdu.layout.signature import SIGN_OPERATIONS, SignOperation
from apdu.status import StatusWord
from cardsim.access import AccessTable
from cardsim.commands import Parser


class Refusal(NamedTuple):
    """How a command is refused that exists and leads nowhere: by P1-P2, else always the same."""

    otherwise: StatusWord
    by_p1p2: Mapping[int, StatusWord] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRules:
    """One application's behaviour. ``refusals`` is by CLA and INS as one number; other unknown ones are 6D00."""

    aid: bytes
    access: AccessTable = field(default_factory=dict)
    pins: Mapping[int, PinFact] = field(default_factory=dict)
    pin_home: bytes | None = None
    """The application whose PINs these are, where it is another one."""
    default_key: int | None = None
    """The key of P2 00 in COMPUTE DIGITAL SIGNATURE."""
    sign_operations: Mapping[int, SignOperation] = field(default_factory=lambda: SIGN_OPERATIONS)
    session_key: int | None = None
    """The public key of SET SESSION KEY; None where there is no secure messaging."""
    commands: Mapping[int, Parser] = field(default_factory=dict)
    """What this application serves beside the commands of all, by CLA and INS as one number."""
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
