"""Reading extensions: those that a CA writes alike into all certificates of a town are read once.

An authentication certificate's extensions differ from its neighbours' in the 20 octets of subjectKeyIdentifier alone.
Where all the other octets are those of a certificate that was read whole before and that a trusted issuer signed, so is
what they say: pyca/cryptography makes some thirty objects of them, which takes longer than two checks of a signature.
Nothing is left out: the octets are compared, all of them, and what is found of one certificate alone is found anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cryptography import x509

from jpki import oids
from jpki.der_walk import SEQUENCE, element

_T = TypeVar("_T")

Extensions = Mapping[str, x509.Extension[x509.ExtensionType]]
"""Extensions by OID, in their order in the certificate."""

MAX_REMEMBERED: Final = 4096
"""Blocks of extensions: two for each of Japan's 1,741 municipalities, and some of other generations."""
MAX_BLOCK_SIZE: Final = 1024
"""Octets of a block that is remembered; published ones have some 600. With the objects: 16 MB at most."""
MAX_FINDINGS: Final = 8
"""Answers about one block that are remembered: more than there are profiles and policies to ask about."""

_EXTENSIONS: Final = 0xA3  # TBSCertificate, extensions [3] EXPLICIT (RFC 5280 clause 4.1)
# Extension { subjectKeyIdentifier, OCTET STRING { OCTET STRING of 20 octets } }: RFC 5280 clause 4.2.1.2 (1).
_KEY_ID: Final = bytes.fromhex("301D 0603551D0E 0416 0414")
_KEY_ID_SIZE: Final = 20


class _Block:
    """What all certificates with these octets have in common. Never changed but for what is remembered of it."""

    __slots__ = ("answers", "key", "template")

    def __init__(self, key: tuple[bytes, bytes], template: Extensions) -> None:
        self.key = key
        self.template = template
        self.answers: dict[tuple[object, ...], Any] = {}


class SharedExtensions(dict[str, x509.Extension[x509.ExtensionType]]):
    """Extensions of a certificate that may share them with others."""

    __slots__ = ("block",)

    def __init__(self, extensions: Extensions, block: _Block) -> None:
        super().__init__(extensions)
        self.block = block


class ExtensionMemory:
    """Blocks by their octets. The oldest goes first."""

    def __init__(self, *, limit: int = MAX_REMEMBERED) -> None:
        self._limit = limit
        self._blocks: dict[tuple[bytes, bytes], _Block] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._blocks)

    def find(self, key: tuple[bytes, bytes]) -> _Block | None:
        """The block with these octets."""
        return self._blocks.get(key)

    def remember(self, extensions: Extensions) -> None:
        """Those of a certificate whose issuer is trusted and signed it: nobody else's push others out."""
        if not isinstance(extensions, SharedExtensions) or extensions.block.key in self._blocks:
            return
        with self._lock:
            self._blocks[extensions.block.key] = extensions.block
            while len(self._blocks) > self._limit:
                self._blocks.pop(next(iter(self._blocks)))


MEMORY: Final = ExtensionMemory()
"""Of this process."""


def read_extensions(
    certificate: x509.Certificate, der: bytes, at: int, end: int, *, memory: ExtensionMemory = MEMORY
) -> Extensions:
    """All of them; raises what pyca/cryptography does. ``at`` is where subjectPublicKeyInfo begins, ``end`` tbs'."""
    begin = element(der, at, SEQUENCE)[1]
    size = end - begin
    head = der.find(_KEY_ID, begin, end)
    key_id = head + len(_KEY_ID)
    if head < 0 or size > MAX_BLOCK_SIZE or der[begin] != _EXTENSIONS:
        return _parsed(certificate)
    key = der[begin:key_id], der[key_id + _KEY_ID_SIZE : end]
    block = memory.find(key)
    if block is not None:
        shared = SharedExtensions(block.template, block)
        digest = x509.SubjectKeyIdentifier(der[key_id : key_id + _KEY_ID_SIZE])
        shared[oids.SUBJECT_KEY_IDENTIFIER] = x509.Extension(digest.oid, critical=False, value=digest)
        return shared
    parsed = _parsed(certificate)
    if oids.SUBJECT_ALT_NAME in parsed or not _is_extension(der, begin, head):
        return parsed  # a holder's own, or octets that only look like the extension
    return SharedExtensions(parsed, _Block(key, parsed))


def answered(extensions: Extensions, question: tuple[object, ...], answer: Callable[[], _T]) -> _T:
    """What depends on the shared octets alone, asked once: never on subjectKeyIdentifier.

    A question is compared by its parts' identity, which have to be constants of their modules.
    """
    if not isinstance(extensions, SharedExtensions):
        return answer()
    answers = extensions.block.answers
    key = tuple(each if isinstance(each, str) else id(each) for each in question)
    known = answers.get(key)
    if known is None:
        known = (answer(), question)  # the question is kept, so that no identity is given out again
        if len(answers) < MAX_FINDINGS:
            answers[key] = known
    result: _T = known[0]
    return result


def _parsed(certificate: x509.Certificate) -> Extensions:
    return {extension.oid.dotted_string: extension for extension in certificate.extensions}


def _is_extension(der: bytes, begin: int, head: int) -> bool:
    """Whether an extension begins at ``head``, which anything may look like from outside."""
    at = element(der, element(der, begin, _EXTENSIONS)[0], SEQUENCE)[0]
    while at < head:
        at = element(der, at, SEQUENCE)[1]
    return at == head
