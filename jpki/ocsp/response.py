"""OCSP responses (RFC 6960 clause 4.2) as DER: the basic response, and the errors, which nobody signs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Final

from jpki import der, oids
from jpki.ca import encoding
from jpki.ocsp.certid import CertId
from jpki.ocsp.status import CertificateStatus, CertState
from jpki.reasons import RevocationReason


class ResponseStatus(IntEnum):
    """OCSPResponseStatus (RFC 6960 clause 4.2.1). 4 is not used."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6

    @property
    def rfc_name(self) -> str:
        """The identifier in RFC 6960, e.g. ``tryLater``."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(map(str.capitalize, rest))


class ResponderIdForm(Enum):
    """How a response names who signed it (RFC 6960 clause 4.2.2.3). The real service's choice is not public."""

    BY_NAME = "name"
    BY_KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleResponse:
    """What is said of one certificate."""

    cert_id: CertId
    status: CertificateStatus
    this_update: datetime
    next_update: datetime
    archive_cutoff: datetime | None = None

    def encode(self) -> bytes:
        """SingleResponse."""
        cutoff = b"" if self.archive_cutoff is None else _archive_cutoff(self.archive_cutoff)
        return der.sequence(
            self.cert_id.raw,
            _encode_status(self.status),
            der.generalized_time(self.this_update),
            der.explicit(0, der.generalized_time(self.next_update)),
            der.explicit(1, der.sequence(cutoff)) if cutoff else b"",
        )


def responder_id(form: ResponderIdForm, *, name: bytes, key_id: bytes) -> bytes:
    """ResponderID: the subject of the signer's certificate, or the SHA-1 of its key's bits. Both tags are explicit."""
    if form is ResponderIdForm.BY_NAME:
        return der.explicit(1, name)
    return der.explicit(2, der.octet_string(key_id))


def response_data(
    *, responder: bytes, produced_at: datetime, singles: Iterable[SingleResponse], extensions: bytes = b""
) -> bytes:
    """ResponseData, version 1: what is signed. ``extensions`` are complete Extensions, one after the other."""
    return der.sequence(
        responder,
        der.generalized_time(produced_at),
        der.sequence(*(single.encode() for single in singles)),
        der.explicit(1, der.sequence(extensions)) if extensions else b"",
    )


def basic_response(*, tbs: bytes, algorithm: bytes, signature: bytes, certificates: Iterable[bytes] = ()) -> bytes:
    """A successful OCSPResponse around a signed ResponseData."""
    certs = b"".join(certificates)
    basic = der.sequence(
        tbs, algorithm, der.bit_string(signature), der.explicit(0, der.sequence(certs)) if certs else b""
    )
    return der.sequence(
        der.enumerated(ResponseStatus.SUCCESSFUL),
        der.explicit(0, der.sequence(der.oid(oids.OCSP_BASIC), der.octet_string(basic))),
    )


def error_response(status: ResponseStatus) -> bytes:
    """An OCSPResponse without responseBytes; ``ValueError`` for the status that is no error."""
    if status is ResponseStatus.SUCCESSFUL:
        raise ValueError("a successful response says something")
    return der.sequence(der.enumerated(status))


# RFC 6960 clause 4.4.8: says that this responder calls certificates revoked that were never issued. Its value is NULL.
EXTENDED_REVOKE: Final = encoding.extension(oids.OCSP_EXTENDED_REVOKE, der.null(), critical=False)


def _archive_cutoff(moment: datetime) -> bytes:
    return encoding.extension(oids.OCSP_ARCHIVE_CUTOFF, der.generalized_time(moment), critical=False)


def _encode_status(status: CertificateStatus) -> bytes:
    if status.state is not CertState.REVOKED or status.revoked_at is None:
        return der.implicit(status.state.value, b"")  # good and unknown: implicit NULL
    # As in a CRL entry (RFC 5280 clause 5.3.1), unspecified is said by leaving the reason out.
    reason = status.reason
    coded = b"" if reason is RevocationReason.UNSPECIFIED else der.explicit(0, der.enumerated(reason))
    return der.explicit(CertState.REVOKED.value, der.generalized_time(status.revoked_at) + coded)
