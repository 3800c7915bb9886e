"""Who it is, in the provider's words."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from jpki.attributes import HolderAttributes, Sex
from mynalab.adapters.mynumbercard_idp.wire import IdentityInfo

# ISO/IEC 5218, whose 0 is the document's example and none of the certificate's digits.
_GENDERS: Final[dict[Sex, Literal["0", "1", "2", "9"]]] = {
    Sex.MALE: "1",
    Sex.FEMALE: "2",
    Sex.UNKNOWN: "0",
    Sex.NOT_APPLICABLE: "9",
}


def identity(user_id: str, attributes: HolderAttributes) -> IdentityInfo:
    """The user with the attributes of its newest signing certificate."""
    birth = attributes.birth_date
    return IdentityInfo(
        tis_user_id=tis_user_id(user_id),
        name=attributes.name,
        date_of_birth=f"{birth.year or 0:04}-{birth.month or 0:02}-{birth.day or 0:02}",
        gender=_GENDERS[attributes.sex],
        address=attributes.address,
    )


def tis_user_id(user_id: str) -> str:
    """A UUID (RFC 9562 version 4) of the user's own: the operator's id is random bits, of which these are the first."""
    return str(UUID(hex=user_id[:32], version=4))
