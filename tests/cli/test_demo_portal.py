"""`huiqi demo` up to the point where the portal is opened, in a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_demonstration_fills_a_portal(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    command = [sys.executable, "-m", "huiqi.cli", "demo", "--enterprises", "300", "--no-serve"]
    ran = subprocess.run(
        [*command, "--out", str(out), "--on", "2026-11-22", "--json"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "huiqi.portal.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    made = json.loads(ran.stdout)
    roles = {item["role"] for item in made["accounts"]}
    assert roles == {
        "enterprise_admin", "enterprise_staff", "officer", "registrar", "leader", "author",
        "signer", "auditor", "operator",
    }  # fmt: skip
    with sqlite3.connect(out / "portal" / "huiqi.sqlite3") as database:
        count = database.execute("SELECT count(*) FROM registry_enterprise").fetchone()
        run = database.execute("SELECT entitlements FROM matching_run WHERE is_current").fetchone()
        released = database.execute(
            "SELECT count(*) FROM policies_release WHERE state = 'in_force'"
        ).fetchone()
    assert count == (300,)
    assert run is not None
    assert run[0] > 0
    assert released == (7,)
