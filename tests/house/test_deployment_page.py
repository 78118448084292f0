"""The configuration files in docs/deployment.md work as printed."""

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from app.db import roles
from tests.house import tree
from tests.support.ports import free_port

TEXT = (tree.ROOT / "docs" / "deployment.md").read_text()
SYSTEMD = shutil.which("systemd-analyze") or ""
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def nginx_lines() -> str:
    (lines,) = re.findall(r"^```nginx\n(.*?)```", TEXT, re.S | re.M)
    return str(lines)


def test_old_and_new_versions_of_nginx_know_its_directives() -> None:
    assert not re.search(r"^\s*http2 on;", nginx_lines(), re.M)
    assert "listen 443 ssl http2;" in nginx_lines()


@pytest.mark.skipif(not Path(NGINX).exists(), reason="no nginx on this machine")
def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("desk.example.org")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "desk.pem")
    issued.private_key_pem.write_to_path(tmp_path / "desk.key")
    server = nginx_lines().replace("/etc/ssl/", f"{tmp_path}/").replace("listen 443", f"listen 127.0.0.1:{free_port()}")
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {server} }}")

    result = subprocess.run([NGINX, "-t", "-c", config], capture_output=True, text=True, timeout=20)

    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(not SYSTEMD, reason="no systemd on this machine")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    (unit,) = re.findall(r"^```ini\n(.*?)```", TEXT, re.S | re.M)
    account = pwd.getpwuid(os.getuid()).pw_name
    here = unit.replace("/opt/tickstock/.venv/bin", str(Path(sys.executable).parent)).replace(
        "=tickstock", f"={account}"
    )
    (tmp_path / "tickstock@web.service").write_text(here.replace("/opt/tickstock", str(tree.ROOT)))

    result = subprocess.run(
        [SYSTEMD, "verify", tmp_path / "tickstock@web.service"], capture_output=True, text=True, timeout=20
    )

    assert result.returncode == 0, result.stderr
    assert "tickstock" not in result.stderr


def test_the_time_outs_of_roles_are_those_of_the_embedded_server() -> None:
    expected = dict.fromkeys((roles.OWN, roles.MARKET), roles.TIME_OUTS)
    lines = re.findall(r"^ALTER ROLE (\w+) SET (\w+_timeout) = '(\w+)';$", TEXT, re.M)

    assert lines == [(role, name, value) for role, time_outs in expected.items() for name, value in time_outs.items()]
