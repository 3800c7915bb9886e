"""Write the generated parts of the documents from the code: `make docs`; with --check, only say what is stale.

A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``, a help block between marks of
its own.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("mynalab", "cardsim", "readers", "jpki", "apdu")


def modules() -> list[Path]:
    """Every module of the packages, relative to the root."""
    return sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports_between_packages() -> Counter[tuple[str, str]]:
    """(importing package, imported package) → how many modules do it."""
    found: Counter[tuple[str, str]] = Counter()
    for path in modules():
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        targets = {name.split(".")[0] for name in names} & set(PACKAGES) - {path.parts[0]}
        found.update((path.parts[0], target) for target in targets)
    return found


def import_diagram() -> str:
    """The packages and the imports between them, as a Mermaid graph; a number counts the importing modules."""
    lines = ["```mermaid", "graph TD"]
    for (source, target), count in sorted(imports_between_packages().items()):
        lines.append(f"  {source} -->|{count}| {target}")
    return "\n".join([*lines, "```"])


def module_list() -> str:
    """One line a module: its path and the first sentence of its docstring."""
    lines: list[str] = []
    package = ""
    for path in sorted(modules(), key=lambda path: (PACKAGES.index(path.parts[0]), path)):
        if path.parts[0] != package:
            package = path.parts[0]
            lines += ["", f"### {package}", "", "| module | what it is |", "|---|---|"]
        docstring = ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8"))) or ""
        summary = " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")
        lines.append(f"| `{path}` | {summary} |")
    return "\n".join(lines[1:])


def design_choices() -> str:
    """What the public sources leave open about the card, and what this card does."""
    sys.path.insert(0, str(ROOT))
    from cardsim.choices import as_markdown

    return as_markdown()


def lifecycle_table(language: str) -> str:
    """The operations on people's cards and certificates."""
    sys.path.insert(0, str(ROOT))
    from jpki.registry.lifecycle_page import table_as_markdown

    return table_as_markdown(language)


def lifecycle_refusals() -> str:
    """Why an operation may be refused."""
    sys.path.insert(0, str(ROOT))
    from jpki.registry.lifecycle_page import refusals_as_markdown

    return refusals_as_markdown()


def pki_faults() -> str:
    """What can go wrong at the repository: effect, where, its own fields with what they are if nothing is said."""
    from jpki.ocsp.faults import OCSP_FAULTS
    from jpki.repository.faults.effects import CRL_SUBSTITUTES, EFFECTS, SUBSTITUTES, parameters_of

    rows = ["| effect | on | what happens | fields |", "|---|---|---|---|"]
    for word, kind in EFFECTS.items():
        fields = ", ".join(f"`{name}={getattr(kind(), name)}`" for name in parameters_of(kind))
        rows.append(f"| `{word}` | {', '.join(area.value for area in kind.areas)} | {kind.says} | {fields} |")
    for word, areas in SUBSTITUTES.items():
        says = [CRL_SUBSTITUTES[word][0]] if word in CRL_SUBSTITUTES else []
        says += [OCSP_FAULTS[word].en] if word in OCSP_FAULTS else []
        rows.append(f"| `{word}` | {', '.join(area.value for area in areas)} | {'; '.join(says)} | |")
    return "\n".join(rows)


def comparison_steps() -> str:
    """What is the same in two ways of writing."""
    from jpki.rp.comparing.page import steps_as_markdown

    return steps_as_markdown()


def comparison_reasons() -> str:
    """Why a field differs."""
    from jpki.rp.comparing.page import reasons_as_markdown

    return reasons_as_markdown()


def authapp_unknowns() -> str:
    """What nobody outside knows of the authentication app's service, with what the lab's does."""
    from mynalab.authapp.config import UNVERIFIED, unknowns

    rows = ["| value | default | meaning | standing |", "|---|---|---|---|"]
    return "\n".join(
        rows + [f"| `{name}` | `{default}` | {text} | {UNVERIFIED} |" for name, default, text in unknowns()]
    )


def authapp_answers() -> str:
    """The abnormal answers of its test-response mode."""
    from mynalab.authapp.abnormal import ABNORMAL

    rows = ["| answer | where | English | Japanese |", "|---|---|---|---|"]
    return "\n".join(rows + [f"| `{row.name}` | {row.stage.value} | {row.en} | {row.ja} |" for row in ABNORMAL])


def operator_results() -> str:
    """What a verification of the operator's comes to, by the findings' codes."""
    from jpki.rp.operator.vocabulary import RESULTS

    rows = ["| result | findings | a ceremony says |", "|---|---|---|"]
    for row in RESULTS:
        codes = ", ".join(f"`{one}{'…' if one.endswith('.') else ''}`" for one in row.codes if one) or "any other"
        rows.append(f"| {row.result.value} | {codes}{', for a hold' if row.on_hold else ''} | `{row.refusal}` |")
    return "\n".join([*rows, "| OK | no error | |"])


def operator_refusals() -> str:
    """Every refusal of the operator's."""
    from jpki.rp.operator.refusal_words import WORDS

    rows = ["| code | HTTP | English | Japanese | next step |", "|---|---|---|---|---|"]
    return "\n".join(
        rows + [f"| `{one.code}` | {one.status} | {one.en} | {one.ja} | {one.hint} |" for one in WORDS.values()]
    )


def operator_delays() -> str:
    """How long the operator waits before it sends an event again."""
    from jpki.rp.operator.notices import DELAYS

    rows = ["| after failure | it is sent again after |", "|---|---|"]
    return "\n".join(rows + [f"| {number} | {delay} |" for number, delay in enumerate(DELAYS, 1)])


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "imports": ("docs/architecture.md", import_diagram),
    "modules": ("docs/architecture.md", module_list),
    "choices": ("docs/design-choices.md", design_choices),
    "pki-faults": ("docs/repository.md", pki_faults),
    "lifecycle-en": ("docs/lifecycle.md", lambda: lifecycle_table("en")),
    "lifecycle-ja": ("docs/lifecycle.md", lambda: lifecycle_table("ja")),
    "refusals": ("docs/lifecycle.md", lifecycle_refusals),
    "authapp-unknowns": ("docs/authapp.md", authapp_unknowns),
    "authapp-answers": ("docs/authapp.md", authapp_answers),
    "operator-delays": ("docs/operator.md", operator_delays),
    "operator-results": ("docs/operator.md", operator_results),
    "operator-refusals": ("docs/operator.md", operator_refusals),
    "comparison-steps": ("docs/attribute-comparison.md", comparison_steps),
    "comparison-reasons": ("docs/attribute-comparison.md", comparison_reasons),
}

# Files with help blocks: what stands between ``<!-- help: COMMAND -->`` and ``<!-- end help -->`` is its output.
HELP_FILES = ("README.md", "README.ja.md")
_HELP_BLOCK = re.compile(r"(<!-- help: mynalab ([^\n]*) -->\n).*?(<!-- end help -->)", re.DOTALL)


def help_text(arguments: str) -> str:
    """What ``mynalab ARGUMENTS`` prints on a terminal of 100 columns, as a block."""
    run = subprocess.run(
        [sys.executable, "-c", "from mynalab.cli.main import main; main()", *shlex.split(arguments)],
        env={**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
    )
    return f"```text\n{run.stdout.decode().rstrip()}\n```\n"


def with_parts(file: str, text: str) -> str:
    """The text of a file with its generated parts as they should be."""
    for name, (home, generate) in PARTS.items():
        if home == file:
            pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end: {name} -->)", re.DOTALL)
            assert pattern.search(text), f"{file} has no place for {name}"
            content = generate()
            text = pattern.sub(lambda match, content=content: f"{match[1]}\n{content}\n\n{match[2]}", text)
    if file in HELP_FILES:
        assert _HELP_BLOCK.search(text), f"{file} has no help block"
        text = _HELP_BLOCK.sub(lambda match: f"{match[1]}{help_text(match[2])}{match[3]}", text)
    return text


def main(*, check: bool) -> int:
    """Rewrite every generated part; return how many files were stale when only checking."""
    stale = 0
    for file in sorted({*HELP_FILES, *(home for home, _ in PARTS.values())}):
        path = ROOT / file
        before = path.read_text("utf-8")
        after = with_parts(file, before)
        if after != before:
            stale += 1
            print(f"{file} is stale; run: make docs" if check else f"{file} rewritten")
            if not check:
                path.write_text(after, "utf-8")
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
