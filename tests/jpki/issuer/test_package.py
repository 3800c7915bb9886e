"""Descriptions in TOML: what they become, and where a wrong one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from apdu.package import Package
from jpki.issuer.errors import PackageFileError
from jpki.issuer.keys import provider_key, public_point
from jpki.issuer.package import compile_package, sign_package

PACKAGES = sorted((Path(__file__).parents[3] / "fixtures" / "packages").glob("*.toml"))
LIBRARY = next(path for path in PACKAGES if path.stem == "library-card").read_text("utf-8")
every_package = pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.stem)


@every_package
def test_shipped_package_compiles_to_what_a_card_reads(path: Path) -> None:
    package = compile_package(path.read_text("utf-8"), origin=path.name)
    assert Package.decode(package.encode()) == package


@every_package
def test_signature_is_the_providers_and_the_same_each_time(path: Path) -> None:
    package = compile_package(path.read_text("utf-8"), origin=path.name)
    key = provider_key(b"secret", package.provider)
    file = sign_package(package, key)
    assert sign_package(package, provider_key(b"secret", package.provider)) == file
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_point(key))
    public.verify(file.signature, file.block, ec.ECDSA(hashes.SHA256()))


def test_rules_come_in_the_order_of_their_numbers() -> None:
    there = 'change = ["borrower", "desk"]'
    assert there in LIBRARY
    written = LIBRARY.replace(there, 'change = ["desk", "borrower", "desk"]', 1)
    assert compile_package(written, origin="one").encode() == compile_package(LIBRARY, origin="other").encode()


def test_shipped_packages_have_nothing_in_common() -> None:
    packages = [compile_package(path.read_text("utf-8"), origin=path.name) for path in PACKAGES]
    aids = [aid for package in packages for aid in (package.aid, package.load_aid, package.provider)]
    assert len(set(aids)) == 3 * len(packages) == 12


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[package]", "[package", "no TOML"),
        ("[package]", "[pakage]", r"pakage means nothing here"),
        ('label = "図書館カード"', "label = 1", "package.label is missing, or no text"),
        ("version = 1", 'version = "1"', "package.version is missing, or no number"),
        ("version = 1", "version = -1", "package.version is out of range"),
        ("version = 1", "version = true", "package.version is missing, or no number"),
        ('aid = "F04D594E414C41420101"', 'aid = "F04D5"', "package.aid is not in hexadecimal"),
        ('kind = "pin"', 'kind = "password"', r"secret\[1\].kind is one of pin, key"),
        ("length = [4, 4]", "length = 4", r"secret\[1\].length is a list"),
        ('change = ["borrower", "desk"]', 'change = ["borrower", "dsk"]', r"secret\[1\].change is anybody, nobody"),
        ('name = "desk"', 'name = "borrower"', "two secrets have the same name"),
        ('kind = "linear"', 'kind = "list"', r"file\[2\].kind is one of transparent"),
        ('append = ["desk"]', 'debit = ["desk"]', r"file\[2\].debit means nothing here"),
        ('read = "anybody"', 'read = "everybody"', r"file\[1\].read is anybody, nobody"),
        ('read = "anybody"', 'read = [["desk"]]', r"file\[1\].read is anybody, nobody"),
        ('read = "anybody"', "read = {desk = 1}", r"file\[1\].read is anybody, nobody"),
        ("size = 16", "size = 5000", "file 1: a transparent has a size of 1 to 4096"),
        ("step = 20", "step = 0", "file 3: counters and purses have a step"),
        ("id = 2", "id = 1", "in the order of their numbers"),
    ],
    ids=lambda part: part.splitlines()[0][:30] if part else "gone",
)
def test_wrong_description_is_named(old: str, new: str, words: str) -> None:
    assert old in LIBRARY
    with pytest.raises(PackageFileError, match=words) as caught:
        compile_package(LIBRARY.replace(old, new, 1), origin="my-app.toml")
    assert str(caught.value).startswith("my-app.toml")
