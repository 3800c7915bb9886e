"""The house keeps its walls: which package may import which, and where each third-party library may live."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("apdu", "cardsim", "readers", "jpki", "mynalab")

# The table of docs/architecture.md: package → ours that it may import.
ARROWS = {
    "apdu": set(),
    "cardsim": {"apdu"},
    "readers": {"apdu"},
    "jpki": {"apdu"},
    "mynalab": {"apdu", "cardsim", "readers", "jpki"},
}

# The servers: what they stand on, the platform operator, the app's OpenID provider, the example bank, the adapters.
WEB = ("mynalab/web/", "mynalab/operator_server/", "mynalab/authapp/", "mynalab/bank/", "mynalab/adapters/")

# Third-party library → the modules where it may live, as path prefixes. Nothing else may be imported at all.
FENCES = {
    # keys: RSA at work; symmetric: AES of the secure channel, the provider's signature
    "cryptography": ("cardsim/keys.py", "cardsim/symmetric.py", "jpki/"),
    "asn1crypto": ("jpki/",),
    # the columns of a nation's revocation list; imported where an index is built, not where it is asked
    "numpy": ("jpki/revocation_index/",),
    "sqlalchemy": ("jpki/registry/storage/", "jpki/rp/storage/"),
    # the join of a nation's customers with a list; imported when a sweep begins
    "duckdb": ("jpki/rp/bulk/duckdb_engine.py",),
    # work on many machines; imported for the address of a cluster
    "distributed": ("jpki/executing/on_dask.py",),
    # PKCS #11 modules: CA keys on tokens; imported when a token is first used
    "pkcs11": ("jpki/tokens/",),
    "PIL": ("cardsim/drawing/",),
    # documents: imported by those who sign or verify that kind of them (extras "pdf" and "xml")
    "pyhanko": ("jpki/signing/pdf",),
    # certificates of anybody after RFC 5280, and the second opinion on ours (extra "pdf")
    "pyhanko_certvalidator": ("jpki/verify/general.py",),
    "lxml": ("jpki/signing/xml",),
    "signxml": ("jpki/signing/xml",),
    "smartcard": ("readers/pcsc.py",),
    "click": ("mynalab/cli/",),
    "starlette": ("mynalab/pki_server/", *WEB),
    "uvicorn": ("mynalab/web/",),
    "fastapi": WEB,
    "pydantic": WEB,
    "jinja2": WEB,
    # OAuth's and OpenID's rules: the provider's grants, the example bank's client
    "authlib": ("mynalab/authapp/", "mynalab/bank/"),
    # JOSE: tokens, key sets, encrypted results
    "joserfc": WEB,
    # what calls others' HTTP: webhooks, key sets, the bank's questions
    "httpx": WEB,
}

# A library is told the time, given its randomness, and returns what it found.
FORBIDDEN_IN_LIBRARIES = {
    "wall clock": r"\b(?:datetime\.now|datetime\.utcnow|date\.today|time\.time)\(",
    "system randomness": r"\bos\.urandom\(|\bimport (?:secrets|random)\b|\bfrom (?:secrets|random) import\b",
    "print": r"(?<![\w.])print\(",
    "exit": r"\bsys\.exit\(|\braise SystemExit\b",
    "subprocess": r"\bimport subprocess\b|\bfrom subprocess import\b|\bos\.system\(",
    "pickle": r"\bimport pickle\b|\bfrom pickle import\b",
}

BROAD_EXCEPT_ALLOWED = {"cardsim/card.py", "mynalab/cli/main.py"}
LONGEST_MODULE = 400


def modules() -> list[Path]:
    """Every module of the five packages, relative to the root."""
    return sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level names that a module imports, wherever in the module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


every_module = pytest.mark.parametrize("path", modules(), ids=str)
every_library_module = pytest.mark.parametrize(
    "path", [path for path in modules() if path.parts[0] != "mynalab"], ids=str
)


@every_module
def test_packages_import_only_where_an_arrow_leads(path: Path) -> None:
    package = path.parts[0]
    ours = imported(path) & set(PACKAGES) - {package}
    assert ours <= ARROWS[package]


@every_module
def test_imports_are_absolute(path: Path) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(ast.parse(source)))


@every_module
def test_third_party_libraries_stay_behind_their_fences(path: Path) -> None:
    foreign = imported(path) - set(PACKAGES) - set(sys.stdlib_module_names)
    outside = {name for name in foreign if not str(path).startswith(FENCES.get(name, ("nowhere",)))}
    assert outside == set()


@every_library_module
@pytest.mark.parametrize("what", FORBIDDEN_IN_LIBRARIES)
def test_libraries_are_told_the_time_and_given_their_randomness(path: Path, what: str) -> None:
    assert re.search(FORBIDDEN_IN_LIBRARIES[what], (ROOT / path).read_text("utf-8")) is None


@every_module
def test_broad_excepts_stand_only_at_the_two_edges(path: Path) -> None:
    handlers = [
        node for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))) if isinstance(node, ast.ExceptHandler)
    ]
    broad = [
        node
        for node in handlers
        if node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
    ]
    assert not broad or str(path) in BROAD_EXCEPT_ALLOWED


@every_module
def test_modules_stay_small(path: Path) -> None:
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= LONGEST_MODULE
