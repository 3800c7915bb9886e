"""Break a rule of the card on purpose: the fuzzer finds it, and soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from apdu import scp03
from apdu.layout import card_manager
from apdu.layout import free_area as free_area_layout
from cardsim import commands, dispatch, filesystem, pin, secure_messaging, signing
from cardsim.card import VirtualCard
from cardsim.free_area import contents, domain, loading, management, unblocking
from cardsim.runtime import Runtime
from cardsim.state import LifeCycle, Pin, Session
from fuzz import campaign, corpus, play
from fuzz.cards import Start
from fuzz.play import Bench, Finding

MOST = 24_000
BATCH = 120

Breakage = Callable[[pytest.MonkeyPatch], object]


def look_for(rule: str) -> Finding:
    """The first finding of this rule; other rules may be broken on the way."""
    found: set[str] = set()
    for first in range(0, MOST, BATCH):
        report = campaign.play_batch(first, BATCH, 5)
        if rule in report.findings:
            return report.findings[rule]
        found |= report.findings.keys()
    pytest.fail(f"{rule} was not found in {MOST} sequences, but {found or 'nothing'}")


def nothing(*_: Any, **__: Any) -> None:
    """A check that lets everybody pass."""


def fails(*_: Any) -> bytes:
    raise ZeroDivisionError


def is_always(_: Any, *__: Any) -> bool:
    return True


ALWAYS_EQUAL = SimpleNamespace(compare_digest=is_always)


def put(owner: Any, name: str, value: Any) -> Breakage:
    return lambda patch: patch.setattr(owner, name, value)


def free_tries(patch: pytest.MonkeyPatch) -> None:
    """A wrong PIN costs nothing: only what restores a counter is stored."""
    commit = Runtime.commit_pin

    def only_restore(runtime: Runtime, fid: int, value: Pin) -> None:
        if value.tries_left == value.limit:
            commit(runtime, fid, value)

    patch.setattr(Runtime, "commit_pin", only_restore)


def one_security_status(patch: pytest.MonkeyPatch) -> None:
    """What was verified stays so in every application."""
    verified: set[int] = set()
    patch.setattr(filesystem, "Session", lambda **fields: Session(**{**fields, "verified": verified}))


def tampered_and_whole(patch: pytest.MonkeyPatch) -> None:
    """A destroyed card keeps what was in it."""

    def tamper(card: VirtualCard) -> None:
        runtime = card._runtime
        runtime.image = replace(runtime.image, life_cycle=LifeCycle.TERMINATED)
        runtime.store.commit(runtime.image)

    patch.setattr(VirtualCard, "tamper", tamper)


def redeemed_twice(patch: pytest.MonkeyPatch) -> None:
    """A used ticket may be used again."""
    patch.setattr(contents, "_punched", lambda _rule, content, *_: replace(content, number=2))


def everybody_deletes(patch: pytest.MonkeyPatch) -> None:
    """A domain may delete what belongs to another one."""
    without = management._without
    issuer = card_manager.AID
    patch.setattr(management, "_without", lambda area, _owner, aid, **options: without(area, issuer, aid, **options))


def everybody_unblocks(patch: pytest.MonkeyPatch) -> None:
    """A domain may reset the PINs of the card."""

    def reset(runtime: Runtime, _owner: bytes, aid: bytes, fid: int, value: bytes | None) -> None:
        unblocking._reset_pin(runtime, aid, fid, value)

    patch.setattr(unblocking, "_reset_secret", reset)


BREAKAGES: dict[str, tuple[str, Breakage]] = {
    "reading-without-pin": ("read.protected", put(filesystem, "require", nothing)),
    "signing-without-pin": ("key.used", put(signing, "require", nothing)),
    "changing-without-pin": ("pin.changed", put(pin, "require", nothing)),
    "session-key-without-pin": ("sm.agreement", put(secure_messaging, "require", nothing)),
    "any-pin-is-right": ("pin.compared", put(pin, "hmac", ALWAYS_EQUAL)),
    "free-tries": ("pin.compared", free_tries),
    "reset-forgets-nothing": ("read.protected", put(VirtualCard, "reset", nothing)),
    "select-forgets-nothing": ("key.used", one_security_status),
    "an-exception": ("answer.fault", lambda patch: patch.setitem(dispatch.HANDLERS, commands.GetData, fails)),
    "life-after-the-end": ("terminated.answers", put(dispatch, "LifeCycle", SimpleNamespace(TERMINATED=None))),
    "tampered-and-whole": ("terminated.wiped", tampered_and_whole),
    "any-cryptogram-opens": ("channel.opened", put(domain, "hmac", ALWAYS_EQUAL)),
    "any-mac-is-right": ("channel.secured", put(scp03, "hmac", ALWAYS_EQUAL)),
    "any-package-is-signed": ("domain.loaded", put(loading, "signature_is_right", is_always)),
    "everybody-deletes": ("domain.instances", everybody_deletes),
    "everybody-unblocks": ("domain.pin", everybody_unblocks),
    "everybody-reads-in-the-free-area": ("app.read", put(free_area_layout, "is_met", is_always)),
    "everybody-writes-in-the-free-area": ("app.changed", put(free_area_layout, "is_met", is_always)),
    "redeemed-twice": ("app.transaction", redeemed_twice),
    "too-much-at-a-time": ("app.transaction", put(contents, "_moved", lambda _rule, number, *_: number + 1)),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_rule_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, breakage = BREAKAGES[name]
    breakage(monkeypatch)
    assert look_for(rule).rule == rule


def test_what_is_found_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "require", nothing)
    finding = corpus.shrink(look_for("read.protected"))
    assert finding.rule == "read.protected"
    assert len(finding.script.steps) <= 3


def test_a_hang_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "PATIENCE_S", 0.05)
    monkeypatch.setitem(dispatch.HANDLERS, commands.GetData, lambda *_: time.sleep(5))
    script = play.Script(start=Start("C2", "issued"), seed=1, steps=(bytes.fromhex("00CA004200"),))
    bench = Bench()
    with bench.watching(hangs=True):
        finding = bench.replay(script)
    assert finding is not None
    assert finding.rule == "answer.hang"
