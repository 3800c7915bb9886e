"""openssl: the signatures of card-verifiable certificates and of the records, with nothing of ours but the bytes."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu.layout.face_records import FaceRecord
from apdu.layout.text_records import IntegrityRecord
from jpki.cv.authority import CvAuthority
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT
from jpki.keys import load_private_key
from jpki.records.face import FACE_DIGEST_INFO, face_block

pytestmark = pytest.mark.real_part("openssl")
POOL = Path(__file__).parents[2] / "fixtures" / "keys" / "applications.txt"


@pytest.fixture(scope="module")
def root() -> CvAuthority:
    """An authority with a key of the pool."""
    line = POOL.read_text("ascii").splitlines()[1]
    return CvAuthority.create_root(LAB_ROOT, load_private_key(base64.b64decode(line)))


@pytest.fixture
def public_key(root: CvAuthority, tmp_path: Path) -> Path:
    """Its public key where openssl finds it."""
    path = tmp_path / "key.pem"
    path.write_bytes(root.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def dgst(key: Path, message: bytes, signature: bytes) -> str:
    """What `openssl dgst -verify` says."""
    signature_file = key.with_name("signature")
    signature_file.write_bytes(signature)
    command = ("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature_file)
    return subprocess.run(command, input=message, capture_output=True, check=False).stdout.decode()


def test_certificate(root: CvAuthority, public_key: Path) -> None:
    raw = root.issue(LAB_INTERMEDIATE, root.key.public_key()).encode()
    assert dgst(public_key, raw[10:307], raw[312:]) == "Verified OK\n"


@pytest.mark.parametrize("at", [10, 26, 60, 306])
def test_certificate_with_a_changed_byte(root: CvAuthority, public_key: Path, at: int) -> None:
    raw = bytearray(root.issue(LAB_INTERMEDIATE, root.key.public_key()).encode())
    raw[at] ^= 1
    assert dgst(public_key, bytes(raw[10:307]), bytes(raw[312:])) == "Verification failure\n"


def test_integrity_record(root: CvAuthority, public_key: Path) -> None:
    record = IntegrityRecord(number_hash=b"\x01" * 32, attributes_hash=b"\x02" * 32, signature=bytes(256))
    assert dgst(public_key, record.signed, root.sign(record.signed)) == "Verified OK\n"


def test_front_recovers_to_its_three_digests(root: CvAuthority, public_key: Path) -> None:
    """The padding is undone by openssl, what was padded is compared whole."""
    front = FaceRecord(
        birth="19900415",
        sex="2",
        key=root.certificate.public_key,
        name_image=b"n",
        address_image=b"a",
        photo=b"p",
        signature=bytes(256),
        expiry="20360415",
        security_code_image=b"s",
    )
    command = (
        "openssl",
        "pkeyutl",
        "-verifyrecover",
        "-pubin",
        "-inkey",
        public_key,
        "-pkeyopt",
        "rsa_padding_mode:pkcs1",
    )
    signature = root.sign_verbatim(face_block(front))
    recovered = subprocess.run(command, input=signature, capture_output=True, check=True).stdout
    assert recovered == face_block(front)
    assert recovered.startswith(FACE_DIGEST_INFO)
