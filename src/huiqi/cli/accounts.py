"""`huiqi accounts`: the first operator of an empty system, and a way back in for a lost password."""

from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli import portal
from huiqi.cli.options import Json
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.problems import suggest

HELP = """账户：operator 在空系统里添加第一位系统管理员；password 给一个账户换上只能用一次的密码。

其他账户由系统管理员在网页“账户与单位”里添加。能运行本命令的人等于能直接改数据库，请限制服务器的登录。"""
ACTS = ("operator", "password")


def accounts(
    act: Annotated[str, typer.Argument(metavar="operator|password", help="要做的事")],
    username: Annotated[str, typer.Argument(metavar="用户名", help="字母开头，4至32位")],
    name: Annotated[
        str, typer.Option("--name", metavar="姓名", help="管理员的姓名")
    ] = "系统管理员",
    unit: Annotated[
        str, typer.Option("--unit", metavar="单位", help="管理员所在单位的名称")
    ] = "平台运行单位",
    as_json: Json = False,
) -> int:
    """Make the first operator, or reset a password."""
    if act not in ACTS:
        remedy = suggest(act, list(ACTS)) or "写 operator 或 password"
        raise Refusal(f"没有 huiqi accounts {act}", remedy)
    screen = Screen(as_json)
    portal.start()
    portal.migrate(screen)
    from django.utils import timezone

    from huiqi.portal.base import accounts as people
    from huiqi.portal.base.access import NOBODY
    from huiqi.portal.base.models import User
    from huiqi.portal.base.refusal import Refused

    at = timezone.now()
    try:
        if act == "operator":
            user, password = people.first_operator(username, name, unit, at=at)
        else:
            found = User.objects.filter(username=username).first()
            if found is None:
                raise Refusal(f"没有用户名“{username}”", "核对用户名的大小写")
            user, password = found, people.reset_password(found, by=NOBODY, at=at)
    except Refused as refused:
        raise Refusal(refused.what, refused.remedy) from None
    if screen.as_json:
        screen.json({"ok": True, "username": user.username, "password": password})
    screen.print(
        Text(f"用户名 {user.username}", "head"),
        Text(f"一次性密码 {password}", "head"),
        Text("只显示这一次，登录后必须改成自己的密码", "quiet"),
    )
    return Code.FINE


def register(app: typer.Typer) -> None:
    app.command("accounts", cls=Command, help=HELP)(accounts)
