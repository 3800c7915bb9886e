"""The register of a lab: a file in it or a database elsewhere; the journal of the first releases is brought over."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from cardsim.inspect import describe
from cardsim.profiles import profile_named
from cardsim.store import read_image
from jpki.errors import RegistryNotFoundError
from jpki.registry import opening
from jpki.registry.interfaces import Register
from jpki.registry.journal_import import import_journal
from jpki.registry.records import AuthorityRecord, CardOrdered, Medium
from jpki.validity import JST
from jpki.verify.certificate import ReadCertificate, read_certificate
from mynalab.clock import system_clock
from mynalab.errors import LabBrokenError
from mynalab.lab.files import taking_turns
from mynalab.lab.generations import KINDS, LabCa, standing_cas
from mynalab.lab.lab import Lab


def place_of(lab: Lab) -> Path | str:
    """Where the register is: a file, or the URL of a database."""
    return lab.settings.register_url or lab.paths.register


def name_of(lab: Lab) -> str:
    """The register, for people: a URL is not shown, it may hold a password."""
    return "the register's database" if lab.settings.register_url else str(lab.paths.register)


def shown_place(lab: Lab) -> str:
    """Where the register is, for people who ask: of a URL neither password nor query."""
    if not lab.settings.register_url:
        return str(lab.paths.register)
    try:
        parts = urlsplit(lab.settings.register_url)
        host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:  # a port that is none, brackets that do not close
        return name_of(lab)
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else parts.path


def make_register(lab: Lab) -> Register:
    """Begin the register of a new lab."""
    return opening.create_register(place_of(lab))


def open_register(lab: Lab) -> Register:
    """The lab's register; ``LabBrokenError`` when it is gone: a new one would not know the lab's certificates."""
    if lab.paths.journal.exists():
        with taking_turns(lab.paths.root):
            if lab.paths.journal.exists():  # still: another process may have done it
                return _bring_over(lab)
    try:
        return opening.open_register(place_of(lab))
    except RegistryNotFoundError as error:
        raise LabBrokenError(
            f"{name_of(lab)} is missing, the rest of the lab is there",
            hint="restore it, or make another lab: mynalab lab init DIR",
        ) from error


def _bring_over(lab: Lab) -> Register:
    """Make the register out of the journal, once; the journal stays beside it under another name."""
    authorities = []
    for kind in KINDS:
        cas = sorted((ca for ca in standing_cas(lab) if ca.kind is kind), key=lambda ca: (ca.not_before, ca.serial))
        authorities += [_record(ca, generation) for generation, ca in enumerate(cas, 1)]
    return import_journal(
        lab.paths.journal, place_of(lab), authorities=authorities, cards=_cards(lab), now=system_clock()
    )


def _record(ca: LabCa, generation: int) -> AuthorityRecord:
    return AuthorityRecord(
        kind=ca.kind,
        generation=generation,
        key_id=ca.key_id,
        algorithm=ca.algorithm.name,
        serial=ca.serial,
        not_before=ca.not_before,
        not_after=ca.not_after,
        certificate_der=ca.certificate_der,
    )


def _cards(lab: Lab) -> dict[str, CardOrdered]:
    """What the images tell and the journal did not; the last day of a card is guessed from its certificate."""
    told = {}
    for name in lab.paths.card_names():
        card = describe(read_image(lab.paths.card(name)))
        certificate = read_certificate(card.certificates.get("auth", b""))
        if isinstance(certificate, ReadCertificate):
            told[name] = CardOrdered(
                medium=Medium.PHONE if profile_named(card.profile).is_phone else Medium.CARD,
                name=name,
                profile=card.profile,
                expires=certificate.not_after.astimezone(JST).date(),
                number=card.serial,
            )
    return told
