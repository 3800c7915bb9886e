"""Bringing generations of CAs into being: the key first, then the register's entry, then the certificate.

A process that dies in between leaves a key whose certificate only the register has; ``finish`` publishes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.ca.encoding import key_identifier
from jpki.errors import OperationRefusedError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.registry.rollover import Foundation, begin, rollover
from jpki.signer import Signer, SoftwareSigner
from mynalab import keysource
from mynalab.chance import seeded_number
from mynalab.keysource import KeySource
from mynalab.lab.authorities import hierarchy, signer_of
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.generations import KINDS, Founding
from mynalab.lab.lab import Lab
from mynalab.lab.published import publish_certificate
from mynalab.lab.settings import LabSettings
from mynalab.lab.tokens import discard_key, make_key

_POOLED_GENERATIONS: Final = keysource.CA_KEYS // len(KINDS)
"""So many generations of both CAs find a key in the shipped pool."""


def keys_of(settings: LabSettings, algorithm: KeyAlgorithm = RSA_2048) -> KeySource:
    """Where the keys of this lab come from."""
    if settings.fresh_keys:
        return keysource.fresh_keys(algorithm)
    return keysource.derived_keys(settings.seed) if algorithm is P_384 else keysource.pooled_keys(settings.seed)


def found(lab: Lab, founding: Founding, kind: CaKind, register: Register) -> None:
    """Begin a generation that a lab has without being asked for, at its moment in the past."""
    label, algorithm = founding.label(kind), founding.algorithm
    with taking_turns(lab.paths.ca_keys):
        finish(lab, register)  # of a process that died; its key must not be replaced, the register knows it
        if lab.paths.ca_certificate(label).exists():
            return  # another process was quicker
        key = partial(keys_of(lab.settings, algorithm), founding.key + KINDS.index(kind))
        _make(
            lab, label, kind, register, signer=_new_key(lab, label, algorithm, key), since=founding.since(lab.settings)
        )


def roll_over(lab: Lab, kind: CaKind, register: Register, *, now: datetime, algorithm: KeyAlgorithm = RSA_2048) -> str:
    """Begin the next generation of a CA, which issues from ``now`` on; answers what its files are called.

    ``OperationRefusedError`` when that cannot be.
    """
    with taking_turns(lab.paths.ca_keys):
        number = len(register.authorities(kind)) + 1
        label = f"{kind.value}-{number}"
        signer = _new_key(lab, label, algorithm, partial(_key, lab.settings, kind, number, algorithm))
        try:
            _make(lab, label, kind, register, signer=signer, since=now)
        except OperationRefusedError:
            if lab.settings.token:
                discard_key(lab.paths.ca_token(label))
            raise
    return label


def finish(lab: Lab, register: Register) -> None:
    """Publish the CA certificates that the register has and the directory has not."""
    for path in lab.paths.ca_keys.iterdir():
        label = path.name.partition(".")[0]
        kind_value = label.partition("-")[0]
        certificate = lab.paths.ca_certificate(label)
        if kind_value not in {kind.value for kind in KINDS} or certificate.exists():
            continue
        key_id = key_identifier(signer_of(lab, label).public_key)
        for record in register.authorities(CaKind(kind_value)):
            if record.key_id == key_id:
                publish_certificate(certificate, record.certificate_der)


def _key(settings: LabSettings, kind: CaKind, number: int, algorithm: KeyAlgorithm) -> bytes:
    """The key of a generation that was asked for: below those of the generations that a lab begins with."""
    if algorithm is RSA_2048 and number > _POOLED_GENERATIONS:
        return keysource.fresh_keys(algorithm)(0)
    return keys_of(settings, algorithm)(KINDS.index(kind) - len(KINDS) * (number - 1))


def _new_key(lab: Lab, label: str, algorithm: KeyAlgorithm, in_directory: Callable[[], bytes]) -> Signer:
    """The key of a generation to be, kept before there is anything that it signed."""
    if lab.settings.token:
        return make_key(lab.paths.ca_token(label), lab.settings.token, label, algorithm)
    key = in_directory()
    write_atomically(lab.paths.ca_key(label), key, mode=0o600)
    return SoftwareSigner.load(key)


def _make(lab: Lab, label: str, kind: CaKind, register: Register, *, signer: Signer, since: datetime) -> None:
    foundation = Foundation(kind=kind, hierarchy=hierarchy(lab.settings, signer.algorithm), signer=signer)
    if register.authorities(kind):
        made = rollover(register, foundation, now=since)
    else:
        # Serials start where a CA in use would be, not at 1.
        first = 10_000 + seeded_number(lab.settings.seed, f"serial/{kind.value}", 90_000)
        made = begin(register, foundation, now=since, first_serial=first)
    publish_certificate(lab.paths.ca_certificate(label), made.certificate_der)
