"""One card under power: its image, its session and what handlers need of the outside."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from apdu.ports import RandomBytes
from cardsim import sw
from cardsim.applications import RULES
from cardsim.applications.rules import ApplicationRules
from cardsim.errors import StatusError, StoreError
from cardsim.keys import Keyring
from cardsim.profiles import CardProfile
from cardsim.state import ApplicationImage, CardImage, Pin, Session
from cardsim.store import Store


@dataclass(slots=True, kw_only=True)
class Runtime:
    """What a handler works on. ``image`` is always what the store holds, as far as the store tells."""

    store: Store
    image: CardImage
    profile: CardProfile
    rng: RandomBytes
    session: Session = field(default_factory=Session)
    keyring: Keyring = field(default_factory=Keyring)

    @property
    def application(self) -> ApplicationImage:
        """The content of the selected application."""
        return self.image.applications[self.session.aid]

    @property
    def rules(self) -> ApplicationRules:
        """The behaviour of the selected application."""
        return RULES[self.session.aid]

    def commit_pin(self, fid: int, pin: Pin) -> None:
        """Make a changed PIN durable, then current; ``6581`` when the store cannot.

        A failed commit may have come through or not: the store is asked, so that memory never shows more tries
        than the next start would.
        """
        image = self.image.with_pin(self.session.aid, fid, pin)
        try:
            self.store.commit(image)
        except StoreError:
            with contextlib.suppress(StoreError):
                self.image = self.store.load()
            raise StatusError(sw.MEMORY_FAILURE) from None
        self.image = image
