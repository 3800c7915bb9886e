"""Rules for all tests: what ``real_part`` needs, and that continuous integration skips nothing; and a whole card."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Generator, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import settings

from apdu.layout import card_manager, face, face_records, text, text_records
from apdu.layout.record_tlv import PublicKey, wide
from cardsim.contents import CommonContents, FaceContents, JukiContents, ManagerContents, TextContents
from cardsim.personalise import CardOrder, KeyAndCertificate

IN_CI = os.environ.get("CI") == "true"
# Daemons live in directories that a user's PATH does not have on Debian.
_SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))

# A laptop under load is no reason for a failure; pytest-timeout catches what hangs.
settings.register_profile("mynalab", deadline=None, derandomize=IN_CI)
settings.load_profile("mynalab")


def _is_missing(part: str) -> bool:
    """A part is a program by name, a file by its absolute path, or a Python module as ``python:NAME``."""
    if part.startswith("python:"):
        return find_spec(part.removeprefix("python:")) is None
    return not (Path(part).exists() if part.startswith("/") else shutil.which(part, path=_SEARCH_PATH))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, in sight, a test whose programs are not there. ``real_part("openssl", …)`` names them."""
    needed = [part for mark in item.iter_markers("real_part") for part in mark.args]
    missing = sorted({part for part in needed if _is_missing(part)})
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)} (tools/system-packages.sh says how to install)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed one."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a module that skips itself is an error, too."""
    report = yield
    if IN_CI and report.outcome == "skipped":
        _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    report.longrepr = f"CI allows no skip: {report.longrepr}"
    report.outcome = "failed"


@pytest.fixture(scope="session")
def pool_keys() -> Sequence[bytes]:
    """The first eight keys of the pool, PKCS #8 DER."""
    pool = Path(__file__).parent.parent / "fixtures/keys/rsa2048.txt"
    lines = [line for line in pool.read_text("ascii").splitlines() if not line.startswith("#")]
    return [base64.b64decode(line) for line in lines[:8]]


def _public_key(der: bytes) -> PublicKey:
    key = serialization.load_der_private_key(der, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return PublicKey(key.public_key().public_numbers().n)


def _certificate(fill: int) -> bytes:
    return b"\x30\x82\x05\x00" + bytes((fill,)) * 0x500


_SIGNATURE = b"\x5a" * 256
_KEY_ID = b"6000020\x08\x05001" + bytes(4)
_CV_CERTIFICATE = wide(0x7F21, wide(0x5F4E, bytes(297)) + wide(0x5F37, _SIGNATURE))


@pytest.fixture(scope="session")
def text_contents(pool_keys: Sequence[bytes]) -> TextContents:
    """The published holder of a test card (soltia48/myna-card src/ap/text.rs), nothing really signed."""
    attributes = text_records.Attributes(
        name="黒桐　幹也", address="東京都清瀬市観布子南１２－７－２０２", birth="19800217", sex="1"
    )
    integrity = text_records.IntegrityRecord(number_hash=bytes(32), attributes_hash=bytes(32), signature=_SIGNATURE)
    return TextContents(
        files={
            text.MY_NUMBER: text_records.encode_my_number("537686677188"),
            text.ATTRIBUTES: attributes.encode(),
            text.INTEGRITY_RECORD: integrity.encode(),
            text.CV_CERTIFICATE: _CV_CERTIFICATE,
            text.BASIC_INFORMATION: text_records.BasicInformation(key_id=_KEY_ID, authentication=bytes(128)).encode(),
            text.SESSION_PUBLIC_KEY: text_records.encode_session_key(_public_key(pool_keys[2])),
            text.PUBLIC_KEY: text_records.PublicKeyRecord(key=_public_key(pool_keys[3]), signature=_SIGNATURE).encode(),
        },
        pin="4321",
        reference_a="537686677188",
        reference_b="55021720352285",
        internal_key=pool_keys[3],
        session_key=pool_keys[2],
    )


@pytest.fixture(scope="session")
def face_contents(pool_keys: Sequence[bytes]) -> FaceContents:
    """The same holder's face, its pictures mere bytes."""
    key = _public_key(pool_keys[4])
    record = face_records.FaceRecord(
        birth="19800217",
        sex="1",
        key=key,
        name_image=b"name",
        address_image=b"address" * 40,
        photo=b"photo" * 400,
        signature=_SIGNATURE,
        expiry="20350217",
        security_code_image=b"2285",
    )
    basic = face_records.BasicInformation(key_id=_KEY_ID, municipality_code="13221", authentication=bytes(272))
    return FaceContents(
        files={
            face.AGE_RECORD: face_records.AgeRecord(birth="19800217", key=key, signature=_SIGNATURE).encode(),
            face.FACE: record.encode(),
            face.BASIC_INFORMATION: basic.encode(),
            face.CV_CERTIFICATE: _CV_CERTIFICATE,
            face.MY_NUMBER_IMAGE: face_records.NumberImageRecord(
                image=b"number", key=key, signature=_SIGNATURE
            ).encode(),
        },
        birth_pin="550217",
        reference_a="537686677188",
        reference_b="55021720352285",
        internal_key=pool_keys[4],
    )


@pytest.fixture(scope="session")
def whole_order(pool_keys: Sequence[bytes], text_contents: TextContents, face_contents: FaceContents) -> CardOrder:
    """A card with all of its applications. PINs: sign ABC123, auth 1234, text 4321, common 2222, registry 3333."""
    return CardOrder(
        serial="400000012719843",
        profile="C2",
        municipality_code="13221",
        card_expiry=date(2035, 2, 17),
        sign=KeyAndCertificate(private_key=pool_keys[0], certificate=_certificate(0x51)),
        auth=KeyAndCertificate(private_key=pool_keys[1], certificate=_certificate(0xA1)),
        sign_ca=_certificate(0x52),
        auth_ca=_certificate(0xA2),
        sign_pin="ABC123",
        auth_pin="1234",
        text=text_contents,
        face=face_contents,
        common=CommonContents(key_reference=_KEY_ID, pin="2222", internal_key=pool_keys[5]),
        juki=JukiContents(key_reference=_KEY_ID, pin="3333"),
        manager=ManagerContents(
            objects={card_manager.INTERMEDIATE_KEY_ID: _KEY_ID, card_manager.CV_CERTIFICATE: _CV_CERTIFICATE}
        ),
    )


@pytest.fixture(scope="session")
def elliptic_pair() -> KeyAndCertificate:
    """A key of the next generation of cards."""
    der = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return KeyAndCertificate(private_key=der, certificate=_certificate(0x71))
