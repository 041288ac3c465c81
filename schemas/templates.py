"""Pages from templates that stand beside the module that fills them; all that they are given is escaped."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def environment(module: str) -> "Environment":
    """What finds templates in folder ``pages`` beside a module, by its ``__file__``; a name not given is an error.

    Jinja is imported with the first page: commands that show none do without.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(module).with_name("pages"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False, trim_blocks=True)


@lru_cache
def template(module: str, name: str) -> "Template":
    """A template beside a module, compiled once."""
    return environment(module).get_template(name)
