"""Rollover: a CA gets a new generation, under the same name with another key and the next number of its counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jpki.ca.authority import Authority
from jpki.ca.encoding import key_identifier
from jpki.errors import DuplicateEntryError, OperationRefusedError
from jpki.kinds import CaKind
from jpki.profiles import Hierarchy
from jpki.registry.interfaces import Questions, Register
from jpki.registry.records import AuthorityRecord
from jpki.registry.request import Refusal
from jpki.signer import Signer
from jpki.validity import to_whole_seconds

CODE_PREFIX: Final = "registry.rollover."
OPERATION: Final = "rollover"

NO_GENERATION: Final = Refusal(
    code=CODE_PREFIX + "no-generation",
    message_en="the CA has not begun",
    message_ja="認証局はまだ開設されていません。",
    hint_en="begin its first generation",
    hint_ja="先に最初の世代を開設してください。",
)
EXISTS: Final = Refusal(
    code=CODE_PREFIX + "generation-exists",
    message_en="the CA has begun already",
    message_ja="認証局はすでに開設されています。",
    hint_en="a rollover gives it another generation",
    hint_ja="新しい世代は rollover で作ります。",
)
NOT_AFTER_NEWEST: Final = Refusal(
    code=CODE_PREFIX + "not-after-newest",
    message_en="the newest generation begins at that moment or later",
    message_ja="その日時以降に始まる世代がすでにあります。",
    hint_en="move the clock on",
    hint_ja="時計を進めてください。",
)
KEY_IN_USE: Final = Refusal(
    code=CODE_PREFIX + "key-in-use",
    message_en="a generation has this key already",
    message_ja="その鍵はすでに別の世代で使われています。",
    hint_en="every generation has a key of its own",
    hint_ja="世代ごとに別の鍵を使ってください。",
)
OTHERS_FASTER: Final = Refusal(
    code=CODE_PREFIX + "others-faster",
    message_en="another process began a generation at the same time",
    message_ja="別のプロセスが同時に新しい世代を開設しました。",
    hint_en="look at it; roll over once more only if it is not what you wanted",
    hint_ja="その世代を確認し、必要な場合のみ改めて行ってください。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What a generation is made of."""

    kind: CaKind
    hierarchy: Hierarchy
    signer: Signer


def begin(register: Register, foundation: Foundation, *, now: datetime, first_serial: int = 1) -> Authority:
    """The first generation of a CA; its serial number is ``first_serial`` or above."""
    return _enter(register, foundation, to_whole_seconds(now), is_first=True, first_serial=first_serial)


def rollover(register: Register, foundation: Foundation, *, now: datetime) -> Authority:
    """The next generation of a CA, which issues from now on; the ones before it go on signing their lists.

    ``OperationRefusedError`` with a code of this module. The caller keeps the key, before it calls.
    """
    return _enter(register, foundation, to_whole_seconds(now), is_first=False, first_serial=1)


def refusal_of(questions: Questions, foundation: Foundation, *, now: datetime, is_first: bool) -> Refusal | None:
    """Why there will be no such generation, or None."""
    standing = questions.authorities(foundation.kind)
    if is_first or not standing:
        return (EXISTS if standing else None) if is_first else NO_GENERATION
    algorithm = foundation.signer.algorithm.name  # generations of another algorithm issue beside these
    if any(authority.not_before >= now and authority.algorithm == algorithm for authority in standing):
        return NOT_AFTER_NEWEST
    if key_identifier(foundation.signer.public_key) in {authority.key_id for authority in standing}:
        return KEY_IN_USE
    return None


def _enter(
    register: Register, foundation: Foundation, now: datetime, *, is_first: bool, first_serial: int
) -> Authority:
    with register.reading() as questions:  # one picture for both questions, or two could win
        refusal = refusal_of(questions, foundation, now=now, is_first=is_first)
        generation = len(questions.authorities(foundation.kind)) + 1
    if refusal is not None:  # before a serial number is taken
        raise OperationRefusedError(refusal)
    serial = register.reserve(foundation.kind, at_least=first_serial)[0]
    made = Authority.create_root(
        foundation.kind, hierarchy=foundation.hierarchy, signer=foundation.signer, serial=serial, now=now
    )
    try:
        with register.transaction(now=now) as unit:
            unit.operation(OPERATION, details={"ca": foundation.kind.value})
            unit.record_authority(_record(made, generation=generation))
    except DuplicateEntryError:  # there is one of that number: the register takes each once
        raise OperationRefusedError(OTHERS_FASTER) from None
    return made


def _record(made: Authority, *, generation: int) -> AuthorityRecord:
    return AuthorityRecord(
        kind=made.kind,
        generation=generation,
        key_id=made.key_id,
        algorithm=made.signer.algorithm.name,
        serial=made.serial,
        not_before=made.not_before,
        not_after=made.not_after,
        certificate_der=made.certificate_der,
    )
