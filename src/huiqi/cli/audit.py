"""`huiqi audit verify`: whether the record of acts is whole."""

from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli import portal
from huiqi.cli.options import Json
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.problems import suggest

HELP = """审计记录：verify 逐条核对摘要链，完整时退出码 0，有改动、缺失时退出码 1 并指出第一处。

核对后会打印最后一条的序号和摘要，请抄存到别处；下次用 --noted 序号:摘要 对照，末尾被整段删去也能发现。"""


def audit(
    act: Annotated[str, typer.Argument(metavar="verify", help="核对摘要链")],
    noted: Annotated[
        str, typer.Option("--noted", metavar="序号:摘要", help="与另存的一条对照")
    ] = "",
    as_json: Json = False,
) -> int:
    """Walk the chain and say whether it holds."""
    if act != "verify":
        raise Refusal(
            f"没有 huiqi audit {act}", suggest(act, ["verify"]) or "写 huiqi audit verify"
        )
    screen, kept = Screen(as_json), read_noted(noted)
    portal.start()
    portal.migrate(screen)
    from huiqi.portal.base import audit as chain

    with screen.progress("核对审计记录"):
        held, broken = chain.verify(kept)
        last = chain.head() if broken is None else None
    shown = f"{last[0]}:{last[1]}" if last else None
    if screen.as_json:
        place = None if broken is None else {"number": broken.number, "why": broken.why}
        screen.json({"ok": broken is None, "entries": held, "head": shown, "broken": place})
    if broken is None:
        screen.print(Text(f"✓ 审计记录完整，共 {held:,} 条", "good"))
        if shown:
            screen.print(Text(f"最后一条 {shown}", "quiet"))
        return Code.FINE
    screen.print(
        Text(f"✗ 第 {broken.number} 条：{broken.why}", "bad"),
        f"它前面的 {held:,} 条完整。请停用写入，保存数据库副本，查明谁能直接改数据库",
    )
    return Code.FOUND


def read_noted(text: str) -> tuple[int, str] | None:
    """A number and a digest as they were printed."""
    if not text:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise Refusal(f"--noted 写得不对：“{text}”", "照抄上次打印的“序号:摘要”")
    return int(number), digest.lower()


def register(app: typer.Typer) -> None:
    app.command("audit", cls=Command, help=HELP)(audit)
