"""What can go wrong with a virtual card.

CardSimError
├── StatusError              inside the card: a command ends with this status word
├── ProfileError             no card profile has this name
├── OrderError               a card order that no card can be made from
├── FontError                a file that pictures cannot be lettered with
├── ImageError               a card image whose content makes no card
│   └── ImageSchemaError     an image of another version of this program
└── StoreError               the place where a card keeps its state
    ├── StoreMissingError    there is no such file, or no directory for it
    ├── StoreExistsError     a new card would overwrite one
    ├── StoreLockedError     the card is in another reader
    ├── StoreUnreadableError the file cannot be read
    ├── StoreDamagedError    the file holds no card: half-written, edited, another kind of file
    ├── StoreSchemaError     the file is of another version of this program
    ├── StoreUnwritableError the file cannot be replaced
    │   └── StoreFullError   there is no room left
    └── StoreClosedError     used after close (a fault of the caller)
"""

from __future__ import annotations

from pathlib import Path

from apdu.status import StatusWord


class CardSimError(Exception):
    """Base of this package. ``hint`` is a next step for a person, or empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StatusError(CardSimError):
    """A handler ends its command with ``sw``; never leaves the card."""

    def __init__(self, sw: StatusWord) -> None:
        super().__init__(str(sw))
        self.sw = sw


class ProfileError(CardSimError):
    """The name is no card profile."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no card profile {name!r}", hint=f"choose one of {', '.join(known)}")
        self.name = name


class OrderError(CardSimError):
    """The caller's order cannot be made into a card."""


class FontError(CardSimError):
    """The environment's file is no font."""


class ImageError(CardSimError):
    """The document holds no card image."""


class ImageSchemaError(ImageError):
    """The document is a card image, of a schema that this version does not read."""

    def __init__(self, found: object, supported: int) -> None:
        super().__init__(
            f"the card image has schema {found}, this version reads schema {supported}",
            hint="use the version of the program that wrote it, or make the card anew",
        )
        self.found = found
        self.supported = supported


class StoreError(CardSimError):
    """Base of what a store can raise; ``path`` says where."""

    def __init__(self, path: Path | None, message: str, *, hint: str = "") -> None:
        super().__init__(message if path is None else f"{path}: {message}", hint=hint)
        self.path = path


class StoreMissingError(StoreError):
    """No card file, or no directory to put one in."""


class StoreExistsError(StoreError):
    """There is a card already under this name."""


class StoreLockedError(StoreError):
    """Another process, or another reader of this one, has the card; ``pid`` where it told."""

    def __init__(self, path: Path, pid: int | None) -> None:
        owner = f" (pid {pid})" if pid is not None else ""
        super().__init__(
            path, f"card {path.stem} is in another reader{owner}", hint="take it out there, or end that program"
        )
        self.pid = pid


class StoreUnreadableError(StoreError):
    """The operating system refuses to read the file."""


class StoreDamagedError(StoreError):
    """The content is no card image."""


class StoreSchemaError(StoreError):
    """The card image has a schema number that this version does not read."""


class StoreUnwritableError(StoreError):
    """The operating system refuses to write; the last committed state is untouched."""


class StoreFullError(StoreUnwritableError):
    """No room, or no quota, left."""


class StoreClosedError(StoreError):
    """The store was closed before."""
