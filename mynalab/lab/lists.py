"""One list of the lab's repository, by the words of a command line."""

from __future__ import annotations

from datetime import datetime

from jpki.repository.sources import PublishedCrl
from mynalab.errors import PkiQuestionError
from mynalab.lab.outside import Outside


def standing_list(outside: Outside, label: str, point: str | None, *, at: datetime) -> PublishedCrl:
    """The list of the CA ``label`` that stands at a moment: the full one, or that of ``Prefecture/Municipality``."""
    authorities = {authority.label: authority for authority in outside.publications.authorities(at=at)}
    if label not in authorities:
        raise PkiQuestionError(
            f"there is no CA {label!r} at that moment", hint=f"CAs: {', '.join(authorities) or 'none'}"
        )
    authority = authorities[label]
    name = None
    if point is not None:
        names = {
            f"{name.rdns[-2][1]}/{name.rdns[-1][1].removesuffix(' CRLDP')}": name
            for name in outside.publications.distribution_points(authority, at=at)
        }
        if point not in names:
            raise PkiQuestionError(
                f"no certificate of the CA {label} names a list of {point}", hint=f"lists: {', '.join(names) or 'none'}"
            )
        name = names[point]
    found = outside.list_of(authority, point=name, at=at)
    if found is None and authority.not_after < at:
        raise PkiQuestionError(
            f"the CA {label} ended at {authority.not_after:%Y-%m-%dT%H:%M:%SZ}, and with it its lists",
            hint=f"ask at an earlier moment: --now, or another CA: {', '.join(authorities)}",
        )
    if found is None:
        raise PkiQuestionError(f"the CA {label} had issued no list by then", hint="ask at a later moment: --now")
    return found
