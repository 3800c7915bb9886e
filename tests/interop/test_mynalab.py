"""The `mynalab` program around programs that know nothing of it: run, serve, vpcd."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.interop.desk import PCSCD_PARTS, Desk, Pcscd, PcscdReaders, RootlessReaders, ask_reader, short_directory

pytestmark = pytest.mark.real_part("python:smartcard", "opensc-tool", "pkcs11-tool")
MYNALAB = (sys.executable, "-c", "from mynalab.cli.main import main; main()")
ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def lab(tmp_path: Path) -> dict[str, str]:
    """Where the lab of this test is, for the environment."""
    return {
        "PYTHONPATH": ROOT,
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "MYNALAB_LANG": "en",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def bare_desk(tmp_path: Path) -> Desk:
    """A desk whose readers nobody serves."""
    return Desk(tmp_path, RootlessReaders(tmp_path / "nobody"))


def test_run_shows_a_program_the_card(bare_desk: Desk, lab: dict[str, str]) -> None:
    assert bare_desk.run(*MYNALAB, "run", "--", "opensc-tool", "-n", env=lab).splitlines()[-1] == "jpki"


def test_run_ends_with_the_status_of_the_program(bare_desk: Desk, lab: dict[str, str]) -> None:
    said = bare_desk.run(
        *(*MYNALAB, "run", "--", "pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "9999"), env=lab, status=255
    )
    assert "PIN code or key incorrect" in said


def test_wrong_pins_of_separate_runs_add_up(bare_desk: Desk, lab: dict[str, str], pkcs11_module: Path) -> None:
    verify = (*MYNALAB, "run", "--", "pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "9999")
    for _ in range(3):
        bare_desk.run(*verify, env=lab, status=255)
    listed = bare_desk.run(*MYNALAB, "run", "--", "pkcs11-tool", "--module", pkcs11_module, "-L", env=lab)
    assert "user PIN locked" in listed


def test_serve_lets_another_terminal_use_and_swap_cards(bare_desk: Desk, lab: dict[str, str]) -> None:
    with short_directory() as runtime:
        environment = {**lab, "XDG_RUNTIME_DIR": str(runtime)}
        with bare_desk.running(*MYNALAB, "serve", env=environment) as service:
            line = service.wait_for("\n").strip()
            while not line.startswith("export PCSCLITE_CSOCK_NAME="):
                line = service.wait_for("\n").strip()
            environment["PCSCLITE_CSOCK_NAME"] = line.partition("=")[2]
            assert bare_desk.run("opensc-tool", "-n", env=environment).splitlines()[-1] == "jpki"
            bare_desk.run(*MYNALAB, "card", "remove", "adult-resident", env=environment)
            assert " No " in bare_desk.run("opensc-tool", "-l", env=environment)
            bare_desk.run(*MYNALAB, "card", "insert", "adult-resident", env=environment)
            assert " Yes " in bare_desk.run("opensc-tool", "-l", env=environment)


@pytest.mark.real_part(*PCSCD_PARTS)
def test_vpcd_puts_the_card_into_pcscd(pcscd: Pcscd, lab: dict[str, str], tmp_path: Path) -> None:
    desk = Desk(tmp_path, PcscdReaders(pcscd))
    with desk.running(*MYNALAB, "vpcd", "--port", str(pcscd.port), env=lab) as service:
        service.wait_for("is in.")
        assert ask_reader(pcscd.socket_path, desk.reader(), "present", deadline_s=10.0) == 0
        assert desk.run("opensc-tool", "-n").splitlines()[-1] == "jpki"
    assert ask_reader(pcscd.socket_path, desk.reader(), "empty", deadline_s=10.0) == 0
