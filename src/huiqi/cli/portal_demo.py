"""The last part of `huiqi demo`: the portal on the region just made, and an account for each role."""

import os
import signal
import subprocess
import sys
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from huiqi.cli import portal
from huiqi.cli.screen import Column, Screen

if TYPE_CHECKING:
    from huiqi.portal.demonstration import Account


def prepare(
    screen: Screen, policies: Path, target: Path, shown: str, today: date
) -> "list[Account]":
    """Builds the portal in ``target/portal`` from the region in ``target/data``."""
    portal.start(target / "portal")
    portal.migrate(screen)
    from django.utils import timezone

    from huiqi.portal import demonstration

    with screen.progress("建立平台") as step:
        accounts = demonstration.make(
            policies, target / "data", shown, on=today, at=timezone.now(), tell=step.told
        )
    portal.close()
    return accounts


def show(screen: Screen, accounts: "list[Account]") -> None:
    """The accounts, as they are typed."""
    from huiqi.portal.demonstration import PASSWORD

    screen.print("", Text("平台账户", "head"))
    holders = [item for item in accounts if item.source]
    screen.table(
        [Column("用户名"), Column("角色"), Column("单位")],
        [[item.username, item.role.label, item.unit] for item in accounts if not item.source],
    )
    screen.print("", Text("其他部门的工作人员：核实本部门登记的更正申请", "head"))
    half = -(-len(holders) // 2)
    screen.table(
        [Column("用户名"), Column("数据来源"), Column("用户名"), Column("数据来源")],
        [_beside(one, two) for one, two in zip_longest(holders[:half], holders[half:])],
    )
    screen.print(Text(f"密码都是 {PASSWORD}，只供本机演示", "quiet"))


def environment(home: Path, port: int) -> dict[str, str]:
    """What the demonstration's server is told, on top of what the person set."""
    own = f"http://127.0.0.1:{port}"
    return {"HUIQI_SITE_URL": own, **os.environ, "HUIQI_HOME": str(home.resolve())}


def _beside(one: "Account", two: "Account | None") -> list[str]:
    """Two accounts in one line."""
    return [text for item in (one, two) if item for text in (item.username, item.source)]


def run(home: Path, port: int) -> int:
    """Serves the portal in a process of its own until it is stopped."""
    command = [sys.executable, "-m", "huiqi.cli", "serve", "--port", str(port)]
    served = subprocess.Popen(command, env=environment(home, port))
    # Whoever ends this process ends the portal; Ctrl+C reaches both.
    signal.signal(signal.SIGTERM, lambda *_: served.terminate())
    try:
        return served.wait()
    except KeyboardInterrupt:
        served.wait()
        return 0
