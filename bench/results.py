"""Figures: for people a table, for programs JSON."""

import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

Row = Mapping[str, str | float]


@dataclass(frozen=True)
class Group:
    """Figures of one kind. `columns` gives the heading and the format of each of a row's keys."""

    name: str
    title: str
    note: str
    columns: Mapping[str, tuple[str, str]]
    rows: list[Row] = field(default_factory=list)

    def table(self) -> Table:
        table = Table(
            title=self.title,
            title_style="bold",
            title_justify="left",
            caption=self.note,
            caption_justify="left",
            box=SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for heading, _ in self.columns.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for row in self.rows:
            table.add_row(*(self._cell(row, key) for key in self.columns))
        return table

    def _cell(self, row: Row, key: str) -> str:
        value = row.get(key, "")
        return value if isinstance(value, str) else self.columns[key][1].format(value)


def facts() -> dict[str, object]:
    """What the figures depend on, beside us."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def show(console: Console, groups: list[Group]) -> None:
    for group in groups:
        console.print("", group.table(), sep="\n")


def write(path: Path, machine: Mapping[str, object], groups: list[Group]) -> None:
    """Write the figures, unrounded; the keys say the units."""
    content = {**machine, **{group.name: group.rows for group in groups}}
    path.write_text(json.dumps(content, indent=2) + "\n")
