"""Which status of HTTP the provider gets for what the operator says: the three operations have one table each.

The provider goes by the status alone: 404 leads its user to the registration, 409 to the log-in, 410 to the
replacement; 401 is an error page, 500 and 503 are exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from jpki.rp.operator.vocabulary import Refusal


class Operation(Enum):
    """By the last part of its path."""

    REGISTRATION = "registration"
    LOGIN = "login"
    REPLACEMENT = "replacement"


@dataclass(frozen=True, slots=True)
class Failure:
    """A code that is stable, the status that it has here, and a sentence without anything personal."""

    code: str
    status: int
    message: str


MALFORMED: Final = "adapter.request.malformed"
UNKNOWN_SENDER: Final = "adapter.sender.unknown"
NO_CERTIFICATE: Final = "adapter.certificate.unreadable"
NO_ATTRIBUTES: Final = "adapter.attributes.not-kept"
OWN: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        MALFORMED: (400, "the request is not as the interface describes it: {fields}"),
        UNKNOWN_SENDER: (400, "no tenant has this sender: see --adapter-sender"),
        NO_CERTIFICATE: (400, "{why}"),
        NO_ATTRIBUTES: (410, "the user was registered through another interface: send the signing certificate"),
    }
)
"""What the adapter says by itself."""

_EVERYWHERE: Final = {
    400: ("operator.certificate.invalid", "operator.data.too-short"),
    401: (
        "operator.certificate.unsupported",
        "operator.certificate.not-yet-valid",
        "operator.certificate.expired",
        "operator.certificate.on-hold",
        "operator.certificate.revoked",
        "operator.signature.mismatch",
        "operator.data.used",
        "operator.link.missing",
    ),
    500: ("operator.lab.trouble",),
    503: (
        "operator.status.unknown",
        "operator.link.not-synced",
        "operator.store.busy",
        "operator.rate.exceeded",
    ),
}
_OF: Final[Mapping[Operation, Mapping[int, tuple[str, ...]]]] = {
    Operation.REGISTRATION: {
        409: ("operator.user.already-registered", "operator.user.to-replace", "operator.certificate.replaced"),
    },
    Operation.LOGIN: {
        401: ("operator.certificate.replaced",),
        404: ("operator.user.not-registered",),
        410: ("operator.user.signing-certificate-ended",),
    },
    Operation.REPLACEMENT: {
        404: ("operator.user.nothing-to-replace",),
        410: ("operator.certificate.replaced",),
    },
}


def _table(operation: Operation) -> Mapping[str, int]:
    rows = (*_EVERYWHERE.items(), *_OF[operation].items())
    return MappingProxyType({code: status for status, codes in rows for code in codes})


STATUSES: Final[Mapping[Operation, Mapping[str, int]]] = MappingProxyType({one: _table(one) for one in Operation})
"""The operator's codes, each with its status here."""


def own_failure(code: str, **detail: str) -> Failure:
    """One that the adapter says by itself."""
    status, message = OWN[code]
    return Failure(code, status, message.format_map(detail))


def failure_of(operation: Operation, refused: Refusal) -> Failure:
    """What the operator's refusal is in this interface."""
    status = STATUSES[operation][refused.code]
    return Failure(refused.code, status, refused.word.en.format_map(refused.detail))


def reason_of(status: int) -> str:
    """As the document writes it: ``401 Unauthorized``."""
    return f"{status} {HTTPStatus(status).phrase}"


def statuses(operation: Operation) -> dict[int, list[str]]:
    """All that an operation may fail with: for documents."""
    found: dict[int, list[str]] = {}
    own = {code: status for code, (status, _) in OWN.items() if code != NO_ATTRIBUTES or operation is Operation.LOGIN}
    for code, status in (own | dict(STATUSES[operation])).items():
        found.setdefault(status, []).append(code)
    return dict(sorted(found.items()))
