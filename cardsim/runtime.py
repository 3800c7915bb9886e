"""One card under power: its image, its session and what handlers need of the outside."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from apdu.ports import RandomBytes
from cardsim import sw
from cardsim.applications.rules import ApplicationRules
from cardsim.errors import StatusError, StoreError
from cardsim.keys import Keyring, PrivateKey
from cardsim.profiles import CardProfile
from cardsim.state import ApplicationImage, CardImage, Pin, Session
from cardsim.store import Store


@dataclass(slots=True, kw_only=True)
class Runtime:
    """What a handler works on. ``image`` is always what the store holds, as far as the store tells."""

    store: Store
    image: CardImage
    profile: CardProfile
    all_rules: Mapping[bytes, ApplicationRules]
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
        return self.all_rules[self.session.aid]

    @property
    def pin_home(self) -> bytes:
        """The application that keeps the PINs of the selected one: itself, on all cards of today."""
        return self.rules.pin_home or self.session.aid

    def key(self, fid: int, der: bytes) -> PrivateKey:
        """A private key of the selected application, ready for use; ``6400`` when the content is none."""
        try:
            return self.keyring.key(self.session.aid, fid, der)
        except ValueError:
            raise StatusError(sw.EXECUTION_ERROR) from None

    def commit_pin(self, fid: int, pin: Pin) -> None:
        """Make a changed PIN of the selected application durable, then current."""
        self.commit(self.image.with_pin(self.pin_home, fid, pin))

    def commit(self, image: CardImage) -> None:
        """Make a changed image durable, then current; ``6581`` when the store cannot.

        A failed commit may have come through or not: the store is asked, so that memory never shows more tries
        than the next start would.
        """
        try:
            self.store.commit(image)
        except StoreError:
            with contextlib.suppress(StoreError):
                self.image = self.store.load()
            raise StatusError(sw.MEMORY_FAILURE) from None
        self.image = image
