"""The service's pages: those of every server, with its own templates and words."""

from __future__ import annotations

from typing import Final

from mynalab.authapp.words import WORDS
from mynalab.web.html import LANGUAGES, STYLE, Templates, language_of, security_headers

__all__ = ["LANGUAGES", "STYLE", "language_of", "page", "security_headers"]

page: Final = Templates("mynalab.authapp", WORDS).page
