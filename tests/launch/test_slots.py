"""Launches from the command line: each with a place of its own."""

from pathlib import Path

from binderhub_lite.launch.data_dir import DataDir
from binderhub_lite.launch.slots import free_slot, namespace_of, slots_below


def test_the_first_slot_that_nobody_uses_is_taken(tmp_path: Path) -> None:
    slot, namespace = free_slot(tmp_path)
    running = DataDir(slot)
    running.open()

    assert free_slot(tmp_path)[0].name == "launch-1"
    running.close()
    assert free_slot(tmp_path) == (slot, namespace)
    assert [path.name for path in slots_below(tmp_path)] == ["launch-0", "launch-1"]


def test_two_people_with_one_docker_do_not_take_each_others_containers(tmp_path: Path) -> None:
    ada, bob = (namespace_of(tmp_path / name / "launch-0") for name in ("ada", "bob"))

    assert ada != bob
    assert ada.startswith("launch-0-")
