"""What can stop work over many rows. What was committed stays, and the job goes on from there.

ExecutingError (a JpkiError)
├── JobInputError     a file of rows that cannot be read as one
├── JobFileError      the file of results is of another job, damaged, or cannot be written (carries ``path``)
│   └── JobBusyError      another process is at this job
├── WorkersGoneError  no worker is left, or none ever finished anything
└── ResultsIncompleteError  more or fewer rows came out than went in
"""

from __future__ import annotations

from pathlib import Path

from jpki.errors import JpkiError


class ExecutingError(JpkiError):
    """Base of what stops a job."""


class JobInputError(ExecutingError):
    """The caller's file has no rows of the kind that is wanted."""


class JobFileError(ExecutingError):
    """The environment's file at ``path`` cannot take the results of this job."""

    def __init__(self, message: str, *, path: Path, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class JobBusyError(JobFileError):
    """Another process has the file open for the same purpose."""


class WorkersGoneError(ExecutingError):
    """The environment has no worker any more that gets anything done."""


class ResultsIncompleteError(ExecutingError):
    """The rows of the results are not those of the input."""
