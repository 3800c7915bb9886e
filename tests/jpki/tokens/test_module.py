"""Modules: what can be loaded, and what is said of the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jpki.errors import TokenModuleError
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.module import load_module
from jpki.tokens.token import Pkcs11Token
from tests.softhsm import MODULE, PARTS, PIN, SoftHsm


@pytest.mark.real_part(*PARTS)
@pytest.mark.usefixtures("softhsm")
def test_a_module_is_loaded_once() -> None:
    assert load_module(MODULE) is load_module(MODULE)


@pytest.mark.real_part("python:pkcs11")
@pytest.mark.parametrize("content", [None, b"", b"no library"], ids=["missing", "empty", "text"])
def test_what_is_no_module_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "module.so"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TokenModuleError, match=f"^{path} cannot be used as a PKCS #11 module: .") as caught:
        Pkcs11Token(str(path), "token", pin=lambda: PIN).signer(TokenKeyName(label="ca"))
    assert "name the module's file" in caught.value.hint


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(TokenModuleError, match="the library for PKCS #11 tokens is not installed") as caught:
        load_module("/no/such/module.so")
    assert caught.value.hint == "pip install 'mynalab[pkcs11]'"


@pytest.mark.real_part(*PARTS)
def test_another_round_begins_when_it_is_begun_again(softhsm: SoftHsm) -> None:
    assert softhsm.tokens.is_dir()
    module = load_module(MODULE)
    before = module.current_round()
    module.begin_again()
    assert module.current_round() == before + 1


@pytest.mark.real_part("python:pkcs11")
def test_an_error_without_words_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import pkcs11

    def refuse(_path: str) -> None:
        raise pkcs11.exceptions.GeneralError

    monkeypatch.setattr(pkcs11, "lib", refuse)
    with pytest.raises(TokenModuleError, match="PKCS #11 module: GeneralError"):
        load_module("/no/such/other-module.so")
