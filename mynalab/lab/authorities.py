"""The CAs of a lab: made once, loaded when something is to be signed."""

from __future__ import annotations

import warnings

from jpki.algorithms import P_384, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.errors import JpkiError, UnsafeHierarchyWarning
from jpki.profiles import TEST, Hierarchy, next_generation, unsafe_production_shaped
from jpki.signer import SoftwareSigner
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part
from mynalab.lab.generations import KINDS, LabCa
from mynalab.lab.lab import Lab
from mynalab.lab.settings import LabSettings

__all__ = ["KINDS", "authority_of", "hierarchy"]


def hierarchy(settings: LabSettings, algorithm: KeyAlgorithm) -> Hierarchy:
    """The names and policies that this lab's certificates carry, where keys are of this algorithm."""
    names = _names(settings)
    return next_generation(names) if algorithm is P_384 else names


def _names(settings: LabSettings) -> Hierarchy:
    if not settings.unsafe_production_names:
        return TEST
    with warnings.catch_warnings():
        # Whoever made this lab asked for it by an option spelt unsafe, and was told then.
        warnings.simplefilter("ignore", UnsafeHierarchyWarning)
        return unsafe_production_shaped()


def authority_of(lab: Lab, ca: LabCa) -> Authority:
    """A CA with its key; ``LabBrokenError`` when its files are missing or do not fit."""
    key_path = at_fault = lab.paths.ca_key(ca.label)
    pkcs8 = read_part(key_path)
    try:
        signer = SoftwareSigner.load(pkcs8)
        at_fault = lab.paths.ca_certificate(ca.label)
        return Authority.load(ca.kind, hierarchy(lab.settings, ca.algorithm), ca.certificate_der, signer)
    except JpkiError as error:
        raise LabBrokenError(
            f"{at_fault}: {error}", hint="restore the file, or make another lab: mynalab lab init DIR"
        ) from error
