"""The lab's card-verifiable chain: a root, an intermediate, a key for each municipality, made when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jpki.cv.authority import CvAuthority
from jpki.cv.certificate import CvCertificate
from jpki.cv.chain import CvTrust
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, KeyId, lab_municipality
from jpki.errors import JpkiError
from jpki.keys import load_private_key
from mynalab.chance import seeded_number
from mynalab.errors import LabBrokenError
from mynalab.keysource import CA_KEYS, KeySource, fresh_keys, pooled_application_keys
from mynalab.lab.files import read_part, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.settings import LabSettings

_ROOT, _INTERMEDIATE, _MUNICIPALITY = 0, 1, 2  # numbers of keys; municipalities share those that are left
ROOT_FILE: Final = "cv-root"


@dataclass(frozen=True, slots=True, kw_only=True)
class CvChain:
    """What signs a card's records, and what stands above it."""

    root: CvCertificate
    intermediate: CvCertificate
    signer: CvAuthority


def application_keys_of(settings: LabSettings) -> KeySource:
    """Where the keys of the applications beside JPKI come from."""
    return fresh_keys() if settings.fresh_keys else pooled_application_keys(settings.seed)


def cv_chain(lab: Lab, municipality_code: str) -> CvChain:
    """The chain down to this municipality. What is missing is made: hold the cards' lock."""
    keys = application_keys_of(lab.settings)
    root = _authority(lab, ROOT_FILE, LAB_ROOT, None, keys, _ROOT)
    intermediate = _authority(lab, "cv-intermediate", LAB_INTERMEDIATE, root, keys, _INTERMEDIATE)
    number = seeded_number(lab.settings.seed, f"cv/{municipality_code}", CA_KEYS - _MUNICIPALITY)
    signer = _authority(
        lab,
        f"cv-{municipality_code}",
        lab_municipality(municipality_code),
        intermediate,
        keys,
        _MUNICIPALITY + number,
    )
    return CvChain(root=root.certificate, intermediate=intermediate.certificate, signer=signer)


def cv_trust(lab: Lab) -> CvTrust:
    """What a verifier of this lab trusts: its root; ``LabBrokenError`` before the first card was issued."""
    path = lab.paths.cv_certificate(ROOT_FILE)
    try:
        return CvTrust.load(read_part(path))
    except JpkiError as error:
        raise LabBrokenError(f"{path}: {error}", hint="restore the file, or make another lab") from error


def _authority(
    lab: Lab, file: str, name: KeyId, above: CvAuthority | None, keys: KeySource, number: int
) -> CvAuthority:
    """Load an authority, or make it: the key first, so that there is never a certificate without one."""
    certificate_path, key_path = lab.paths.cv_certificate(file), lab.paths.ca_key(file)
    if not certificate_path.exists():
        pkcs8 = keys(number)
        key = load_private_key(pkcs8)
        made = CvAuthority.create_root(name, key) if above is None else above.certify(name, key)
        write_atomically(key_path, pkcs8, mode=0o600)
        write_atomically(certificate_path, made.certificate.encode())
        return made
    try:
        certificate = CvCertificate.decode(read_part(certificate_path))
        return CvAuthority(certificate=certificate, key=load_private_key(read_part(key_path)))
    except JpkiError as error:
        raise LabBrokenError(
            f"{certificate_path}: {error}",
            hint="restore the file and its key, or make another lab: mynalab lab init DIR",
        ) from error
