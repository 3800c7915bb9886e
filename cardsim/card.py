"""The virtual card: ``apdu.ports.Card`` over a store."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from apdu.ports import RandomBytes
from cardsim import sw
from cardsim.applications import rules_of
from cardsim.applications.rules import ApplicationRules
from cardsim.dispatch import answer
from cardsim.errors import ImageError
from cardsim.profiles import profile_named
from cardsim.runtime import Runtime
from cardsim.state import ApplicationImage, CardImage, LifeCycle, Session
from cardsim.store import Store

_LOG: Final = logging.getLogger(__name__)


class VirtualCard:
    """One card in the hands of one reader at a time; calls must not overlap.

    The store belongs to the card from here on: ``close`` releases it.
    """

    def __init__(self, store: Store, *, rng: RandomBytes) -> None:
        image = store.load()
        profile = profile_named(image.profile)
        rules = rules_of(profile.device)
        _require_known(image, rules)
        self._runtime = Runtime(store=store, image=image, profile=profile, all_rules=rules, rng=rng)

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card's profile."""
        return self._runtime.profile.atr

    @property
    def image(self) -> CardImage:
        """The persistent state as last committed."""
        return self._runtime.image

    def power_off(self) -> None:
        """Drop the session. What was committed stays."""
        self._runtime.session = Session()

    def reset(self) -> None:
        """Drop the session. What was committed stays."""
        self._runtime.session = Session()

    def process(self, raw: bytes) -> bytes:
        """Answer one command APDU; ``6F00`` would be a fault of this package."""
        try:
            return answer(self._runtime, raw)
        except Exception:  # noqa: BLE001 -- the card's outermost edge: a reader must get an answer
            _LOG.exception("a fault of the virtual card, answered with 6F00")
            return bytes(sw.FAULT)

    def tamper(self) -> None:
        """Be opened by force: the card ends for good, and its keys, PINs and files are wiped before this returns.

        This object is dead in any case; on ``StoreError`` the store may still hold what there was.
        """
        runtime = self._runtime
        self.power_off()
        blank = {aid: ApplicationImage(aid=aid) for aid in runtime.image.applications}
        runtime.image = replace(runtime.image, life_cycle=LifeCycle.TERMINATED, applications=blank, free_area=None)
        runtime.store.commit(runtime.image)

    def close(self) -> None:
        """Take the card out for good: the store is free for another."""
        self.power_off()
        self._runtime.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _require_known(image: CardImage, rules: Mapping[bytes, ApplicationRules]) -> None:
    unknown = [aid.hex().upper() for aid in image.applications if aid not in rules]
    if unknown:
        raise ImageError(f"the card image has applications that this version does not know: {', '.join(unknown)}")
    if Session().aid not in image.applications:
        raise ImageError("the card image has no card manager, which is selected at power-on")
    for aid, application in image.applications.items():
        if application.pins.keys() - rules[aid].pins.keys():
            raise ImageError("the card image has a PIN that its application does not know")
