"""The register of a lab that exists."""

from __future__ import annotations

from jpki.errors import RegistryNotFoundError
from jpki.registry.registry import Registry
from mynalab.errors import LabBrokenError
from mynalab.lab.lab import Lab


def open_register(lab: Lab) -> Registry:
    """The lab's register; ``LabBrokenError`` when it is gone: a new one would not know the lab's certificates."""
    try:
        return Registry.open(lab.paths.register)
    except RegistryNotFoundError as error:
        raise LabBrokenError(
            f"{lab.paths.register} is missing, the rest of the lab is there",
            hint="restore the file, or make another lab: mynalab lab init DIR",
        ) from error
