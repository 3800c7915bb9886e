"""Tokens of SoftHSM: keys that stay on them, PINs that are tried once, sessions that are lost and found again."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jpki.algorithms import KEY_ALGORITHMS, P_384, RSA_2048, KeyAlgorithm
from jpki.errors import TokenError, TokenKeyError, TokenNotFoundError, TokenPinError
from jpki.signer import Signer
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.module import TokenModule, load_module
from jpki.tokens.token import Pkcs11Token
from tests.softhsm import MODULE, PARTS, PIN, WRONG_PIN, SoftHsm

pytestmark = pytest.mark.real_part(*PARTS)
every_algorithm = pytest.mark.parametrize("algorithm", KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
NAME = TokenKeyName(label="ca", id=b"\x0a\x0b")


def is_good(signer: Signer, data: bytes = b"data") -> bool:
    return signer.algorithm.verifies(signer.public_key, data, signer.sign(data))


class Counted:
    """A method that counts how often it is called."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        self.calls = 0
        inner = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return inner(*args, **kwargs)

        patch.setattr(owner, name, call)


@every_algorithm
def test_a_key_made_on_the_token_signs_data_and_hashes(token: Pkcs11Token, algorithm: KeyAlgorithm) -> None:
    signer = token.generate(NAME, algorithm)
    assert signer.algorithm is algorithm
    assert algorithm.verifies(signer.public_key, b"data", signer.sign(b"data"))
    digest = algorithm.digest(b"data")
    assert algorithm.verifies(signer.public_key, b"data", signer.sign_digest(digest))
    assert not algorithm.verifies(signer.public_key, b"date", signer.sign(b"data"))


def test_rsa_repeats_itself_and_ecdsa_does_not(token: Pkcs11Token) -> None:
    """RFC 8017 clause 8.2 has no random number; SoftHSM's ECDSA is not that of RFC 6979."""
    repeats = {
        algorithm.name: signer.sign(b"data") == signer.sign(b"data")
        for algorithm in KEY_ALGORITHMS
        for signer in [token.generate(TokenKeyName(label=algorithm.name), algorithm)]
    }
    assert repeats == {"rsa-2048": True, "p-384": False}


@every_algorithm
def test_the_key_does_not_leave_the_token(token: Pkcs11Token, algorithm: KeyAlgorithm) -> None:
    import pkcs11

    token.generate(NAME, algorithm)
    library = pkcs11.lib(MODULE)
    with library.get_token(token_label=token.label).open() as session:
        [key] = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
        flags = {name: key[pkcs11.Attribute[name]] for name in ("SENSITIVE", "EXTRACTABLE", "NEVER_EXTRACTABLE")}
        assert flags == {"SENSITIVE": True, "EXTRACTABLE": False, "NEVER_EXTRACTABLE": True}
        secret = pkcs11.Attribute.PRIVATE_EXPONENT if algorithm is RSA_2048 else pkcs11.Attribute.VALUE
        with pytest.raises(pkcs11.AttributeSensitive):
            key[secret]
        uses = [key[pkcs11.Attribute[name]] for name in ("SIGN", "DECRYPT", "UNWRAP", "DERIVE")]
        assert uses == [True, False, False, False]


@pytest.mark.parametrize(
    "name",
    [NAME, TokenKeyName(label="ca"), TokenKeyName(id=b"\x0a\x0b")],
    ids=["both", "label", "id"],
)
def test_a_key_is_found_by_what_it_is_called(token: Pkcs11Token, name: TokenKeyName) -> None:
    made = token.generate(NAME, P_384)
    token.generate(TokenKeyName(label="another", id=b"\x0c"), P_384)
    found = token.signer(name)
    assert found.public_key == made.public_key
    assert is_good(found)


def test_a_key_needs_a_name() -> None:
    with pytest.raises(ValueError, match="its label, its id, or both"):
        TokenKeyName()


@pytest.mark.parametrize(
    "name",
    [TokenKeyName(label="cb"), TokenKeyName(id=b"\x0a"), TokenKeyName(label="ca", id=b"\x0c")],
    ids=["label", "id", "one-of-both"],
)
def test_a_key_that_is_not_there_is_named(token: Pkcs11Token, name: TokenKeyName) -> None:
    token.generate(NAME, P_384)
    with pytest.raises(TokenKeyError, match=f"has no public keys {name}$") as caught:
        token.signer(name)
    assert (caught.value.token, "--list-objects" in caught.value.hint) == (token.label, True)


def test_a_name_that_two_keys_have_is_refused(token: Pkcs11Token) -> None:
    for number in (b"\x01", b"\x02"):
        token.generate(TokenKeyName(label="ca", id=number), P_384)
    with pytest.raises(TokenKeyError, match=r"has 2 public keys ca$"):
        token.signer(TokenKeyName(label="ca"))
    assert is_good(token.signer(TokenKeyName(label="ca", id=b"\x02")))


def test_a_name_that_is_taken_makes_no_second_key(token: Pkcs11Token) -> None:
    made = token.generate(NAME, P_384)
    with pytest.raises(TokenKeyError, match="has a key ca 0a0b already"):
        token.generate(NAME, RSA_2048)
    assert token.signer(NAME).public_key == made.public_key


def test_a_key_is_destroyed_whole(token: Pkcs11Token) -> None:
    signer = token.generate(NAME, P_384)
    token.destroy(NAME)
    with pytest.raises(TokenKeyError, match="has no public keys"):
        token.signer(NAME)
    with pytest.raises(TokenKeyError, match="has no private keys"):
        signer.sign(b"data")
    assert is_good(token.generate(NAME, P_384))


def _make_rsa_3072(session: Any, pkcs11: Any) -> None:
    session.generate_keypair(pkcs11.KeyType.RSA, 3072, store=True, label="odd")


def _make_p256(session: Any, pkcs11: Any) -> None:
    from pkcs11.util.ec import encode_named_curve_parameters

    curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
    session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True).generate_keypair(store=True, label="odd")


def _make_ed25519(session: Any, pkcs11: Any) -> None:
    from pkcs11.util.ec import encode_named_curve_parameters

    curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.101.112")}
    session.create_domain_parameters(pkcs11.KeyType.EC_EDWARDS, curve, local=True).generate_keypair(
        mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label="odd"
    )


def _make_rsa_that_only_decrypts(session: Any, pkcs11: Any) -> None:
    uses = pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT
    session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="odd", capabilities=uses)


@pytest.mark.parametrize("make", [_make_rsa_3072, _make_p256, _make_ed25519, _make_rsa_that_only_decrypts])
def test_a_key_of_a_kind_that_no_ca_has_is_refused(token: Pkcs11Token, make: Callable[[Any, Any], None]) -> None:
    import pkcs11

    token.generate(NAME, P_384)  # and the process is logged in
    with pkcs11.lib(MODULE).get_token(token_label=token.label).open(rw=True) as session:
        make(session, pkcs11)
    with pytest.raises(TokenKeyError, match="has a key odd of a kind that no CA of JPKI has"):
        token.signer(TokenKeyName(label="odd"))


def test_a_key_is_looked_up_once_for_many_signatures(token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = token.generate(NAME, P_384)
    lookups, logins = (Counted(monkeypatch, Pkcs11Token, name) for name in ("_object", "_log_in"))
    assert all(is_good(signer) for _ in range(5))
    assert (lookups.calls, logins.calls) == (0, 0)


def test_nothing_is_asked_before_it_is_needed() -> None:
    def never() -> str:
        raise AssertionError

    assert repr(Pkcs11Token("/no/such/module.so", "none", pin=never)) == "Pkcs11Token('/no/such/module.so', 'none')"


@every_algorithm
def test_threads_share_a_session(lasting_signers: dict[str, Signer], algorithm: KeyAlgorithm) -> None:
    signer = lasting_signers[algorithm.name]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda number: is_good(signer, b"%d" % number), range(80)))


def test_one_thread_at_a_time_is_in_the_module(lasting_signers: dict[str, Signer]) -> None:
    """It was begun without locks of its own (PKCS #11 v2.40 clause 5.4, C_Initialize without arguments)."""
    with ThreadPoolExecutor(1) as pool:
        with load_module(MODULE).lock:
            waiting = pool.submit(is_good, lasting_signers[P_384.name])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        assert waiting.result(timeout=30)


def test_a_wrong_pin_is_tried_once(softhsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by another object, and not after the module was begun again."""
    label = softhsm.make_token()
    tried = _spy_on_opening(monkeypatch)
    with pytest.raises(TokenPinError, match=r"refused the PIN \(PinIncorrect\)$"):
        Pkcs11Token(MODULE, label, pin=lambda: WRONG_PIN).signer(NAME)
    load_module(MODULE).begin_again()
    again = Pkcs11Token(MODULE, label, pin=lambda: WRONG_PIN)
    with pytest.raises(TokenPinError, match="refused this PIN before; it was not tried again"):
        again.signer(NAME)
    assert tried == [WRONG_PIN]
    assert is_good(Pkcs11Token(MODULE, label, pin=lambda: PIN).generate(NAME, P_384))


@pytest.mark.real_part("pkcs11-tool")
def test_a_pin_that_changed_is_tried_once_in_a_session_that_is_opened_again(
    softhsm: SoftHsm, token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = [PIN, PIN, PIN, "97531"]
    token = Pkcs11Token(MODULE, token.label, pin=lambda: offered.pop(0))
    signer = token.generate(NAME, P_384)
    tried = _spy_on_opening(monkeypatch)
    change = ("pkcs11-tool", "--module", MODULE, "--token-label", token.label, "--login", "--change-pin")
    subprocess.run((*change, "--pin", PIN, "--new-pin", "97531"), check=True, capture_output=True, timeout=30)
    load_module(MODULE).begin_again()
    for words in (r"refused the PIN \(PinIncorrect\)$", "not tried again", "not tried again"):
        with pytest.raises(TokenPinError, match=words):
            signer.sign(b"data")
    assert tried == [PIN]
    assert is_good(signer)
    assert (tried, offered) == ([PIN, "97531"], [])


@pytest.mark.parametrize("pin", [WRONG_PIN, "not\udc80text", "x" * 300], ids=["wrong", "no-text", "long"])
def test_a_pin_is_in_no_message(softhsm: SoftHsm, pin: str) -> None:
    token = Pkcs11Token(MODULE, softhsm.make_token(), pin=lambda: pin)
    with pytest.raises(TokenPinError) as caught:
        token.signer(NAME)
    told = [*traceback.format_exception(caught.value), caught.value.hint, repr(caught.value), repr(token)]
    assert pin not in "".join(told)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("flag", "words"),
    [("USER_PIN_LOCKED", "has locked its PIN"), ("USER_PIN_FINAL_TRY", "that is not spent here")],
)
def test_a_last_try_is_not_spent(softhsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, flag: str, words: str) -> None:
    import pkcs11

    label = softhsm.make_token()
    tried = _spy_on_opening(monkeypatch, flags=pkcs11.TokenFlag[flag])
    with pytest.raises(TokenPinError, match=words):
        Pkcs11Token(MODULE, label, pin=lambda: PIN).signer(NAME)
    assert tried == []


def _spy_on_opening(patch: pytest.MonkeyPatch, **pretended: Any) -> list[str | None]:
    """The PINs that tokens are given from here on."""
    tried: list[str | None] = []
    inner = TokenModule.token

    class Watched:
        def __init__(self, token: Any) -> None:
            self._token = token
            self.flags = pretended.get("flags", token.flags)

        def open(self, *, user_pin: str | None = None, **options: Any) -> Any:
            tried.append(user_pin)
            return self._token.open(user_pin=user_pin, **options)

    patch.setattr(TokenModule, "token", lambda self, label: Watched(inner(self, label)))
    return tried


@every_algorithm
def test_a_session_that_was_reset_is_opened_again_once(
    token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch, algorithm: KeyAlgorithm
) -> None:
    import pkcs11

    asked = [PIN]
    signer = Pkcs11Token(MODULE, token.label, pin=asked.pop).generate(NAME, algorithm)
    tried = _spy_on_opening(monkeypatch)
    pkcs11.lib(MODULE).reinitialize()  # behind our back, as a reset of the token
    assert is_good(signer)
    assert tried == [PIN]


def test_tokens_of_one_module_do_not_end_each_other(softhsm: SoftHsm, token: Pkcs11Token) -> None:
    one = token.generate(NAME, P_384)
    another = Pkcs11Token(MODULE, softhsm.make_token(), pin=lambda: PIN).generate(NAME, P_384)
    assert all((is_good(one), is_good(another), is_good(one)))


def test_a_token_that_is_taken_out_is_missed_and_works_when_it_is_back(
    softhsm: SoftHsm, token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = token.generate(NAME, P_384)
    softhsm.remove(token.label)
    rounds = Counted(monkeypatch, TokenModule, "begin_again")
    for _ in range(2):
        with pytest.raises(TokenNotFoundError, match=f"has no tokens with the label '{token.label}'") as caught:
            signer.sign(b"data")
        assert (caught.value.token, "put the token in" in caught.value.hint) == (token.label, True)
    assert rounds.calls <= 4  # no loop
    softhsm.put_back(token.label)
    assert is_good(signer)


def test_a_token_that_keeps_failing_is_asked_twice(token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch) -> None:
    import pkcs11

    signer = token.generate(NAME, P_384)
    asked = []

    def fail(*arguments: Any) -> bytes:
        asked.append(arguments)
        raise pkcs11.DeviceError

    monkeypatch.setattr(Pkcs11Token, "_sign", fail)
    with pytest.raises(TokenNotFoundError, match=r"does not answer \(DeviceError\)$"):
        signer.sign(b"data")
    assert len(asked) == 2


def test_what_a_token_cannot_do_is_not_tried_again(token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch) -> None:
    import pkcs11

    signer = token.generate(NAME, P_384)
    asked = []

    def refuse(*arguments: Any) -> bytes:
        asked.append(arguments)
        raise pkcs11.MechanismInvalid

    monkeypatch.setattr(Pkcs11Token, "_sign", refuse)
    with pytest.raises(TokenError, match=r"refused \(MechanismInvalid\)$"):
        signer.sign(b"data")
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"", b"\x01" * 95, b"\x01" * 97])
def test_an_answer_that_is_no_signature_is_refused(
    token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    signer = token.generate(NAME, P_384)
    monkeypatch.setattr(Pkcs11Token, "_sign", lambda *arguments: answer)
    with pytest.raises(TokenError, match="answered with no ECDSA signature"):
        signer.sign(b"data")


@pytest.mark.parametrize("label", ["none", "twin"])
def test_a_label_names_one_token(softhsm: SoftHsm, label: str) -> None:
    amount = "no"
    if label == "twin":
        softhsm.make_token("twin")
        (softhsm.root / "twin").unlink()
        softhsm.make_token("twin")
        amount = "2"
    with pytest.raises(TokenNotFoundError, match=f"has {amount} tokens with the label '{label}'"):
        Pkcs11Token(MODULE, label, pin=lambda: PIN).signer(NAME)


_FORKING = """
import os, sys, threading
from jpki.algorithms import P_384
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.module import load_module
from jpki.tokens.token import Pkcs11Token
module, label, pin = sys.argv[1:]
signer = Pkcs11Token(module, label, pin=lambda: pin).generate(TokenKeyName(label="ca"), P_384)

def is_good():
    return P_384.verifies(signer.public_key, b"data", signer.sign(b"data"))

held, done = threading.Event(), threading.Event()

def hold():
    with load_module(module).lock:
        held.set()
        done.wait()

if "held" in os.environ:
    threading.Thread(target=hold).start()
    held.wait()
before = load_module(module).round
child = os.fork()
if not child:
    os._exit(0 if is_good() and is_good() and load_module(module).round == before + 1 else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
done.set()
print(status, is_good())
"""


@pytest.mark.parametrize("lock", ["free", "held"])
def test_a_child_opens_a_session_of_its_own(softhsm: SoftHsm, lock: str) -> None:
    """PKCS #11 v2.40 clause 5.4; also when another thread was in the module at that moment."""
    done = subprocess.run(
        (sys.executable, "-W", "ignore", "-c", _FORKING, MODULE, softhsm.make_token(), PIN),
        env=dict(os.environ, **({"held": "1"} if lock == "held" else {})),
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("0 True\n", "")
