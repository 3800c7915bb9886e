"""GET DATA and GET CHALLENGE: the two commands that need no file."""

from __future__ import annotations

from cardsim import sw
from cardsim.commands import GetChallenge, GetData
from cardsim.errors import StatusError
from cardsim.runtime import Runtime


def get_data(runtime: Runtime, command: GetData) -> bytes:
    """A whole object or 6700, never a part (measured: soltia48/myna-card src/mf.rs)."""
    content = runtime.application.objects.get(command.tag)
    if content is None:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    if len(content) > command.ne:
        raise StatusError(sw.WRONG_LENGTH)
    return content


def get_challenge(runtime: Runtime, command: GetChallenge) -> bytes:
    """Exactly as many bytes as asked for, in any application and in none."""
    return runtime.rng(command.ne)
