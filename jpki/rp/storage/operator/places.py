"""A place for each tenant: a file beside the others, or a schema of its own in one PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateSchema

from jpki.registry.storage.refusals import refusals_explained
from jpki.registry.storage.target import Target
from jpki.registry.storage.versions import take_turns
from jpki.rp.storage.database import explained

# One number for all who make schemas in one database: "myna-sc", as ASCII.
_ADVISORY_LOCK: Final = int.from_bytes(b"myna-sc")
_WAIT_S: Final = 30.0


def place_for(base: Path | str, name: str) -> Path | str:
    """Where ``name`` keeps its own: ``base`` is a directory, or the URL of a database."""
    if isinstance(base, Path):
        return base / f"{name}.db"
    schema = f"mynalab_{name.replace('-', '_')}"
    with explained(base):
        target = Target.of(base)
        assert target.url is not None
        engine = target.engine(wait_s=_WAIT_S)
    with explained(target.shown), refusals_explained(target), engine.begin() as connection:
        take_turns(connection, _ADVISORY_LOCK)
        connection.execute(CreateSchema(schema, if_not_exists=True))
    engine.dispose()
    url = make_url(base)
    asked = url.query.get("options", "")
    options = f"{asked if isinstance(asked, str) else ' '.join(asked)} -c search_path={schema}".strip()
    return url.update_query_dict({"options": options}).render_as_string(hide_password=False)
