"""What the lab's CAs have published by a moment, as the real ones do: a list a day, at a set hour, made when asked.

Apart from that the lab publishes lists at once (``mynalab.lab.publish``) for its own relying party.
"""

from __future__ import annotations

from collections.abc import Iterator

from jpki.ca.authority import Authority
from jpki.registry.interfaces import Register
from jpki.repository.register_publications import RegisterPublications
from mynalab.lab.authorities import authority_of
from mynalab.lab.generations import CaWatch, ca_with_key
from mynalab.lab.lab import Lab


def lab_publications(lab: Lab, register: Register) -> RegisterPublications:
    """The lists of every CA that stands in the lab, also of one that begins later."""
    loaded: dict[bytes, Authority] = {}
    watch = CaWatch(lab)

    def authorities() -> Iterator[Authority]:
        for ca in watch.standing():
            if ca.key_id not in loaded:
                loaded[ca.key_id] = authority_of(lab, ca)
            yield loaded[ca.key_id]

    def label_of(authority: Authority) -> str:
        return ca_with_key(watch.standing(), authority.key_id).label

    return RegisterPublications(register, authorities, label_of=label_of)
