"""A wheel carries the front-end files that set-up makes; without them it is not built."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MISSING = """
The front-end files in var/static-vendor are missing or of another version: run scripts/front-end (or
`make`) first, then build again. An installed portal without them would have no styles.
缺少 var/static-vendor 中的前端组件，或版本不符：请先运行 scripts/front-end（或 make），再打包。
"""


class FrontEnd(BuildHookInterface[Any]):
    """Looks before a wheel or a source archive is built; an editable install needs nothing."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises FileNotFoundError where the files are not there."""
        script = Path(self.root) / "scripts" / "front-end"
        loader = SourceFileLoader("front_end", str(script))
        spec = spec_from_loader(loader.name, loader)
        assert spec is not None
        front = module_from_spec(spec)
        loader.exec_module(front)
        if version != "editable" and not front.complete():
            raise FileNotFoundError(MISSING)
