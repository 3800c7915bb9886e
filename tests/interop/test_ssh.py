"""OpenSSH with the authentication key: a log-in, an agent, a signed git commit."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki.kinds import CaKind
from tests.interop.desk import Desk, short_directory
from tests.interop.pki import AUTH_PIN, Pki

pytestmark = pytest.mark.real_part(
    "python:smartcard", "ssh", "sshd", "ssh-keygen", "ssh-agent", "ssh-add", "git", "opensc-tool"
)
USER = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def askpass(ready: Desk) -> dict[str, str]:
    """The PIN for ssh, as a desktop would ask for it."""
    program = ready.home / "askpass"
    program.write_text(f"#!/bin/sh\necho {AUTH_PIN}\n")
    program.chmod(0o700)
    return {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"}


@pytest.fixture
def public_key(ready: Desk, pki: Pki, pkcs11_module: Path) -> str:
    """The authentication key in ssh's form, read from the card."""
    listed = ready.run("ssh-keygen", "-D", pkcs11_module, "-e")
    key = pki.people[0].keys[CaKind.AUTH].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert key in listed
    return key


@pytest.fixture
def ssh(ready: Desk, public_key: str) -> list[str]:
    """An ssh command line to a server of our own, which knows that key and lives as long as the connection."""
    home = ready.home
    ready.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "host_key")
    (home / "authorized_keys").write_text(public_key + "\n")
    (home / "known_hosts").write_text(f"desk {(home / 'host_key.pub').read_text()}")
    (home / "sshd_config").write_text(
        f"HostKey {home}/host_key\nAuthorizedKeysFile {home}/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPermitRootLogin prohibit-password\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # compiled into Debian's sshd; the service makes it, too
    server = f"{shutil.which('sshd', path=ready.environment['PATH'])} -i -f {home}/sshd_config"
    return [
        *("ssh", "-F", "none", "-o", f"ProxyCommand={server}", "-o", f"UserKnownHostsFile={home}/known_hosts"),
        *("-o", "PreferredAuthentications=publickey", "-o", "IdentityFile=none", "-l", USER),
    ]


@pytest.fixture
def agent(ready: Desk, askpass: dict[str, str], pkcs11_module: Path) -> Iterator[dict[str, str]]:
    """An ssh-agent that holds the card."""
    with short_directory() as directory:
        environment = {"SSH_AUTH_SOCK": str(directory / "agent")}
        with ready.running("ssh-agent", "-D", "-a", directory / "agent", "-P", "/usr/lib/*") as lines:
            lines.wait_for("SSH_AUTH_SOCK")
            ready.run("ssh-add", "-s", pkcs11_module, env={**environment, **askpass})
            yield environment


def test_login(ready: Desk, ssh: list[str], askpass: dict[str, str], pkcs11_module: Path) -> None:
    said = ready.run(*ssh, "-o", f"PKCS11Provider={pkcs11_module}", "desk", "echo", "logged", "in", env=askpass)
    assert said.endswith("logged in\n")


def test_login_without_the_card(ready: Desk, ssh: list[str], askpass: dict[str, str], pkcs11_module: Path) -> None:
    ready.remove()
    said = ready.run(*ssh, "-o", f"PKCS11Provider={pkcs11_module}", "desk", "true", env=askpass, status=255)
    assert "Permission denied (publickey)" in said


def test_two_logins_through_the_agent(ready: Desk, ssh: list[str], agent: dict[str, str]) -> None:
    for _ in range(2):
        assert ready.run(*ssh, "desk", "echo", "logged", "in", env=agent).endswith("logged in\n")


def test_signed_commit(ready: Desk, public_key: str, agent: dict[str, str]) -> None:
    (ready.home / "key.pub").write_text(public_key + "\n")
    (ready.home / "signers").write_text(f"hanako@example.org {public_key}\n")
    (ready.home / ".gitconfig").write_text(
        "[user]\nname = Hanako\nemail = hanako@example.org\n"
        f"signingkey = {ready.home}/key.pub\n"
        f'[gpg]\nformat = ssh\n[gpg "ssh"]\nallowedSignersFile = {ready.home}/signers\n'
    )
    ready.run("git", "init", "-q", "repository")
    git = ("git", "-C", "repository")
    ready.run(*git, "commit", "-q", "--allow-empty", "-S", "-m", "signed with the card", env=agent)
    said = ready.run(*git, "verify-commit", "HEAD")
    assert 'Good "git" signature for hanako@example.org with RSA key' in said
