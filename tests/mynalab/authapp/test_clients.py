"""Registering clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from mynalab.authapp.clients import FILE, SCOPES, read_jwks, read_registered, register_client
from mynalab.errors import AuthAppConfigError
from mynalab.lab.lab import Lab
from tests.mynalab.authapp.conftest import KEY, REDIRECT


def register(lab: Lab, client_id: str = "RP1", **changed: Any) -> Any:
    options = {"redirect_uris": (REDIRECT,), "jwks": {"keys": [KEY.as_dict(private=True)]}, **changed}
    return register_client(lab, client_id, **options)


def test_client_is_read_as_it_was_registered(lab: Lab) -> None:
    made = register(lab, name='架空 "銀行"\n', sector="bank.example", scopes=("openid", "name"))
    found = read_registered(lab).clients["RP1"]
    assert (found.name, found.sector, found.scopes) == (made.name, "bank.example", ("openid", "name"))
    assert found.keys[0].as_dict(private=False) == KEY.as_dict(private=False)


def test_private_key_is_not_kept(lab: Lab) -> None:
    register(lab)
    text = (lab.paths.root / FILE).read_text("utf-8")
    assert str(KEY.as_dict(private=True)["d"]) not in text


def test_others_and_the_settings_stay(lab: Lab) -> None:
    (lab.paths.root / FILE).write_text('[service]\ncode_seconds = 5\nacr_known = ["aal3"]\n', "utf-8")
    register(lab, "RP1")
    register(lab, "RP2")
    register(lab, "RP1", name="again")
    found = read_registered(lab)
    assert found.config.code_seconds == 5
    assert {one: client.name for one, client in found.clients.items()} == {"RP1": "again", "RP2": "RP2"}


def test_nobody_is_registered_in_a_new_lab(lab: Lab) -> None:
    assert read_registered(lab).clients == {}
    assert SCOPES[0] == "openid"


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uris": ()},
        {"redirect_uris": ("ftp://rp.example/",)},
        {"redirect_uris": ("https:///callback",)},
        {"redirect_uris": ("https://rp.example/#fragment",)},
        {"redirect_uris": ("https://user@rp.example/",)},
        {"redirect_uris": ("https://rp.example/" + "a" * 255,)},
        {"redirect_uris": ("https://rp.example/ x",)},
        {"redirect_uris": ("https://日本.example/",)},
        {"redirect_uris": ("javascript:alert(1)",)},
        {"redirect_uris": ("https://rp.example:0/",)},
        {"redirect_uris": ("https://one.example/", "https://two.example/")},
        {"jwks": {"keys": []}},
        {"jwks": {}},
        {"jwks": {"keys": "x"}},
        {"jwks": OctKey.generate_key(256).as_dict()},
        {"jwks": ECKey.generate_key("P-384").as_dict()},
        {"jwks": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
        {"scopes": ("openid", "email")},
    ],
    ids=range(18),
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_client_that_cannot_be_one(lab: Lab, changed: dict[str, Any]) -> None:
    with pytest.raises(AuthAppConfigError):
        register(lab, **changed)
    assert not (lab.paths.root / FILE).exists()


@pytest.mark.parametrize("client_id", ["", "RP-1", "a" * 256, "架空", "a]\n[service", "a.b"], ids=range(6))
def test_client_id_that_cannot_be_one(lab: Lab, client_id: str) -> None:
    with pytest.raises(AuthAppConfigError):
        register(lab, client_id)


def test_file_that_is_no_toml(lab: Lab) -> None:
    (lab.paths.root / FILE).write_text("[client", "utf-8")
    with pytest.raises(AuthAppConfigError, match="not TOML"):
        read_registered(lab)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_short_rsa_key_is_refused(lab: Lab) -> None:
    with pytest.raises(AuthAppConfigError, match="2048"):
        register(lab, jwks=RSAKey.generate_key(1024).as_dict(private=False))


@pytest.mark.parametrize("key", [KEY, ECKey.generate_key("P-256")], ids=["rsa", "p-256"])
@pytest.mark.parametrize("private", [True, False], ids=["private", "public"])
def test_key_in_pem(lab: Lab, tmp_path: Path, key: RSAKey | ECKey, private: bool) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(key.as_pem(private=private))
    read = read_jwks(path)
    assert "d" not in read["keys"][0]
    [found] = register(lab, jwks=read).keys
    assert found.thumbprint() == key.thumbprint()


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
        OKPKey.generate_key("Ed25519").as_pem(private=False),
    ],
    ids=["damaged", "no-key", "ed25519"],
)
def test_pem_that_holds_no_key_for_this(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(AuthAppConfigError, match="neither an RSA nor an EC key"):
        read_jwks(path)


def test_name_may_have_any_character_that_a_terminal_gives(lab: Lab) -> None:
    """JSON writes DEL as it is; TOML does not read it, and with it none of the clients."""
    name = 'a\x7fb"\\\n\u2028架空'
    register_client(lab, "RP1", redirect_uris=(REDIRECT,), jwks=KEY.as_dict(private=False), name=name)
    assert read_registered(lab).clients["RP1"].name == name
