"""A CA, one certificate of it, and as many revocations as one likes: the same in every process."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import cycle

from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry
from jpki.ca.issue import issue_authentication
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.profiles import TEST
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner
from mynalab.resources import key_pool_file

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GOOD_SERIAL = 999_999
"""Of the certificate: below all that are revoked."""
FIRST_SERIAL, STEP = 1_000_000, 97
"""Serial numbers are counted up, and about one certificate in a hundred is revoked. So they have up to four octets."""
_MOMENTS = 86_400
_REASONS = (
    RevocationReason.SUPERSEDED,
    RevocationReason.AFFILIATION_CHANGED,
    RevocationReason.CERTIFICATE_HOLD,
    RevocationReason.CESSATION_OF_OPERATION,
    RevocationReason.KEY_COMPROMISE,
)


@cache
def authority() -> Authority:
    """The CA."""
    return Authority.create_root(
        CaKind.AUTH, hierarchy=TEST, signer=_signer(0), serial=1, now=datetime(2025, 1, 1, tzinfo=UTC)
    )


def certificate() -> bytes:
    """A certificate that is not revoked."""
    holder = Holder(
        name="見本　花子",
        birth_date=BirthDate.of(date(1990, 4, 15)),
        sex=Sex.FEMALE,
        address="見本県見本市中央一丁目２番３号",
        prefecture_romaji="Mihon-ken",
        municipality_romaji="Mihon-shi",
        municipality_code="99201",
    )
    return issue_authentication(
        authority(),
        holder=holder,
        public_key=_signer(1).public_key,
        serial=GOOD_SERIAL,
        now=NOW - timedelta(days=30),
        card_expiry=date(2036, 4, 15),
        rng=bytes,
    )


def revocations(count: int) -> Iterator[CrlEntry]:
    """In ascending order, of many moments and all usual reasons."""
    first = NOW - timedelta(seconds=1009 * _MOMENTS)
    moments = cycle([first + timedelta(seconds=1009 * moment) for moment in range(_MOMENTS)])
    serials = range(FIRST_SERIAL, FIRST_SERIAL + STEP * count, STEP)
    for serial, moment, reason in zip(serials, moments, cycle(_REASONS), strict=False):
        yield CrlEntry(serial=serial, revoked_at=moment, reason=reason)


def _signer(number: int) -> SoftwareSigner:
    lines = [line for line in key_pool_file().read_text("ascii").splitlines() if not line.startswith("#")]
    return SoftwareSigner.load(base64.b64decode(lines[number]))
