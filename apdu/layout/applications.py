"""Every application by its AID: those of the card, and those that general clients probe a card for."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import card_manager, common, face, jpki, juki, next_generation, text
from apdu.layout.facts import ApplicationFact, by_fid

CARD_MANAGER: Final = ApplicationFact(
    aid=card_manager.AID,
    name_en="card manager, the issuer's security domain",
    name_ja="カードマネージャ",
    source="measured: soltia48/myna-card src/mf.rs",
    files=by_fid(),
)

ON_CARD: Final = (
    ApplicationFact(
        aid=jpki.AID,
        name_en="JPKI",
        name_ja="公的個人認証AP",
        source="OpenSC card-jpki.c",
        files=jpki.FILES,
    ),
    ApplicationFact(
        aid=text.AID,
        name_en="text entry",
        name_ja="券面事項入力補助AP",
        source="jpki/myna libmyna",
        files=text.FILES,
    ),
    ApplicationFact(
        aid=face.AID,
        name_en="card face",
        name_ja="券面事項確認AP",
        source="jpki/myna libmyna",
        files=face.FILES,
    ),
    ApplicationFact(
        aid=juki.AID,
        name_en="resident registry",
        name_ja="住民基本台帳AP",
        source="measured: soltia48/myna-card src/ap/juki.rs",
        files=juki.FILES,
    ),
    ApplicationFact(
        aid=common.AID,
        name_en="common application",
        name_ja="共通カードAP",
        source="measured: soltia48/myna-card src/ap/common.rs",
        files=common.FILES,
    ),
    CARD_MANAGER,
)

NEXT_CARD: Final = (
    ApplicationFact(
        aid=next_generation.AUTH_AID,
        name_en="authentication, next generation",
        name_ja="認証AP (次期カード)",
        source="mynalab's design",
        files=next_generation.AUTH_FILES,
    ),
    ApplicationFact(
        aid=next_generation.FACE_AID,
        name_en="card face, next generation",
        name_ja="券面等AP (次期カード)",
        source="mynalab's design",
        files=next_generation.FACE_FILES,
    ),
)
"""On no card yet: our design."""


def _foreign(aid: str, name: str, source: str, probed_by: str = "OpenSC") -> ApplicationFact:
    return ApplicationFact(
        aid=bytes.fromhex(aid),
        name_en=name,
        name_ja=name,
        source=source,
        on_card=False,
        probed_by=probed_by,
        files=by_fid(),
    )


# AIDs as they are sent, some of them prefixes
FOREIGN: Final = (
    _foreign("627601FF000000", "CoolKey", "OpenSC card-coolkey.c"),
    _foreign("A00000000101", "MuscleCard", "OpenSC card-muscle.c"),
    _foreign("E82B0601040181C31F0201", "SmartCard-HSM", "OpenSC card-sc-hsm.c"),
    _foreign("D23300000045737445494420763335", "EstEID v35", "OpenSC card-mcrd.c"),
    _foreign("A00000030800001000", "PIV", "NIST SP 800-73-4 part 1 clause 2.2"),
    _foreign("A000000116DB00", "CAC", "OpenSC card-cac.c"),
    _foreign("A0000000791000", "CAC access control", "OpenSC card-cac.c"),
    *(_foreign(f"A000000079010{slot:X}", f"CAC PKI slot {slot}", "OpenSC card-cac.c") for slot in range(16)),
    _foreign("F276A288BCFBA69D34F31001", "IsoApplet", "OpenSC card-isoApplet.c"),
    _foreign("A00000039742544659", "GIDS", "OpenSC card-gids.c"),
    _foreign("D27600012401", "OpenPGP", "OpenPGP smart card application 3.4 clause 4.2.1"),
    _foreign("E828BD080FA000000167455349474E", "esign", "OpenSC pkcs15.c"),
    _foreign("D2760001448000", "eGK health card", "gematik gemSpec_eGK_ObjSys, MF"),
)

APPLICATIONS: Final = MappingProxyType({fact.aid: fact for fact in (*ON_CARD, *NEXT_CARD, *FOREIGN)})


def by_aid(aid: bytes) -> ApplicationFact | None:
    """The application of exactly this AID, or None."""
    return APPLICATIONS.get(aid)


def by_prefix(prefix: bytes) -> tuple[ApplicationFact, ...]:
    """The card's applications whose AID begins so (ISO/IEC 7816-4 clause 11.2.2: partial DF name)."""
    return tuple(fact for fact in ON_CARD if fact.aid.startswith(prefix))
