"""No crash point lets a ticket in twice, loses it, moves a value twice or gives a free try."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apdu.command import Command
from apdu.layout.free_area import Stage
from cardsim.errors import StoreUnwritableError
from cardsim.store import MemoryStore
from jpki.issuer.errors import CardManagementError, ManagementRefusedError

TICKET, ORGANISER, GATE = 1, 1, 2


class PowerLoss(BaseException):
    """The supply is gone: nothing after this runs."""


class FailingStore(MemoryStore):
    """Fails at the n-th commit from ``arm`` on, before or after the write, with an error or with the supply."""

    def __init__(self, image) -> None:
        super().__init__(image)
        self.left = 0
        self.written = False
        self.error: BaseException | None = None

    def arm(self, n: int, *, written: bool, error: BaseException) -> None:
        self.left, self.written, self.error = n, written, error

    def commit(self, image) -> None:
        self.left -= 1
        strikes = self.left == 0 and self.error is not None
        if not strikes or self.written:
            super().commit(image)
        if strikes:
            raise self.error


ERRORS: dict[str, Callable[[], BaseException]] = {
    "refusing": lambda: StoreUnwritableError(None, "the disk says no"),
    "power-loss": PowerLoss,
}
every_failure = pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
every_moment = pytest.mark.parametrize("written", [False, True], ids=["before-write", "after-write"])


@pytest.fixture
def prepared(free_image, make_bench, named, sign):
    """A card with an issued ticket and 100 points, over a store that can fail."""
    bench = make_bench(FailingStore(free_image))
    for name in ("event-ticket", "residents-points"):
        package = named(name)
        bench.new_domain(package.provider)
        bench.install(sign(package))
    bench.terminal(named("event-ticket"), ORGANISER).issue(TICKET, b"seat 7", transaction=b"issue001")
    bench.terminal(named("residents-points"), 1).credit(1, 100, transaction=b"credit01")
    return bench


# EXTERNAL AUTHENTICATE commits twice, the transaction once.
@every_failure
@every_moment
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_ticket_lets_in_exactly_once(prepared, named, n: int, written: bool, error) -> None:
    package = named("event-ticket")
    admitted: set[bytes] = set()
    prepared.store.arm(n, written=written, error=error())
    try:
        prepared.terminal(package, GATE).redeem(TICKET, transaction=b"gate0001")
        admitted.add(b"gate0001")
    except (PowerLoss, ManagementRefusedError):
        pass
    assert admitted == set()  # the answer was not seen
    again = prepared.restarted()
    # the gate asks again under the same name, and the holder gets in: the ticket is not lost
    assert again.terminal(package, GATE).redeem(TICKET, transaction=b"gate0001").stage is Stage.REDEEMED
    # nobody else gets in
    with pytest.raises(ManagementRefusedError, match="6985"):
        again.terminal(package, GATE).redeem(TICKET, transaction=b"gate0002")


@every_failure
@every_moment
def test_a_ticket_that_was_not_redeemed_can_be_used_at_another_gate(prepared, named, written: bool, error) -> None:
    package = named("event-ticket")
    prepared.store.arm(3, written=written, error=error())
    with pytest.raises((PowerLoss, ManagementRefusedError)):
        prepared.terminal(package, GATE).redeem(TICKET, transaction=b"gate0001")
    terminal = prepared.restarted().terminal(package, GATE)
    if written:  # redeemed in the name of the first gate, which alone may let the holder in
        with pytest.raises(ManagementRefusedError, match="6985"):
            terminal.redeem(TICKET, transaction=b"gate0002")
    else:
        assert terminal.redeem(TICKET, transaction=b"gate0002").stage is Stage.REDEEMED


@every_failure
@every_moment
@pytest.mark.parametrize("n", [1, 2, 3])
def test_points_are_paid_exactly_once(prepared, named, n: int, written: bool, error) -> None:
    package = named("residents-points")
    prepared.store.arm(n, written=written, error=error())
    with pytest.raises((PowerLoss, ManagementRefusedError)):
        prepared.terminal(package, 2).debit(1, 30, transaction=b"shop0001")
    again = prepared.restarted()
    assert again.terminal(package).value(1) == (70 if (n, written) == (3, True) else 100)
    assert again.terminal(package, 2).debit(1, 30, transaction=b"shop0001") == 70
    assert again.terminal(package).value(1) == 70


@every_failure
@every_moment
def test_a_wrong_proof_is_never_free(prepared, named, written: bool, error) -> None:
    package = named("event-ticket")
    terminal = prepared.terminal(package)
    prepared.store.arm(1, written=written, error=error())
    terminal.send(Command(cla=0, ins=0x84, p1=0, p2=0, ne=16))
    try:
        answered = str(terminal.send(Command(cla=0, ins=0x82, p1=0, p2=0x82, data=bytes(16))).sw)
    except PowerLoss:
        answered = "gone"
    assert answered in ("6581", "gone")
    left = prepared.store.load().free_area.instances[package.aid].secrets[GATE].tries_left
    assert left == (9 if written else 10)


@every_failure
@every_moment
@pytest.mark.parametrize("n", [1, 2, 3])  # the channel's counter, the last block, the application
def test_an_installation_that_was_cut_short_can_be_done_again(
    free_image, make_bench, named, sign, n: int, written: bool, error
) -> None:
    package = named("event-ticket")
    bench = make_bench(FailingStore(free_image))
    bench.new_domain(package.provider)
    bench.store.arm(n, written=written, error=error())
    with pytest.raises((PowerLoss, CardManagementError)):
        bench.install(sign(package))
    again = bench.restarted()
    session = again.domain(package.provider)
    for entry in session.entries(0x20):
        session.delete(entry.aid, related=True)
    again.install(sign(package))
    assert again.terminal(package).ticket(TICKET).stage is Stage.BLANK


@every_failure
@every_moment
def test_a_challenge_is_not_used_again_after_a_failure(free_image, make_bench, written: bool, error) -> None:
    bench = make_bench(FailingStore(free_image))
    bench.store.arm(1, written=written, error=error())
    command = Command(cla=0x80, ins=0x50, p1=0, p2=0, data=bytes(8), ne=256).encode()
    try:
        answered = bench.send(command).encode()
    except PowerLoss:
        answered = b""
    assert answered in (b"", b"\x65\x81")
    assert bench.restarted().issuer().resources().applications == 0
