"""What the documents say is so: commands exist and run, help blocks are the real help, generated parts are fresh."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mynalab.cli.main import cli

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.ja.md")
DOCUMENTS = (*READMES, "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`(mynalab [^`\n]+)`")
_INNER = re.compile(r"\$\((.*?)\)")

# What a line ends with where it is not 0: (line, how often it stood in its block before) → status.
OTHER_STATUS = {("mynalab login", 1): 1}  # the card was reported lost in between


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str) -> list[list[str]]:
    """The commands of each console block."""
    return [
        [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        for block in _BLOCK.findall(text_of(name))
    ]


def written_commands() -> list[object]:
    """Every mynalab command that a document writes, in a block or in a sentence."""
    found = []
    for name in DOCUMENTS:
        lines = [inner for block in blocks(name) for line in block for inner in (line, *_INNER.findall(line))]
        for line in dict.fromkeys([*lines, *_SPAN.findall(text_of(name))]):
            if line.startswith("mynalab "):
                found.append(pytest.param(line, id=f"{name}: {line}"))
    return found


def parse(command: click.Command, name: str, words: list[str]) -> None:
    """Let click read a command line without running it."""
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        with click.Context(command, info_name=name) as context:
            below = command.get_command(context, words[0])
        assert below is not None, f"there is no command {words[0]}"
        parse(below, words[0], words[1:])
    elif "--help" not in words and words != ["--version"] and words:
        command.make_context(name, words)


@pytest.mark.parametrize("line", written_commands())
def test_written_command_exists_with_its_options(line: str) -> None:
    # A sentence may stop at the name of a group or command, or stand for its arguments in capitals.
    words = [word for word in shlex.split(line)[1:] if word not in ("…", "...")]
    try:
        parse(cli, "mynalab", words)
    except click.MissingParameter:
        assert not any(word.startswith("-") for word in words), line


@pytest.mark.parametrize("name", READMES)
def test_make_targets_exist(name: str) -> None:
    wanted = {line.split()[1] for block in blocks(name) for line in block if line.startswith("make ")}
    assert wanted == set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE)) & wanted != set()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with a user's program, an empty home, and `mynalab` and `python` on the path."""
    short = tempfile.mkdtemp(prefix="md-")
    for name in [name for name in os.environ if name.startswith(("MYNALAB_", "PCSCLITE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", short)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    Path("my_program.py").write_text("import os; print(os.environ['PCSCLITE_CSOCK_NAME'])\n")
    yield tmp_path
    shutil.rmtree(short)


def serve(line: str) -> subprocess.Popen[bytes]:
    """Start a command that goes on, and wait until it is up."""
    server = subprocess.Popen(shlex.split(line), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    watchdog = threading.Timer(60, server.kill)
    watchdog.daemon = True
    watchdog.start()
    assert server.stdout is not None
    assert server.stdout.readline().startswith(b"export ")
    return server


@pytest.mark.real_part("pkcs11-tool", "openssl", "bash")
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(lines, id=f"{name}-{number}")
        for name in READMES
        for number, lines in enumerate(blocks(name))
        if any("mynalab" in line for line in lines)
    ],
)
def test_console_block_runs(desk: Path, lines: list[str]) -> None:
    before: Counter[str] = Counter()
    servers = []
    try:
        for line in lines:
            if line.startswith("mynalab serve "):
                servers.append(serve(line))
            elif line != ". .venv/bin/activate":
                done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
                assert done.returncode == OTHER_STATUS.get((line, before[line]), 0), (line, done)
                before[line] += 1
    finally:
        for server in servers:
            server.terminate()
            server.communicate()


@pytest.mark.parametrize("name", READMES)
def test_help_block_is_the_real_help(name: str) -> None:
    written = re.search(
        r"<!-- help: mynalab --help -->\n```text\n(.*?)\n```\n<!-- end help -->", text_of(name), re.DOTALL
    )
    real = subprocess.run(
        [sys.executable, "-c", "from mynalab.cli.main import main; main()", "--help"],
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        check=True,
    )
    assert written is not None
    assert written[1] == real.stdout.decode().rstrip()


def test_generated_parts_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "generate_docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text_of(name))
    assert [target for target in targets if not (here / target).exists()] == []


FIXTURES = [path for path in sorted((ROOT / "fixtures").rglob("*")) if path.is_file() and path.suffix != ".md"]
SOURCES = [
    path.read_text("utf-8")
    for path in [*(ROOT / "tests").rglob("*.py"), ROOT / "mynalab" / "resources.py"]
    if path != Path(__file__)
]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: str(path.relative_to(ROOT / "fixtures")))
def test_fixture_is_used(path: Path) -> None:
    """By its name, or by a pattern over its directory."""
    pattern = re.compile(rf'{path.parent.name}\b.*glob\("\*{re.escape(path.suffix)}"\)', re.DOTALL)
    assert any(path.name in source or pattern.search(source) for source in SOURCES)


def test_changelog_tells_of_this_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", text_of("CHANGELOG.md"), re.MULTILINE)
