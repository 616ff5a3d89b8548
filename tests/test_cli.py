"""The command line, as a program."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from traitlets.config import Config, PyFileConfigLoader

from binderhub_lite._version import __version__
from binderhub_lite.app import BinderHub
from binderhub_lite.launch_command import LaunchApp

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `binderhub-lite` where no Docker daemon is: nothing of it can start to serve."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        nowhere = {"DOCKER_HOST": str(tmp_path / "docker.sock"), "XDG_DATA_HOME": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-m", "binderhub_lite", *arguments],
            env={**os.environ, **nowhere, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """What a program that gave up has said: one line, and status 1."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_the_version(run: Run) -> None:
    result = run("--version")

    assert (result.returncode, result.stdout) == (0, f"{__version__}\n")


def test_the_long_help_names_every_option(run: Run) -> None:
    result = run("--help-all")

    assert result.returncode == 0
    shown = set(re.findall(r"^--(\w+\.\w+)=", result.stdout, re.MULTILINE))
    assert shown >= {
        f"{kind.__name__}.{option}"
        for kind in (BinderHub, *BinderHub.classes)
        for option in kind.class_own_traits(config=True)
    }


def test_who_reads_help_may_stop_reading(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "binderhub_lite", "--help-all"]
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False
    )
    os.close(writer)

    assert result.stderr == ""


def test_the_short_help_names_the_subcommand_and_the_usual_options(run: Run) -> None:
    result = run("--help")

    for word in ("launch", "-f", "--config", "--port", "--debug", "--generate-config"):
        assert word in result.stdout


def test_a_generated_configuration_can_be_loaded_and_shows_every_option(
    run: Run, tmp_path: Path
) -> None:
    assert run("--generate-config").returncode == 0

    written = tmp_path / "binderhub_config.py"
    assert PyFileConfigLoader(str(written)).load_config() == Config()
    text = written.read_text()
    for option in BinderHub.class_own_traits(config=True):
        assert f"# c.BinderHub.{option} = " in text


def test_a_configuration_that_is_there_is_never_written_over(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("c.BinderHub.port = 'not even right'\n")

    assert "mine.py is already there" in sentence(run("--generate-config", f"--config={mine}"))

    assert mine.read_text() == "c.BinderHub.port = 'not even right'\n"


def test_a_generated_configuration_goes_where_it_is_wanted(run: Run, tmp_path: Path) -> None:
    assert run("--generate-config", "-f", "other.py").stdout == "Wrote other.py\n"

    assert (tmp_path / "other.py").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--config=missing.py"], "There is no configuration file 'missing.py'"),
        (["--port=99999"], "'port' .* should not be greater than 65535"),
        (["--port=http"], "'port' .* expected an int, not the str 'http'"),
        (["--BinderHub.build_memory_limit=lots"], "expected a number of bytes"),
        (["--BinderHub.ca_bundle=/no/such/file"], "there is no file '/no/such/file'"),
        (["--BinderHub.hub_url=http://x", "--BinderHub.builder_required=no"], "boolean"),
        (["--prot=8000"], "There is no option --prot: did you mean --port?"),
        (["launch", ".", "--no-brwoser"], "There is no option --no-brwoser: did you mean --no-b"),
        (["--nonsense"], "There is no option --nonsense: --help lists"),
        (["-x", "1"], "There is no option -x"),
        (["serve"], "'serve' is no command"),
        (["launch"], "Name one repository: binderhub-lite launch REPO"),
        (["launch", "a/b", "c/d"], "Name one repository"),
        (["launch", "/"], "/ is the whole machine: name a directory in it"),
        (["launch", "nonsense"], "'nonsense' is no directory, and no repository"),
        (["launch", ".", "--ref=v1"], "A directory is launched as it stands"),
        (["launch", "https://["], "no repository that is known here"),
        (["launch", "~nobody-of-that-name"], "no repository that is known here"),
        (["launch", "a/b", "--port=0"], "'port' .* should not be less than 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    run: Run, arguments: list[str], complaint: str
) -> None:
    assert re.search(complaint, sentence(run(*arguments)))


@pytest.mark.parametrize("arguments", [[], ["launch", "user/repo", "--no-browser"]])
def test_without_docker_the_program_says_how_to_get_it(
    run: Run, tmp_path: Path, arguments: list[str]
) -> None:
    said = run(*arguments).stderr.splitlines()[-1]

    assert said.startswith(f"binderhub-lite: No Docker daemon answers at {tmp_path}/docker.sock")
    assert "start Docker" in said


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("DOCKER_HOST", "tcp://10.0.0.1:2375", "give the path of the Docker daemon's socket"),
        ("BINDERHUB_LITE_CA_BUNDLE", "/no/such/file", "ca_bundle: there is no file"),
    ],
)
def test_a_bad_environment_is_one_sentence_as_well(
    run: Run, variable: str, value: str, complaint: str
) -> None:
    result = run("--BinderHub.builder_required=False", **{variable: value})

    assert result.returncode == 1
    assert complaint in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_an_existing_hub_needs_a_token(run: Run) -> None:
    result = run("--BinderHub.hub_url=http://127.0.0.1:1", "--BinderHub.builder_required=False")

    assert result.returncode == 1
    assert "a token is needed: set c.BinderHub.hub_api_token" in result.stderr.splitlines()[-1]


def test_a_broken_configuration_file_stops_the_start_and_is_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "binderhub_config.py").write_text(
        "c.BinderHub.port = 8585\nimport no_such_module\n"
    )

    result = run()

    assert result.returncode == 1
    assert "binderhub_config.py" in result.stderr
    assert "No module named 'no_such_module'" in result.stderr


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "config.py"
    config.write_text("c.BinderHub.port = 1111\nc.BinderHub.image_prefix = 'from-file-'\n")
    app = BinderHub()

    app.initialize(["--port=2222", f"--config={config}"])

    assert (app.port, app.image_prefix) == (2222, "from-file-")
    assert app.config_path == config


@pytest.mark.parametrize(
    ("arguments", "passed_on"),
    [
        (["--port=1", "--LocalRepoProvider.root=/srv", "--Launcher.retries=2"], []),
        (["--JupyterHub.log_level=10"], ["--JupyterHub.log_level=10"]),
        (["--port=1", "--DockerSpawner.mem_limit=1G"], ["--DockerSpawner.mem_limit=1G"]),
    ],
)
@pytest.mark.parametrize("kind", [BinderHub, LaunchApp])
def test_options_of_the_hub_are_passed_on_to_it(
    kind: type[BinderHub], arguments: list[str], passed_on: list[str]
) -> None:
    app = kind()
    app.parse_command_line(arguments)

    assert app.hub_arguments() == passed_on
