"""What dbt knows of the warehouse, out of its manifest: the views that BI reads with their columns and keys, and what is made of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tonghop.errors import TonghopError

MARTS = "marts"
"""The layer that BI reads."""
_PREFIX = f"{MARTS}__"
_VIETNAMESE = "vi__"
"""What the names of doc blocks with the Vietnamese text begin with."""


class UndescribedColumns(TonghopError):
    """Views or columns that BI reads and that nobody has described in both languages."""


class Text(NamedTuple):
    """A description in both languages; `name` is that of its English doc block, or of the view."""

    name: str
    vi: str
    en: str


class Reference(NamedTuple):
    """A column that holds a key of another view."""

    view: str
    column: str


@dataclass(frozen=True)
class Column:
    """A column of a view: its type, what it means, and what is tested of it."""

    name: str
    data_type: str
    text: Text
    is_unique: bool
    is_required: bool
    values: tuple[str, ...]
    reference: Reference | None


@dataclass(frozen=True)
class View:
    """A view of the marts, named as BI names it."""

    name: str
    text: Text
    columns: tuple[Column, ...]

    @property
    def is_dimension(self) -> bool:
        """Whether other views refer to it by its key."""
        return self.name.startswith("dim_")

    @property
    def references(self) -> Iterator[tuple[Column, Reference]]:
        """Its columns that hold keys of other views, with what they refer to."""
        return ((column, column.reference) for column in self.columns if column.reference is not None)


@dataclass(frozen=True)
class Node:
    """A model of dbt or a table that it reads, with the nodes that it is made of."""

    name: str
    layer: str
    text: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Project:
    """The views of the marts, and every node by its name."""

    views: tuple[View, ...]
    nodes: Mapping[str, Node]


def read_project(manifest: Mapping[str, Any]) -> Project:
    """The project out of dbt's `manifest.json`. Raises UndescribedColumns with all that lacks a text in either language."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    tests = _tests_by_column(manifest)
    texts = _Texts(manifest["docs"])
    views = [
        View(
            name=_short(model["name"]),
            text=texts.of(model["name"], model["name"], model["description"]),
            columns=tuple(_column(model, column, tests[model["unique_id"], column["name"]], texts) for column in model["columns"].values()),
        )
        for model in models
        if model["fqn"][1] == MARTS
    ]
    texts.refuse_if_incomplete()
    views.sort(key=lambda view: (view.is_dimension, view.name.startswith("fct_"), view.name))
    return Project(tuple(views), _nodes(manifest, models))


def _short(name: str) -> str:
    return name.removeprefix(_PREFIX)


class _Texts:
    """The doc blocks; remembers who lacks one."""

    def __init__(self, blocks: Mapping[str, Any]) -> None:
        self._by_name = {block["name"]: str(block["block_contents"]).strip() for block in blocks.values()}
        self._lacking: dict[str, str] = {}

    def of(self, where: str, name: str, english: str) -> Text:
        """The English text and the Vietnamese one of the same name."""
        vietnamese = self._by_name.get(_VIETNAMESE + name, "")
        if not english:
            self._lacking[where] = "a description"
        elif not vietnamese:
            self._lacking[where] = f"the block {_VIETNAMESE}{name}"
        return Text(name, vietnamese, english.strip())

    def refuse_if_incomplete(self) -> None:
        """Raise UndescribedColumns when anything lacked a text."""
        if self._lacking:
            lines = [f"  {where} lacks {what}" for where, what in sorted(self._lacking.items())]
            advice = (
                "Write the blocks into dbt_project/models/columns.md (English) and dbt_project/models/marts/vietnamese.md (Vietnamese)."
            )
            raise UndescribedColumns("\n".join(["Views or columns that BI reads are not described in both languages:", *lines, advice]))


def _column(model: Mapping[str, Any], column: Mapping[str, Any], tests: Sequence[Mapping[str, Any]], texts: _Texts) -> Column:
    blocks = [block.split(".", 2)[-1] for block in column["doc_blocks"]]
    arguments = {test["test_metadata"]["name"]: test["test_metadata"]["kwargs"] for test in tests}
    reference = arguments.get("relationships")
    constraints = {constraint["type"] for constraint in column["constraints"]}
    return Column(
        name=column["name"],
        data_type=column["data_type"] or "",
        text=texts.of(f"{model['name']}.{column['name']}", blocks[0] if blocks else column["name"], column["description"]),
        is_unique=bool({"unique", "primary_key"} & (arguments.keys() | constraints)),
        is_required=bool({"not_null", "primary_key"} & (arguments.keys() | constraints)),
        values=tuple(map(str, arguments.get("accepted_values", {}).get("values", ()))),
        reference=Reference(_short(_referred(reference["to"])), reference["field"]) if reference else None,
    )


def _referred(relation: str) -> str:
    """The model in `ref('model')`."""
    return relation.split("'")[1] if "'" in relation else relation.split('"')[1]


def _tests_by_column(manifest: Mapping[str, Any]) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
    tests: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("attached_node") and node.get("column_name") and not node["config"].get("where"):
            tests[node["attached_node"], node["column_name"]].append(node)
    return tests


def _nodes(manifest: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> Mapping[str, Node]:
    known: dict[str, tuple[str, str, str]] = {
        source["unique_id"]: (f"{source['source_name']}.{source['name']}", "sources", source["description"])
        for source in manifest["sources"].values()
    }
    known |= {model["unique_id"]: (_qualified(model), model["fqn"][1], model["description"]) for model in models}
    parents = {model["unique_id"]: model["depends_on"]["nodes"] for model in models}
    return {
        name: Node(name, layer, text.strip(), tuple(sorted({known[parent][0] for parent in parents.get(key, ()) if parent in known})))
        for key, (name, layer, text) in known.items()
    }


def _qualified(model: Mapping[str, Any]) -> str:
    return f"{MARTS}.{_short(model['name'])}" if model["fqn"][1] == MARTS else str(model["name"])
