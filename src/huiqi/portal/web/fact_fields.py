"""A form field for any fact of the vocabulary: its control follows its type, what is typed is read exactly."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from huiqi.portal.base import places
from huiqi.rulebook.language.literals import LiteralError, show_value, to_date
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.language.trees import Tree, TreeNode
from huiqi.rulebook.library.values import Known, read_value
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

YES_NO = (("是", "是"), ("否", "否"))
LEAVES = ("县级", "大类", "中类")
HEADS = ("地级", "门类")
HOW = {
    Kind.COUNT: "请写整数，例如 35",
    Kind.MONEY: "请写成如 20万元 或 3,200元",
    Kind.RATE: "请写成如 5%",
}
"""What to write instead, where a fault does not say it."""
Choices = list[tuple[str, Any]]


class FactField(forms.Field):
    """A value of one fact. ``clean`` gives the value in base units, None for an empty field."""

    def __init__(self, spec: FactSpec, vocabulary: Vocabulary, **kwargs: Any) -> None:
        self.spec, self.vocabulary = spec, vocabulary
        kwargs.setdefault("widget", widget_of(spec, vocabulary))
        kwargs.setdefault("help_text", help_of(spec))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Known | None:
        text = str(value or "").strip()
        if not text:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        # Only money must name its unit, because 20 may be yuan or ten thousands.
        unit = "%" if self.spec.type.kind is Kind.RATE else ""
        try:
            return read_value(text, self.spec, self.vocabulary, unit)
        except LiteralError as error:
            how = "" if "请写" in str(error) else HOW.get(self.spec.type.kind, "")
            said = f"{error}。{how}" if how else str(error)
            raise ValidationError(said, code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """A value in base units as the control writes it; what was typed stays as typed."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, int):
            kind = self.spec.type.kind
            return (
                to_date(value).isoformat()
                if kind is Kind.DATE
                else show_value(value, self.spec.type)
            )
        return value


def widget_of(spec: FactSpec, vocabulary: Vocabulary) -> forms.Widget:
    """The control that fits a fact's type."""
    match spec.type.kind:
        case Kind.BOOL:
            return forms.RadioSelect(choices=YES_NO)
        case Kind.CHOICE:
            listed = vocabulary.choices.get(spec.type.choices, ())
            return forms.Select(choices=[("", "请选择"), *((name, name) for name in listed)])
        case Kind.REGION | Kind.INDUSTRY:
            return forms.Select(choices=[("", "请选择"), *leaves(vocabulary.trees[spec.type.kind])])
        case Kind.DATE:
            return forms.DateInput(attrs={"type": "date", "class": "is-short"})
        case Kind.TEXT:
            return forms.TextInput(attrs={"maxlength": 200})
    return forms.TextInput(attrs={"class": "is-short", "inputmode": "text"})


def help_of(spec: FactSpec) -> str:
    """How to write it, where that is not plain."""
    match spec.type.kind:
        case Kind.MONEY:
            return "写法如“20万元”“3,200元”"
        case Kind.RATE:
            return "写法如“5%”"
        case Kind.COUNT:
            return f"单位：{spec.type.unit or '个'}"
    return ""


def leaves(tree: Tree, within: str = "") -> Choices:
    """What can be chosen, under the city or section above it; ``within`` one region only."""
    out: dict[str, Choices] = {}
    for node in _present(tree, within):
        if node.level in LEAVES:
            above = next((top for level in HEADS if (top := tree.ancestor(node.code, level))), None)
            out.setdefault(above.name if above else "其他", []).append((node.code, node.name))
    return list(out.items())


def branches(tree: Tree, within: str = "") -> Choices:
    """Every node that contains something, with what it contains: a city, then its counties."""
    out: Choices = []
    for node in _present(tree, within):
        if node.level in HEADS:
            out.append((node.code, node.name))
        elif node.level in LEAVES:
            depth = 1 if node.level != "中类" else 2
            out.append((node.code, "　" * depth + node.name))
    return out


def _present(tree: Tree, within: str) -> Iterator[TreeNode]:
    """What exists today, of all or within one node."""
    held = set(places.codes(within, tree)) if within else None
    return (node for node in tree.nodes if node.current and (held is None or node.code in held))
