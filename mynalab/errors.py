"""What can go wrong in the bench itself. Every error says what happened and, in ``hint``, what to do next.

LabError
├── LabNotFoundError      no lab where one was expected
├── LabExistsError        something is already there
├── LabSchemaError        a lab that another release wrote
├── LabBrokenError        a lab with a part missing or unreadable
├── LabUnwritableError    the file system refuses
├── PersonaError          a persona file that does not fit the schema
├── CardNameError         a card name that is taken or unknown
│   └── CardNameFormatError   … or cannot be one
├── CardTerminatedError   a card of the lab that has destroyed itself
├── AppError              an application of the free area that is there already, is not, or cannot be put there
├── SnapshotError         a snapshot that would overwrite a file, or is of another card
├── ServiceError          `mynalab serve` is not there, or refuses
├── ServerAddressError    an address that `mynalab pki serve` must not, or cannot, listen on
├── PortInUseError        a port that somebody listens on already
├── TextError             a file to be signed that is no text
├── AuthAppConfigError    a setting or a client of the authentication app's service that cannot be one
├── SeedError             a --seed that cannot be one
└── TimeError             a --now that is no moment
"""

from __future__ import annotations

from apdu.errors import ApduError
from cardsim.errors import CardSimError
from jpki.client.errors import PinFormatError
from jpki.errors import JpkiError
from jpki.rp.errors import OriginError
from readers.errors import ReaderError


class LabError(Exception):
    """Base of this package. ``hint`` is the next step for the person at the keyboard."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class LabNotFoundError(LabError):
    """There is no lab in this directory."""


class LabExistsError(LabError):
    """The directory already holds something that must not be overwritten."""


class LabSchemaError(LabError):
    """The lab was written by a release with another schema."""


class LabBrokenError(LabError):
    """A part of the lab is missing, cut off or unreadable."""


class LabUnwritableError(LabError):
    """The file system refuses: permissions, a full disk, a read-only mount."""


class PersonaError(LabError):
    """A persona file does not fit the schema; the message names file and field."""


class CardNameError(LabError):
    """A card name is taken or unknown."""


class CardNameFormatError(CardNameError):
    """The text given as a card name cannot be one."""


class CardTerminatedError(LabError):
    """A card of the lab has destroyed itself, and answers nothing else any more."""


class AppError(LabError):
    """An application of the free area cannot be installed, found or removed on this card."""


class CounterArgumentError(LabError):
    """What was brought to the counter does not say whom or what it is about."""


class PkiQuestionError(LabError):
    """There is nothing in the register that the question could be about."""


class SnapshotError(LabError):
    """A snapshot would overwrite a file, or is of another card."""


class ServiceError(LabError):
    """`mynalab serve` does not run for this lab, or refuses what was asked."""


class ServerAddressError(LabError):
    """The address is none, is no loopback address, or the operating system refuses it."""


class PortInUseError(LabError):
    """Somebody listens on this port already."""


class TextError(LabError):
    """The file to be signed cannot be read as a text."""


class AuthAppConfigError(LabError):
    """A setting of the authentication app's service, or a client of it, is not as it has to be."""


class SeedError(LabError):
    """The word given as a seed cannot be one."""


class TimeError(LabError):
    """The text given as a moment in time is none, or none that a lab can live in."""


EXPECTED_ERRORS = (LabError, CardSimError, ReaderError, JpkiError, ApduError)
"""What a command turns into a sentence and a next step: each of these carries a ``hint``."""

MISTAKES = (CardNameFormatError, CounterArgumentError, SeedError, TimeError, PinFormatError, OriginError)
"""Those of them that the command line alone is to blame for: what was typed there cannot be what it stands for."""
