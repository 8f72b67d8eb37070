"""The settings of a provider to sign in by: all of it or nothing, and nothing is loaded for nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from incident_app.settings import SettingsError, read

ALL = {"OIDC_ISSUER": "https://id.example.org/realm/", "OIDC_CLIENT_ID": "incident-app", "OIDC_CLIENT_SECRET": "s3cret"}
LOADED = """
import sys
sys.modules["authlib"] = sys.modules["joserfc"] = None  # as where the extra is not installed
from incident_app.app import create_app
from incident_app.settings import SettingsError, read
environ = {"INSTANCE_DIR": sys.argv[1]}
app = create_app(read(environ))
assert app.test_client().get("/sign-in/oidc").status_code == 404
assert "Sign in with" not in app.test_client().get("/sign-in").text
given = environ | {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b", "OIDC_LABEL": "Example ID"}
try:
    read(given)
except SettingsError as error:
    print(error)
del sys.modules["authlib"], sys.modules["joserfc"]
assert "incident_app.adapters.oidc" not in sys.modules
app = create_app(read(given))
assert app.extensions["incident_app_ports"].provider.label == "Example ID"
"""


def problems_of(tmp_path: Path, **environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read({"INSTANCE_DIR": str(tmp_path / "instance"), **environ})
    return caught.value.problems


def test_a_provider_is_read_as_a_whole(tmp_path: Path) -> None:
    base = {"INSTANCE_DIR": str(tmp_path / "instance")}
    assert read(base).oidc is None
    assert read(base | {"OIDC_ISSUER": " "}).oidc is None

    plain = read(base | ALL).oidc
    assert plain is not None
    assert (plain.issuer, plain.label, plain.mfa_acr, plain.mfa_amr) == (ALL["OIDC_ISSUER"], "id.example.org", (), ())
    assert (plain.nets, plain.plain) == ((), False)
    assert "s3cret" not in repr(plain)
    named = read(base | ALL | {"OIDC_LABEL": "Example ID", "OIDC_MFA_AMR": "mfa, hwk", "OIDC_MFA_ACR": "urn:gold"}).oidc
    assert named is not None
    assert (named.label, named.mfa_acr, named.mfa_amr) == ("Example ID", ("urn:gold",), ("mfa", "hwk"))
    assert set(problems_of(tmp_path, OIDC_LABEL="Example ID")) == {"OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}


@pytest.mark.parametrize("issuer", [
    "http://id.example.org", "id.example.org", "https://", "https://a@id.example.org", "https://id.example.org/?a=b",
    "https://id.example.org/#x", "https://[::1", "file:///etc/passwd", "http://10.0.0.1",
])
def test_an_issuer_is_asked_by_tls_or_on_this_machine(tmp_path: Path, issuer: str) -> None:
    assert "https://" in problems_of(tmp_path, **ALL | {"OIDC_ISSUER": issuer})["OIDC_ISSUER"]
    read({"INSTANCE_DIR": str(tmp_path / "instance"), **ALL, "OIDC_ISSUER": "http://127.0.0.1:9"})


def test_the_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    kept, rest = tmp_path / "secret", {name: value for name, value in ALL.items() if name != "OIDC_CLIENT_SECRET"}
    kept.write_text("from the file\n")
    found = read({"INSTANCE_DIR": str(tmp_path / "instance"), **rest, "OIDC_CLIENT_SECRET_FILE": str(kept)}).oidc
    assert found is not None
    assert found.client_secret == "from the file"

    assert "leave out" in problems_of(tmp_path, **ALL, OIDC_CLIENT_SECRET_FILE=str(kept))["OIDC_CLIENT_SECRET_FILE"]
    missing = problems_of(tmp_path, **rest, OIDC_CLIENT_SECRET_FILE=str(tmp_path / "none"))
    assert missing == {"OIDC_CLIENT_SECRET": "OIDC_CLIENT_SECRET_FILE cannot be read (FileNotFoundError)"}
    kept.write_text("two\nlines")
    assert "one line" in problems_of(tmp_path, **rest, OIDC_CLIENT_SECRET_FILE=str(kept))["OIDC_CLIENT_SECRET"]
    kept.write_bytes(b"\xff\xfe")
    assert "Unicode" in problems_of(tmp_path, **rest, OIDC_CLIENT_SECRET_FILE=str(kept))["OIDC_CLIENT_SECRET"]


def test_nothing_of_it_is_loaded_without_the_settings_and_without_the_extra_it_is_said(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, str(tmp_path / "instance")], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "OIDC_ISSUER: needs the extra that speaks OpenID Connect: pip install 'incident-app[oidc]'\n"


def test_a_provider_in_a_network_of_ours_is_reached_where_that_is_named(tmp_path: Path) -> None:
    base = {"INSTANCE_DIR": str(tmp_path / "instance"), **ALL}
    inside = read(base | {"OIDC_PRIVATE_NETS": "10.1.0.0/16, fd00::/64"}).oidc
    here = read(base | {"OIDC_ISSUER": "http://127.0.0.1:8080"}).oidc
    assert inside is not None
    assert here is not None
    assert (inside.nets, inside.plain) == (("10.1.0.0/16", "fd00::/64"), False)
    assert (here.nets, here.plain) == (("127.0.0.0/8", "::1/128"), True)
    assert "networks" in problems_of(tmp_path, **ALL, OIDC_PRIVATE_NETS="intranet")["OIDC_PRIVATE_NETS"]
