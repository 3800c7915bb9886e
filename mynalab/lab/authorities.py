"""The CAs of a lab: made once, loaded when something is to be signed."""

from __future__ import annotations

import warnings

from jpki.algorithms import P_384, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.errors import JpkiError, TokenError, UnsafeHierarchyWarning
from jpki.profiles import TEST, Hierarchy, next_generation, unsafe_production_shaped
from jpki.signer import Signer, SoftwareSigner
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part
from mynalab.lab.generations import KINDS, LabCa
from mynalab.lab.lab import Lab
from mynalab.lab.settings import LabSettings
from mynalab.lab.tokens import signer_at

__all__ = ["KINDS", "authority_of", "hierarchy", "signer_of"]


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


def signer_of(lab: Lab, label: str) -> Signer:
    """The key of a CA, in the lab's directory or on a token."""
    token = lab.paths.ca_token(label)
    return signer_at(token) if token.exists() else SoftwareSigner.load(read_part(lab.paths.ca_key(label)))


def authority_of(lab: Lab, ca: LabCa) -> Authority:
    """A CA with its key; ``LabBrokenError`` when its files are missing or do not fit, ``TokenError`` for its token."""
    at_fault = lab.paths.ca_key(ca.label)
    try:
        signer = signer_of(lab, ca.label)
        at_fault = lab.paths.ca_certificate(ca.label)
        return Authority.load(ca.kind, hierarchy(lab.settings, ca.algorithm), ca.certificate_der, signer)
    except TokenError:
        raise
    except JpkiError as error:
        raise LabBrokenError(
            f"{at_fault}: {error}", hint="restore the file, or make another lab: mynalab lab init DIR"
        ) from error
