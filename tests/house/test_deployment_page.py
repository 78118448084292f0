"""What operators copy from docs/operations.md works as it stands."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import trustme

from app.db import roles
from tests.house import tree
from tests.ports import free_port

TEXT = (tree.ROOT / "docs" / "operations.md").read_text()
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def nginx_lines() -> str:
    (lines,) = re.findall(r"^nginx:\n\n```\n(.*?)```", TEXT, re.S | re.M)
    return str(lines)


def test_the_lines_for_nginx_are_known_to_old_and_new_ones() -> None:
    assert not re.search(r"^\s*http2 on;", nginx_lines(), re.M)
    assert "listen 443 ssl http2;" in nginx_lines()


@pytest.mark.skipif(not Path(NGINX).exists(), reason="no nginx on this machine")
def test_nginx_starts_with_them(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("desk.example.org")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "desk.pem")
    issued.private_key_pem.write_to_path(tmp_path / "desk.key")
    server = nginx_lines().replace("/etc/ssl/", f"{tmp_path}/").replace("listen 443", f"listen 127.0.0.1:{free_port()}")
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {server} }}")

    said = subprocess.run([NGINX, "-t", "-c", config], capture_output=True, text=True, timeout=20)

    assert said.returncode == 0, said.stderr


def test_the_time_outs_of_roles_are_those_of_our_own_server() -> None:
    told = dict.fromkeys((roles.OWN, roles.MARKET), roles.TIME_OUTS)
    lines = re.findall(r"^ALTER ROLE (\w+) SET (\w+_timeout) = '(\w+)';$", TEXT, re.M)

    assert lines == [(role, name, value) for role, time_outs in told.items() for name, value in time_outs.items()]
