"""The authentication app's service and the operator beside it, on the machine's clock; and an Apache that trusts it."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from joserfc.jwk import RSAKey

from mynalab.authapp.app import authapp
from mynalab.authapp.clients import read_jwks, register_client
from mynalab.clock import system_clock
from mynalab.lab.create import create_lab
from mynalab.lab.issue import IssuingDesk
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.register import open_register
from mynalab.operator_server.app import operator_app
from mynalab.persona import load_persona
from mynalab.resources import persona_files
from mynalab.web.server import LoopbackServer
from tests.interop.artefacts import FOUNDED
from tests.interop.desk import free_pair_of_ports, short_directory

REALM = "/api/realms/main"
SCOPES = "openid name address birthdate gender"
APACHE_PARTS = ("apache2", "/usr/lib/apache2/modules/mod_auth_openidc.so")
BROWSER_PARTS = ("/usr/bin/chromium", "python:playwright")
_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "env", "include", "mime", "auth_openidc")
_WAIT_S = 20.0


@functools.cache
def client_key() -> RSAKey:
    """One key for all clients: making it takes longer than to use it."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@dataclass(frozen=True)
class Identity:
    """What a relying party knows of the service, and of the operator that opens what was signed."""

    lab: Lab
    url: str
    operator_url: str
    operator_token: str

    @property
    def metadata_url(self) -> str:
        return f"{self.url}{REALM}/.well-known/openid-configuration"

    @functools.cached_property
    def metadata(self) -> dict[str, str]:
        found: dict[str, str] = httpx.get(self.metadata_url).json()
        return found

    def register(self, client_id: str, redirect_uri: str, **options: Any) -> None:
        key = client_key().as_dict(private=False)
        register_client(self.lab, client_id, redirect_uris=(redirect_uri,), jwks={"keys": [key]}, **options)

    def ask_operator(self, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.operator_token}"}
        return httpx.post(f"{self.operator_url}/v1/{path}", json=body, headers=headers)


@contextlib.contextmanager
def standing_identity(directory: Path) -> Iterator[Identity]:
    """A lab in which each persona has a card of the same name, and both services."""
    lab = create_lab(directory / "lab", now=FOUNDED, seed="identity")
    with open_register(lab) as register:
        desk = IssuingDesk(lab, register)
        for name in persona_files():
            desk.issue(name=name, persona=load_persona(name), now=FOUNDED)
        desk.publish(now=FOUNDED)
    with (
        LabOperator(lab) as operator,
        LoopbackServer(operator_app(operator, clock=system_clock), port=0) as verifier,
        LoopbackServer(authapp(lab, clock=system_clock, test_responses=True), port=0) as provider,
    ):
        yield Identity(lab, provider.url, verifier.url, operator.demo(now=system_clock()))


@dataclass(frozen=True)
class Apache:
    """An httpd of the test's own, whose /private/ is for who has logged in."""

    url: str
    log: Path

    @property
    def page(self) -> str:
        return f"{self.url}/private/index.shtml"

    @property
    def info(self) -> str:
        """What mod_auth_openidc tells of the session."""
        return f"{self.url}/private/return?info=json"

    @property
    def logout(self) -> str:
        return f"{self.url}/private/return?logout={self.url}/goodbye.shtml"


@contextlib.contextmanager
def apache(identity: Identity, client_id: str, *, test_responses: bool = False) -> Iterator[Apache]:
    """Started on a free port, for nobody but this machine, and ended after the test. No service of the machine's."""
    with short_directory() as directory:
        url = f"http://127.0.0.1:{free_pair_of_ports()}"
        _write_files(directory, url, client_id, identity)
        register_client(
            identity.lab,
            client_id,
            redirect_uris=(f"{url}/private/return",),
            jwks=read_jwks(directory / "public.pem"),
            test_responses=test_responses,
        )
        with (directory / "said").open("wb") as said:
            process = subprocess.Popen(
                ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", str(directory / "httpd.conf")],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                **_without_root(directory),
            )
        try:
            _wait_until_up(url, process, directory)
            yield Apache(url, directory / "error.log")
        finally:
            process.terminate()
            process.wait(_WAIT_S)


def _write_files(directory: Path, url: str, client_id: str, identity: Identity) -> None:
    key = client_key()
    (directory / "private.pem").write_bytes(key.as_pem(private=True))
    (directory / "public.pem").write_bytes(key.as_pem(private=False))
    (directory / "pages/private").mkdir(parents=True)
    (directory / "pages/private/index.shtml").write_text("<pre><!--#printenv --></pre>\n")
    (directory / "pages/goodbye.shtml").write_text("<p>goodbye</p>\n")
    settings = {
        # First: mod_auth_openidc knows private_key_jwt from where on there is a private key.
        "OIDCPrivateKeyFiles": f"{directory}/private.pem",
        "OIDCPublicKeyFiles": f"{directory}/public.pem",
        "OIDCProviderMetadataURL": identity.metadata_url,
        "OIDCClientID": client_id,
        "OIDCRedirectURI": f"{url}/private/return",
        "OIDCCryptoPassphrase": "for-this-test-alone",
        "OIDCScope": f'"{SCOPES}"',
        "OIDCResponseType": "code",
        "OIDCPKCEMethod": "S256",
        "OIDCProviderTokenEndpointAuth": "private_key_jwt",
        "OIDCIDTokenSignedResponseAlg": "ES256",
        "OIDCInfoHook": "iat access_token id_token userinfo session",
        "OIDCCookieSameSite": "On",
    }
    lines = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED]
    lines += [f"{name} {value}" for name, value in settings.items()]
    (directory / "httpd.conf").write_text(
        _CONFIGURATION.format(directory=directory, listen=url.removeprefix("http://"), lines="\n".join(lines))
    )


_CONFIGURATION = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/httpd.pid
Mutex file:{directory}
Listen {listen}
ServerName {listen}
StartServers 1
ErrorLog {directory}/error.log
LogLevel warn auth_openidc:info
{lines}
TypesConfig /etc/mime.types
AddDefaultCharset UTF-8
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
DocumentRoot {directory}/pages
<Directory {directory}/pages>
  Options +Includes
  Require all granted
</Directory>
<Location /private>
  AuthType openid-connect
  Require valid-user
</Location>
"""


def _without_root(directory: Path) -> dict[str, Any]:
    """Apache serves no pages as root: then it runs as nobody, whose the directory becomes."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait_until_up(url: str, process: subprocess.Popen[bytes], directory: Path) -> None:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/goodbye.shtml")
            return
        time.sleep(0.05)
    raise AssertionError(f"apache2 does not come up: {(directory / 'said').read_text()}")


def use_card(browser: httpx.Client, address: str, *, card: str, pin: str, text_pin: str = "") -> httpx.Response:
    """What a person does at the page of an authorization request, without a browser of many megabytes."""
    page = browser.get(address)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    action = re.search(r'action="([^"]+)"', page.text)
    assert action is not None, f"{page.status_code} {page.headers.get('location')}"
    fields |= {"do": "use", "card": f"card:{card}", "pin": pin, "text_pin": text_pin}
    return browser.post(page.url.join(action[1]), data=fields)
