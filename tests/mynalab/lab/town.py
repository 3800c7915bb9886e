"""A lab's counter with somebody at it, and what becomes of the cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jpki.client.errors import CardClientError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.rp.login import LoginResult
from mynalab.lab.cards import open_card
from mynalab.lab.counter import LabCounter
from mynalab.lab.founding import roll_over
from mynalab.lab.lab import Lab
from mynalab.lab.relying_party import log_in, sign_contract
from mynalab.pki_server.counter import CounterRefusal
from readers.inprocess import InProcessChannel
from tests.mynalab.conftest import NOW

PIN, PASSWORD = "1234", "ABC123"


def day(number: float) -> datetime:
    """So many days after the lab and alice's card came into being."""
    return NOW + timedelta(days=number)


@dataclass
class Town:
    """Operations by their name, on a day."""

    lab: Lab
    register: Register

    def do(self, name: str, on: float, /, **arguments: str) -> dict[str, Any]:
        """One that is done."""
        answer = LabCounter(self.lab, self.register).operate(name, arguments, now=day(on))
        assert not isinstance(answer, CounterRefusal), answer
        return dict(answer)

    def refused(self, name: str, on: float, /, **arguments: str) -> str:
        """The code of one that is not."""
        answer = LabCounter(self.lab, self.register).operate(name, arguments, now=day(on))
        assert isinstance(answer, CounterRefusal), answer
        return answer.code.removeprefix("registry.lifecycle.")

    def roll_over(self, on: float) -> None:
        """Both CAs get their next generation."""
        for kind in CaKind:
            roll_over(self.lab, kind, self.register, now=day(on))

    def logs_in(self, card: str, on: float, pin: str = PIN) -> str:
        """``accepted``, the code of the first finding, or the name of an error."""
        return self._used(card, lambda channel: log_in(self.lab, channel, pin, now=day(on)))

    def signs(self, card: str, on: float, password: str = PASSWORD) -> str:
        """The same for a signature."""
        return self._used(card, lambda channel: sign_contract(self.lab, channel, password, "契約", now=day(on)))

    def _used(self, name: str, use: Any) -> str:
        card = open_card(self.lab.paths, name)
        try:
            with InProcessChannel(card) as channel:
                result: LoginResult = use(channel)
        except CardClientError as error:
            return type(error).__name__
        finally:
            card.close()
        return "accepted" if result.ok else result.verdict.findings[0].code.removeprefix("jpki.")
