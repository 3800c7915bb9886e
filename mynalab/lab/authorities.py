"""The CAs of a lab: made once, loaded when something is to be signed."""

from __future__ import annotations

import warnings

from jpki.algorithms import P_384
from jpki.ca.authority import Authority
from jpki.errors import JpkiError, UnsafeHierarchyWarning
from jpki.kinds import CaKind
from jpki.profiles import TEST, Hierarchy, next_generation, unsafe_production_shaped
from jpki.signer import SoftwareSigner
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part
from mynalab.lab.generations import KINDS, CaId
from mynalab.lab.lab import Lab
from mynalab.lab.settings import LabSettings

__all__ = ["KINDS", "authority", "authority_of", "create_authority", "hierarchy"]


def hierarchy(settings: LabSettings, ca: CaId) -> Hierarchy:
    """The names and policies that this lab's certificates carry, and the algorithm of those of one CA."""
    names = _names(settings)
    return next_generation(names) if ca.algorithm is P_384 else names


def _names(settings: LabSettings) -> Hierarchy:
    if not settings.unsafe_production_names:
        return TEST
    with warnings.catch_warnings():
        # Whoever made this lab asked for it by an option spelt unsafe, and was told then.
        warnings.simplefilter("ignore", UnsafeHierarchyWarning)
        return unsafe_production_shaped()


def authority(lab: Lab, kind: CaKind) -> Authority:
    """The present CA with its key; ``LabBrokenError`` when its files are missing or do not fit."""
    return authority_of(lab, CaId(kind))


def authority_of(lab: Lab, ca: CaId) -> Authority:
    """A CA of any generation with its key; ``LabBrokenError`` when its files are missing or do not fit."""
    certificate_path, key_path = lab.paths.ca_certificate(ca.label), lab.paths.ca_key(ca.label)
    certificate, pkcs8 = read_part(certificate_path), read_part(key_path)
    at_fault = key_path
    try:
        signer = SoftwareSigner.load(pkcs8)
        at_fault = certificate_path
        return Authority.load(ca.kind, hierarchy(lab.settings, ca), certificate, signer)
    except JpkiError as error:
        raise LabBrokenError(
            f"{at_fault}: {error}", hint="restore the file, or make another lab: mynalab lab init DIR"
        ) from error


def create_authority(settings: LabSettings, ca: CaId, *, key: bytes, serial: int) -> Authority:
    """A new root of this lab, valid from when its generation begins."""
    return Authority.create_root(
        ca.kind,
        hierarchy=hierarchy(settings, ca),
        signer=SoftwareSigner.load(key),
        serial=serial,
        now=ca.since(settings),
    )
