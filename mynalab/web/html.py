"""Pages of the servers: templates with words in two languages, and the headers that every page has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

LANGUAGES: Final = ("ja", "en")


class Templates:
    """The templates of a package, and its words: Japanese and English of each."""

    def __init__(self, package: str, words: Mapping[str, tuple[str, str]]) -> None:
        self._words = words
        self._pages = Environment(
            loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    def page(
        self,
        name: str,
        values: Mapping[str, Any],
        *,
        language: str,
        status: int = 200,
        form_origins: Iterable[str] = (),
    ) -> HTMLResponse:
        """One of them in one language. ``form_origins``: where a form may lead by a redirect, which CSP heeds, too."""

        def say(word: str) -> str:
            return self._words[word][LANGUAGES.index(language)]

        html = self._pages.get_template(f"{name}.html").render(say=say, language=language, **values)
        return HTMLResponse(html, status_code=status, headers=security_headers(form_origins))


def security_headers(form_origins: Iterable[str] = ()) -> dict[str, str]:
    """No script, nothing from elsewhere, in no frame, kept nowhere."""
    targets = " ".join(("'self'", *form_origins))
    policy = (
        "default-src 'none'",
        "style-src 'self'",
        f"form-action {targets}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def language_of(accepted: str, locales: str = "") -> str:
    """By ui_locales (OpenID Connect Core clause 3.1.2.1), else by what the browser likes first, else Japanese."""
    for one in (*locales.split(), *(part.partition(";")[0].strip() for part in accepted.split(","))):
        tag = one.partition("-")[0].lower()
        if tag in LANGUAGES:
            return tag
    return "ja"


STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a2433; --soft: #5a6678; --line: #d5dbe5; --back: #f4f6fa; --card: #fff;
  --lead: #0b5cad; --bad: #a4262c; --badback: #fdf0f0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf5; --soft: #a8b3c4; --line: #3a4557; --back: #141a23;
  --card: #1d2530; --lead: #6cb2ff; --bad: #ff9a9f; --badback: #3a2023; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--back); color: var(--ink);
  font: 16px/1.6 system-ui, "Noto Sans CJK JP", "Hiragino Sans", sans-serif; }
main { max-width: 34rem; margin: 0 auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.5rem 1.75rem 1.75rem; }
header { display: flex; justify-content: space-between; align-items: start; gap: 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
.lab { color: var(--soft); font-size: .85rem; margin: 0 0 1rem; }
.who { font-weight: 600; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
code { font: .85rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: .5rem 1rem; max-height: 16rem;
  overflow: auto; }
fieldset label { font-weight: 400; margin: .3rem 0; }
legend { font-weight: 600; padding: 0 .4rem; }
input[type=password], select { width: 100%; padding: .55rem .7rem; font: inherit; color: inherit;
  background: var(--back); border: 1px solid var(--line); border-radius: 8px; }
small { color: var(--soft); }
.buttons { display: flex; gap: .75rem; margin-top: 1.5rem; flex-wrap: wrap; }
button { font: inherit; font-weight: 600; padding: .6rem 1.4rem; border-radius: 8px; border: 1px solid var(--lead);
  background: var(--lead); color: var(--card); cursor: pointer; }
button.plain { background: transparent; color: var(--lead); }
button.small { padding: .2rem .7rem; font-size: .85rem; font-weight: 400; white-space: nowrap; }
button:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid var(--lead); outline-offset: 2px; }
.trouble { border-left: 4px solid var(--bad); background: var(--badback); padding: .6rem .9rem; border-radius: 4px; }
"""
