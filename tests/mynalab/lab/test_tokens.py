"""Labs whose CA keys are on a token of SoftHSM: the whole life, and every way in which the token can be missed."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.errors import OperationRefusedError, TokenKeyError, TokenNotFoundError, TokenPinError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.token import Pkcs11Signer, Pkcs11Token
from mynalab.errors import LabBrokenError, LabUnwritableError
from mynalab.lab import create, founding, publish, tokens
from mynalab.lab.authorities import authority_of, signer_of
from mynalab.lab.cards import open_card
from mynalab.lab.create import create_lab
from mynalab.lab.founding import roll_over
from mynalab.lab.generations import KINDS, standing_cas
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import log_in
from mynalab.lab.revoke import revoke_card
from mynalab.lab.settings import LabSettings, TokenPlace
from mynalab.lab.tokens import PIN_VARIABLE, KeyPlace, token_at
from mynalab.persona import load_persona
from readers.inprocess import InProcessChannel
from tests.mynalab.conftest import PROGRAM
from tests.softhsm import MODULE, PARTS, PIN, WRONG_PIN, SoftHsm, configured

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
PLACE = KeyPlace(
    token=TokenPlace(module='/usr/lib/a "module".so', label="認証局"),
    key=TokenKeyName(label="mynalab sign", id=b"\x0a"),
)
on_softhsm = pytest.mark.real_part(*PARTS)


@pytest.fixture(scope="session")
def softhsm() -> Iterator[SoftHsm]:
    """The directory of tokens that the module in this process reads."""
    with configured() as found:
        yield found


@pytest.fixture(autouse=True)
def _pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIN_VARIABLE, PIN)


@pytest.fixture(scope="session")
def _made(softhsm: SoftHsm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("token") / "lab"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PIN_VARIABLE, PIN)
        lab = create_lab(
            directory, now=NOW, seed="tokens", token=TokenPlace(module=MODULE, label=softhsm.make_token("cas"))
        )
        issue_card(lab, name="alice", persona=load_persona("adult-resident"), now=NOW)
    return directory


@pytest.fixture
def on_token(_made: Path, tmp_path: Path) -> Lab:
    """A copy of one lab, and the same keys: those of a token are not copied."""
    shutil.copytree(_made, tmp_path / "on-token")
    return Lab.open(tmp_path / "on-token")


def codes(lab: Lab, name: str, now: datetime = NOW) -> tuple[str, ...]:
    with closing(open_card(lab.paths, name)) as card, InProcessChannel(card) as channel:
        return log_in(lab, channel, "1234", now=now).verdict.codes


def objects(label: str) -> set[str]:
    """What keys are on the token, as another program tells."""
    command = ("pkcs11-tool", "--module", MODULE, "--token-label", label, "--login", "--pin", PIN, "--list-objects")
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    return {line.split()[1] for line in done.stdout.splitlines() if line.strip().startswith("ID:")}


def test_a_key_place_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "sign.token.toml"
    path.write_text(PLACE.to_toml())
    assert KeyPlace.read(path) == PLACE


@pytest.mark.parametrize("length", range(0, len(PLACE.to_toml()) - 2, 7))
def test_a_key_place_that_is_cut_off_is_broken(tmp_path: Path, length: int) -> None:
    path = tmp_path / "sign.token.toml"
    path.write_text(PLACE.to_toml()[:length])
    with pytest.raises(LabBrokenError, match=f"^{path}: it does not say which key"):
        KeyPlace.read(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in ("module", "token", "key_label") for value in ("7", "[]")),
        *((field, '""') for field in ("module", "token")),
        *(("key_id", value) for value in ("7", '"0"', '"xy"')),
        ("module", '"a\\u0000"'),
        ("token", f'"{"x" * 33}"'),
    ],
)
def test_a_key_place_with_a_wrong_field_is_broken(tmp_path: Path, field: str, value: str) -> None:
    lines = [line for line in PLACE.to_toml().splitlines() if not line.startswith(f"{field} =")]
    path = tmp_path / "sign.token.toml"
    path.write_text("\n".join([*lines, f"{field} = {value}"]))
    with pytest.raises(LabBrokenError, match="it does not say which key"):
        KeyPlace.read(path)


@pytest.mark.parametrize("path", ["module.so", "/usr/lib/a b.so"])
def test_settings_keep_the_token(tmp_path: Path, path: str) -> None:
    settings = LabSettings(seed="a", created=NOW, token=TokenPlace(module=path, label='CA "1"'))
    (tmp_path / "lab.toml").write_text(settings.to_toml())
    assert LabSettings.read(tmp_path / "lab.toml") == settings


@pytest.mark.parametrize(
    "line", ["7", "{}", '{ module = "a" }', '{ module = "", token = "a" }', '{ module = "a", token = 7 }', '"a"']
)
def test_settings_with_half_a_token_are_broken(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(f"{LabSettings(seed='a', created=NOW).to_toml()}pkcs11 = {line}\n")
    with pytest.raises(LabBrokenError, match=r"is missing, or not what|cannot be the"):
        LabSettings.read(path)


@on_softhsm
def test_the_directory_has_neither_keys_nor_the_pin(on_token: Lab) -> None:
    assert {path.name for path in on_token.paths.ca_keys.iterdir() if not path.name.startswith("cv-")} == {
        f"{kind.value}{suffix}.token.toml" for kind in KINDS for suffix in ("", "-earlier", "-first")
    }
    assert {path.stat().st_mode & 0o777 for path in on_token.paths.ca_keys.iterdir()} == {0o600}
    assert not [path for path in on_token.paths.root.rglob("*") if path.is_file() and PIN.encode() in path.read_bytes()]


@on_softhsm
@pytest.mark.real_part("pkcs11-tool", "openssl")
def test_the_whole_life_of_a_card(on_token: Lab, tmp_path: Path) -> None:
    """Issued, logged in with, revoked, refused; its lists and those of all generations verified by openssl."""
    issue_card(on_token, name="bob", persona=load_persona("adult-resident"), now=NOW)
    assert codes(on_token, "bob") == ()
    revoke_card(on_token, "bob", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=LATER)
    assert codes(on_token, "bob", LATER) == ("jpki.revocation.revoked",)
    assert codes(on_token, "alice", LATER) == ()
    words = {}
    for ca in standing_cas(on_token):
        crl, root = on_token.paths.crl(ca.label), on_token.paths.ca_certificate(ca.label)
        command = ("openssl", "crl", "-in", f"{crl}.pem", "-CAfile", f"{root}.pem", "-noout")
        words[ca.label] = subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()
    assert (len(words), set(words.values())) == (6, {"verify OK"})
    [bob] = _certificates(on_token, CaKind.AUTH, "bob")
    (tmp_path / "bob.der").write_bytes(bob)
    crl, root = on_token.paths.crl("auth"), on_token.paths.ca_certificate("auth")
    verify = ("openssl", "verify", "-crl_check", "-CAfile", f"{root}.pem", "-CRLfile", f"{crl}.pem")
    at = ("-attime", str(int(LATER.timestamp()) + 60))
    done = subprocess.run((*verify, *at, tmp_path / "bob.der"), capture_output=True, text=True, check=False)
    assert (done.returncode, "certificate revoked" in done.stderr) == (2, True)


def _certificates(lab: Lab, kind: CaKind, card: str) -> list[bytes]:
    with open_register(lab) as register:
        return [one.certificate_der for one in register.certificates(kind=kind, card=card)]


@on_softhsm
def test_the_next_cards_have_their_cas_on_the_token(on_token: Lab) -> None:
    issue_card(on_token, name="nina", persona=load_persona("adult-resident"), now=NOW, profile="next")
    assert codes(on_token, "nina") == ()
    signers = [signer_of(on_token, f"{kind.value}-next") for kind in KINDS]
    assert all(isinstance(signer, Pkcs11Signer) and signer.algorithm is P_384 for signer in signers)


@on_softhsm
@pytest.mark.parametrize("algorithm", [RSA_2048, P_384], ids=lambda algorithm: algorithm.name)
def test_a_generation_begins_on_the_token(on_token: Lab, algorithm: KeyAlgorithm) -> None:
    with open_register(on_token) as register:
        label = roll_over(on_token, CaKind.AUTH, register, now=LATER, algorithm=algorithm)
    assert label == "auth-4"
    assert isinstance(signer_of(on_token, label), Pkcs11Signer)
    publish_crls(on_token, now=LATER)
    assert on_token.paths.crl(label).exists()
    assert not on_token.paths.ca_key(label).exists()


@on_softhsm
@pytest.mark.real_part("pkcs11-tool")
def test_a_generation_that_is_refused_leaves_no_key(on_token: Lab) -> None:
    before = objects("cas")
    with open_register(on_token) as register, pytest.raises(OperationRefusedError):
        roll_over(on_token, CaKind.AUTH, register, now=NOW - timedelta(days=3000))
    assert (objects("cas"), on_token.paths.ca_token("auth-4").exists()) == (before, False)


@on_softhsm
@pytest.mark.real_part("pkcs11-tool")
def test_a_key_that_waits_for_its_certificate_is_taken(on_token: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died after the key and before the register."""
    with open_register(on_token) as register:
        with monkeypatch.context() as patch:
            patch.setattr(founding, "rollover", _die)
            with pytest.raises(KeyboardInterrupt):
                roll_over(on_token, CaKind.AUTH, register, now=LATER)
        waiting = objects("cas")
        publish_crls(on_token, now=LATER, register=register)  # is not disturbed by it
        roll_over(on_token, CaKind.AUTH, register, now=LATER)
    assert objects("cas") == waiting


@on_softhsm
def test_a_certificate_that_only_the_register_has_is_published(on_token: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_register(on_token) as register:
        with monkeypatch.context() as patch:
            patch.setattr(founding, "publish_certificate", _die)
            with pytest.raises(KeyboardInterrupt):
                roll_over(on_token, CaKind.AUTH, register, now=LATER)
        publish_crls(on_token, now=LATER, register=register)
    assert "auth-4" in {ca.label for ca in standing_cas(on_token)}


def _die(*arguments: object, **named: object) -> None:
    raise KeyboardInterrupt


@on_softhsm
@pytest.mark.real_part("pkcs11-tool")
def test_a_lab_that_was_not_made_leaves_no_keys(
    softhsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise LabUnwritableError("full")

    label = softhsm.make_token()
    monkeypatch.setattr(create, "publish_crls", fail)
    with pytest.raises(LabUnwritableError):
        create_lab(tmp_path / "new", now=NOW, token=TokenPlace(module=MODULE, label=label))
    assert (objects(label), list(tmp_path.glob("*new*")), list(tmp_path.glob(".new*"))) == (set(), [], [])


@on_softhsm
def test_a_kill_while_a_lab_is_made_is_no_lab(softhsm: SoftHsm, tmp_path: Path) -> None:
    """Keys without a lab may be left on the token, which the next lab does not mind."""
    label = softhsm.make_token()
    keys = (softhsm.root / label).readlink()
    empty = len(list(keys.iterdir()))
    words = ("lab", "init", "new", "--pkcs11-module", MODULE, "--pkcs11-token", label)
    with subprocess.Popen((*PROGRAM, *words), cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        while len(list(keys.iterdir())) == empty and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "new").exists()
    made = create_lab(tmp_path / "new", now=NOW, token=TokenPlace(module=MODULE, label=label))
    assert len(standing_cas(made)) == 6


@on_softhsm
def test_one_session_serves_the_process(on_token: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_crls(on_token, now=NOW)
    logins: list[object] = []
    monkeypatch.setattr(Pkcs11Token, "_log_in", lambda *arguments: logins.append(arguments))
    issue_card(Lab.open(on_token.paths.root), name="carol", persona=load_persona("adult-resident"), now=NOW)
    revoke_card(on_token, "carol", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    assert logins == []


@on_softhsm
def test_another_ca_s_key_is_found_out(on_token: Lab) -> None:
    on_token.paths.ca_token("auth").write_bytes(on_token.paths.ca_token("sign").read_bytes())
    ca = next(ca for ca in standing_cas(on_token) if ca.label == "auth")
    with pytest.raises(LabBrokenError, match=r"auth-ca\.cer: the CA's private key does not belong"):
        authority_of(on_token, ca)


@on_softhsm
def test_a_key_that_is_gone_is_met_before_the_register_hears_of_anything(on_token: Lab) -> None:
    path = on_token.paths.ca_token("auth")
    place = KeyPlace.read(path)
    path.write_text(KeyPlace(token=place.token, key=TokenKeyName(label=place.key.label, id=b"gone")).to_toml())
    before = on_token.paths.register.read_bytes()
    with pytest.raises(TokenKeyError, match="the token 'cas' has no public keys mynalab auth 676f6e65"):
        revoke_card(on_token, "alice", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    assert on_token.paths.register.read_bytes() == before


@on_softhsm
def test_a_token_that_is_taken_out_stops_everything_and_goes_on(softhsm: SoftHsm, on_token: Lab) -> None:
    before = on_token.paths.register.read_bytes()
    softhsm.remove("cas")
    try:
        with pytest.raises(TokenNotFoundError, match="has no tokens with the label 'cas'"):
            revoke_card(on_token, "alice", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
        assert codes(on_token, "alice") == ()  # who only verifies needs no token
    finally:
        softhsm.put_back("cas")
    assert on_token.paths.register.read_bytes() == before
    revoke_card(on_token, "alice", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    assert codes(on_token, "alice") == ("jpki.revocation.revoked",)


@on_softhsm
def test_a_token_that_goes_in_between_leaves_a_note(on_token: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> bytes:
        raise TokenNotFoundError("gone", token="cas")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "build_crl", fail)
        with pytest.raises(TokenNotFoundError) as caught:
            revoke_card(on_token, "alice", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    assert "revoked in the register, but not published" in caught.value.__notes__[0]
    publish_crls(on_token, now=NOW)
    assert codes(on_token, "alice") == ("jpki.revocation.revoked",)


class Terminal(io.StringIO):
    """A standard input at which somebody sits."""

    def isatty(self) -> bool:
        return True


@on_softhsm
def test_a_terminal_asks_for_the_pin_once(softhsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    label, asked = softhsm.make_token(), []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return PIN

    monkeypatch.delenv(PIN_VARIABLE)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(tokens.getpass, "getpass", ask)
    create_lab(tmp_path / "new", now=NOW, token=TokenPlace(module=MODULE, label=label))
    assert [label in prompt for prompt in asked] == [True]


@on_softhsm
@pytest.mark.parametrize("variable", [None, ""], ids=["unset", "empty"])
def test_nobody_to_ask_says_where_the_pin_goes(
    softhsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    monkeypatch.delenv(PIN_VARIABLE)
    if variable is not None:
        monkeypatch.setenv(PIN_VARIABLE, variable)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(TokenPinError, match="wants its PIN") as caught:
        create_lab(tmp_path / "new", now=NOW, token=TokenPlace(module=MODULE, label=softhsm.make_token()))
    assert PIN_VARIABLE in caught.value.hint
    assert not (tmp_path / "new").exists()


def test_there_is_one_object_for_a_token() -> None:
    assert token_at(TokenPlace(module="a.so", label="one")) is token_at(TokenPlace(module="a.so", label="one"))
    assert token_at(TokenPlace(module="a.so", label="one")) is not token_at(TokenPlace(module="a.so", label="two"))


@on_softhsm
@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"pin": None}, "TokenPinError"),
        ({"pin": WRONG_PIN}, "TokenPinError"),
        ({"token": "none"}, "TokenNotFoundError"),
        ({"module": "/no/such/module.so"}, "TokenModuleError"),
    ],
    ids=["no-pin", "wrong-pin", "no-token", "no-module"],
)
def test_the_command_line_says_what_is_missing(
    softhsm: SoftHsm, program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], kind: str
) -> None:
    chosen = {"pin": PIN, "module": MODULE, "token": "", **changes}
    monkeypatch.delenv(PIN_VARIABLE)
    environment = {} if chosen["pin"] is None else {PIN_VARIABLE: chosen["pin"]}
    words = ("--pkcs11-module", chosen["module"], "--pkcs11-token", chosen["token"] or softhsm.make_token())
    done = program("lab", "init", "new", *words, "--json", env=environment)
    assert (done.status, done.error["type"], bool(done.error["hint"]), done.out) == (3, kind, True, "")
    assert (Path("new").exists(), WRONG_PIN in done.err) == (False, False)


@pytest.mark.parametrize(
    "words",
    [
        ("--pkcs11-module", "/module.so"),
        ("--pkcs11-token", "cas"),
        ("--pkcs11-module", "", "--pkcs11-token", "cas"),
        ("--pkcs11-module", "/module.so", "--pkcs11-token", "x" * 33),
    ],
    ids=["no-token", "no-module", "empty", "long"],
)
def test_the_command_line_wants_both(bench: Callable[..., Any], words: tuple[str, ...]) -> None:
    done = bench("lab", "init", "new", *words)
    assert (done.status, "pkcs11" in done.err.lower() or "PKCS #11" in done.err) == (2, True)
    assert not Path("new").exists()


@on_softhsm
def test_the_lab_shows_where_its_keys_are(
    on_token: Lab, bench: Callable[..., Any], program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No PIN is needed for that."""
    monkeypatch.delenv(PIN_VARIABLE)
    shown = program("lab", "show", "--lab", on_token.paths.root, "--json")
    place = KeyPlace.read(on_token.paths.ca_token("sign"))
    assert shown.json["cas"]["sign"]["key"] == {
        "in": "token",
        "module": MODULE,
        "token": "cas",
        "label": "mynalab sign",
        "id": place.key.id.hex(),
    }
    assert "on the token cas" in bench("lab", "show", "--lab", on_token.paths.root).out


def test_the_lab_shows_keys_in_its_directory(lab: Lab, bench: Callable[..., Any]) -> None:
    shown = bench("lab", "show", "--lab", lab.paths.root, "--json").json
    assert shown["cas"]["auth"]["key"] == {"in": "directory", "file": str(lab.paths.ca_key("auth"))}


@on_softhsm
@pytest.mark.real_part("bash", "openssl")
def test_the_page_of_the_documents_is_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "pkcs11.md").read_text("utf-8")
    lines = [line.removeprefix("$ ") for line in page.splitlines() if line.startswith("$ ")]
    script = "set -e\n" + "\n".join(lines).replace("/usr/lib/softhsm/libsofthsm2.so", MODULE)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(("bash", "-c", script), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(lines), "log-in accepted" in done.stdout) == (0, 10, True), done
    assert "verify OK" in done.stderr


@on_softhsm
def test_a_lab_is_made_and_used_by_programs(
    softhsm: SoftHsm, program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--pkcs11-module", MODULE, "--pkcs11-token", softhsm.make_token())
    assert program("lab", "init", "new", *words).status == 0
    statuses = [
        program(*command, "--lab", "new").status
        for command in (
            ("card", "new", "dora"),
            ("login", "--card", "dora"),
            ("pki", "rollover"),
            ("revoke", "--card", "dora", "--reason", "lost"),
            ("login", "--card", "dora"),
        )
    ]
    assert statuses == [0, 0, 0, 0, 1]
