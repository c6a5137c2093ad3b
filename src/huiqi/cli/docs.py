"""`huiqi docs`: handbooks printed from the rules."""

import typer


def register(app: typer.Typer) -> None:
    return None
