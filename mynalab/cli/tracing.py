"""``--trace`` of the commands that use a card."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mynalab.errors import EXPECTED_ERRORS

if TYPE_CHECKING:
    from mynalab.trace_file import TraceFile

Command = TypeVar("Command", bound=Callable[..., Any])


class TraceChoice:
    """What the options of a command say: opened when the command has begun."""

    def __init__(self, path: Path | None, *, unsafe_keep_secrets: bool) -> None:
        if path is None and unsafe_keep_secrets:
            raise click.UsageError("--unsafe-trace-secrets is about a trace: name its file with --trace")
        self._path = path
        self._unsafe_keep_secrets = unsafe_keep_secrets

    @contextmanager
    def opened(self, *, on_broken: Callable[[str, str], object] | None = None) -> Iterator[TraceFile | None]:
        """The file, or None where none is wanted.

        One that is not whole is an error at the end, or a note on the error that ends the command; with ``on_broken``
        a sentence in two languages instead.
        """
        if self._path is None:
            yield None
            return
        from mynalab.trace_file import TraceFile

        with TraceFile(self._path, unsafe_keep_secrets=self._unsafe_keep_secrets) as file:
            try:
                yield file
            except EXPECTED_ERRORS as error:
                if file.error is not None:
                    error.add_note(f"the trace {file.path} ends early: {file.error.strerror or file.error}")
                raise
            if file.error is not None and on_broken is not None:
                reason = file.error.strerror or file.error
                on_broken(
                    f"the trace {file.path} ends early: {reason}", f"トレース {file.path} は途中までです: {reason}"
                )
                return
            file.raise_error()


def trace_options(command: Command) -> Command:
    """Add ``--trace`` and what goes with it; pass them as ``trace``."""

    @functools.wraps(command)
    def call(*args: Any, **kwargs: Any) -> Any:
        path, unsafe = kwargs.pop("trace_file"), kwargs.pop("unsafe_trace_secrets")
        return command(*args, trace=TraceChoice(path, unsafe_keep_secrets=unsafe), **kwargs)

    decorated = click.option(
        "--unsafe-trace-secrets", is_flag=True, help="Write PINs and personal data into the trace as they are."
    )(call)
    return click.option(  # type: ignore[return-value]
        "--trace",
        "trace_file",
        type=click.Path(path_type=Path, dir_okay=False, readable=False),
        metavar="FILE",
        help="Record every exchange in FILE, a JSON line each, without secrets; read it with `mynalab explain FILE`.",
    )(decorated)
