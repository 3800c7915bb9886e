"""What an issued card holds beside JPKI: records of both 券面 applications signed by the municipality, keys, PINs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from apdu.layout import card_manager
from cardsim.contents import CommonContents, FaceContents, JukiContents, ManagerContents, TextContents
from cardsim.drawing import pictures
from cardsim.drawing.lettering import lettering_of
from cardsim.profiles import CardProfile
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT
from jpki.holder import Holder
from jpki.keys import PublicKey, load_private_key
from jpki.records.face import FacePictures, issue_face_files
from jpki.records.reference import era_yymmdd
from jpki.records.text import issue_text_files
from mynalab.keysource import CA_KEYS
from mynalab.lab.cv import CvChain, application_keys_of, cv_chain
from mynalab.lab.lab import Lab
from mynalab.lab.particulars import Particulars
from mynalab.persona import Persona
from mynalab.resources import font_file

_KEYS_A_CARD = 4
_ADDRESS_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The parts of a ``CardOrder`` that this module fills."""

    text: TextContents
    face: FaceContents
    common: CommonContents
    juki: JukiContents
    manager: ManagerContents


@dataclass(frozen=True, slots=True)
class _Key:
    private: bytes
    public: PublicKey


class ContentsMaker:
    """Fills the applications of one lab's cards; opened once, for one card or thousands. Hold the cards' lock."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._keys = application_keys_of(lab.settings)
        self._chains: dict[str, CvChain] = {}

    def fill(
        self, persona: Persona, holder: Holder, particulars: Particulars, profile: CardProfile, *, number: int
    ) -> Contents:
        """Records, keys and PINs of the lab's ``number``-th card."""
        chain = self.chain(holder.municipality_code)
        first = CA_KEYS + _KEYS_A_CARD * number
        text_key, session_key, face_key, common_key = (self._key(first + each) for each in range(_KEYS_A_CARD))
        text_files = issue_text_files(
            holder=holder,
            my_number=particulars.my_number,
            signer=chain.signer,
            internal_key=text_key.public,
            session_key=session_key.public,
            form=profile.length_form,
            rng=particulars.chance("text"),
        )
        face_files = issue_face_files(
            holder=holder,
            pictures=draw_pictures(persona, particulars),
            expiry=particulars.expiry,
            signer=chain.signer,
            internal_key=face_key.public,
            form=profile.length_form,
            rng=particulars.chance("face"),
        )
        # Choice: common and resident registry share one key reference (measured), that of the intermediate.
        reference = LAB_INTERMEDIATE.encode()
        return Contents(
            text=TextContents(
                files=text_files,
                pin=persona.text_pin,
                reference_a=particulars.my_number,
                reference_b=particulars.reference_b,
                reference=particulars.reference,
                internal_key=text_key.private,
                session_key=session_key.private,
            ),
            face=FaceContents(
                files=face_files,
                birth_pin=era_yymmdd(holder.birth_date),
                reference_a=particulars.my_number,
                reference_b=particulars.reference_b,
                internal_key=face_key.private,
            ),
            # City halls set one PIN for both (kojinbango-card.go.jp: 住民基本台帳用); each has its own counter.
            common=CommonContents(key_reference=reference, pin=persona.registry_pin, internal_key=common_key.private),
            juki=JukiContents(key_reference=reference, pin=persona.registry_pin),
            manager=_manager(chain),
        )

    def chain(self, municipality_code: str) -> CvChain:
        """The chain that signs for a municipality, read or made once."""
        chain = self._chains.get(municipality_code)
        if chain is None:
            chain = self._chains[municipality_code] = cv_chain(self._lab, municipality_code)
        return chain

    def _key(self, number: int) -> _Key:
        private = self._keys(number)
        return _Key(private, _public_key(private))


@lru_cache(maxsize=256)  # a pool has fewer
def _public_key(private: bytes) -> PublicKey:
    return load_private_key(private).public_key()


def draw_pictures(persona: Persona, particulars: Particulars) -> FacePictures:
    """Name and address as the register writes them, digits and a face that nobody has."""
    lettering = lettering_of(font_file())
    return FacePictures(
        name=pictures.draw_lines(persona.full_name, pictures.NAME_SIZE, lettering),
        address=pictures.draw_lines(persona.address, pictures.ADDRESS_SIZE, lettering, lines=_ADDRESS_LINES),
        photo=pictures.draw_photo(particulars.chance("photo"), age=particulars.age),
        security_code=pictures.draw_digits(particulars.security_code, pictures.SECURITY_CODE_SIZE, lettering),
        my_number=pictures.draw_digits(particulars.my_number, pictures.MY_NUMBER_SIZE, lettering),
    )


def _manager(chain: CvChain) -> ManagerContents:
    """Measured: soltia48/myna-card src/mf.rs: the way from the root down to what signs the records."""
    return ManagerContents(
        objects={
            card_manager.IIN: LAB_ROOT.encode(),
            card_manager.INTERMEDIATE_KEY_ID: chain.intermediate.subject.encode(),
            card_manager.ROOT_CV_CERTIFICATE: chain.intermediate.encode_content(),
            card_manager.CV_CERTIFICATE: chain.signer.certificate.encode(),
        }
    )
