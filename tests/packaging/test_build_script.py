"""The two commands, as far as they can be tried without installing: options, refusals, and what they leave alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts and the sample in a folder of their own, so that no test writes into the repository."""
    top = tmp_path / "a checkout"
    for name in ("test_build.sh", "run_image.sh", "scripts", ".ci", "sample"):
        copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy
        top.mkdir(exist_ok=True)
        copy(TOP / name, top / name)
    return top


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with only these additions to a plain environment, and nobody to answer questions."""
    return subprocess.run(
        [str(part) for part in command],
        env={"PATH": os.environ["PATH"], "HOME": str(cwd or "/nonexistent"), "LC_ALL": "C.UTF-8", **environment},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def stub(directory: Path, name: str, body: str) -> Path:
    """A program of that name, a few lines of shell."""
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def test_help_tells_every_option(checkout: Path) -> None:
    told = run(checkout / "test_build.sh", "--help")
    assert told.returncode == 0
    for word in ("test", "--install-only", "--no-browser", "--port N", "--token T", "BUILD_FRONTEND", "PROMPTER_LOG"):
        assert word in told.stdout


@pytest.mark.parametrize(
    "options", [["--prot", "1"], ["--port"], ["--port", "0"], ["--port=70000"], ["--token="], ["--token"], ["tset"]]
)
def test_a_wrong_option_is_one_line_that_names_it(checkout: Path, options: list[str]) -> None:
    told = run(checkout / "test_build.sh", *options)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.count("\n") == 1
    assert options[0].split("=")[0] in told.stderr
    assert not (checkout / "build").exists()


LOOK = "set +o; shopt; trap; pwd; compgen -A function; compgen -v | grep -v -x -e BASH_LINENO -e PIPESTATUS; echo $- $#"


@pytest.mark.parametrize("option", ["--help", "--nonsense"])
@pytest.mark.parametrize("mode", ["set +u", "set -u; shopt -s nullglob; trap 'echo bye' EXIT; cd /"])
def test_sourcing_leaves_the_shell_as_it_was(checkout: Path, option: str, mode: str) -> None:
    script = f"""
        {mode}
        before='' after='' code=''
        before=$({LOOK})
        source "$CHECKOUT/test_build.sh" {option} >/dev/null 2>&1; code=$?
        after=$({LOOK})
        diff <(printf '%s' "$before") <(printf '%s' "$after") && echo "same, code $code"
    """
    told = run("bash", "-c", script, "shell", "one", "two", CHECKOUT=str(checkout))
    assert f"same, code {0 if option == '--help' else 2}\n" in told.stdout, told.stdout + told.stderr


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_an_old_python_is_refused_with_the_conda_line(checkout: Path, tmp_path: Path, variable: str) -> None:
    pretend = "import sys; sys.version_info = (3, 9, 18); exec(sys.argv[1])"
    stub(tmp_path / "old" / "bin", "python", f"exec '{sys.executable}' -c '{pretend}' \"$2\"")
    told = run(checkout / "test_build.sh", "--install-only", **{variable: str(tmp_path / "old")})
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "3.9.18" in told.stderr
    assert "conda create -n prompter python=3.12 nodejs=20 && conda activate prompter" in told.stderr


def test_an_environment_without_python_is_refused(checkout: Path, tmp_path: Path) -> None:
    told = run(checkout / "test_build.sh", "test", VIRTUAL_ENV=str(tmp_path / "gone"))
    assert told.returncode == 1
    assert "gone has no Python" in told.stderr


def test_a_failed_step_shows_its_last_words_and_names_the_log(checkout: Path) -> None:
    script = 'log_file=$1/build/log; source "$1/scripts/messages.sh"; begin_log; step "trying" sh -c "echo oh; exit 3"'
    told = run("bash", "-c", f"{script}; echo never", "shell", checkout)
    assert told.returncode == 1
    assert told.stdout == "trying … failed\n"
    assert told.stderr == f"oh\ntest_build: failed: trying; all that was said is in {checkout}/build/log\n"


def test_a_setting_under_which_nothing_would_be_recorded_is_one_line(checkout: Path, tmp_path: Path) -> None:
    found = 'echo "ok      log  fine"; echo "failed  settings    MODE"; exit 1'
    stub(tmp_path / "bin", "prompter", f'[ "$1" = migrate ] || {{ {found}; }}')
    script = 'cd "$1"; source scripts/messages.sh; source scripts/install.sh; create_log; echo never'
    told = run("bash", "-uc", script, "shell", checkout, PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    assert (told.returncode, told.stdout, told.stderr) == (1, "", "test_build: MODE\n")


def open_sample(checkout: Path, home: Path, *assignments: str) -> str:
    """What the last step would start."""
    stub(home / "bin", "jupyter", 'printf "%s\\n" "$@"; echo "token=${JUPYTER_TOKEN-}"; pwd')
    script = (
        f"cd '{checkout}'; source scripts/messages.sh; source scripts/open.sh; {'; '.join(assignments)}; open_sample"
    )
    told = run("bash", "-uc", script, HOME=str(home), PATH=f"{home}/bin:{os.environ['PATH']}")
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_jupyterlab_opens_the_sample_with_what_was_asked_for(checkout: Path, tmp_path: Path) -> None:
    said = open_sample(checkout, tmp_path, "port=8899", "token=s3cret", "browser=''").splitlines()
    assert {"--port=8899", "--no-browser", "--LabApp.default_url=/lab/tree/loans.ipynb", "token=s3cret"} <= set(said)
    assert said[-1] == str(tmp_path / "prompter-sample")
    assert not any("s3cret" in line for line in said if line.startswith("--"))
    assert "--no-browser" not in open_sample(checkout, tmp_path, "port=''", "token=''", "browser=yes")


def test_a_changed_notebook_is_never_replaced(checkout: Path, tmp_path: Path) -> None:
    defaults = ("port=''", "token=''", "browser=''")
    open_sample(checkout, tmp_path, *defaults)
    mine = tmp_path / "prompter-sample" / "loans.ipynb"
    mine.write_text("my work")
    (mine.parent / "loans.csv").unlink()
    open_sample(checkout, tmp_path, *defaults)
    assert mine.read_text() == "my work"
    assert (mine.parent / "loans.csv").read_bytes() == (TOP / "sample" / "loans.csv").read_bytes()


def test_ci_runs_the_test_command_and_nothing_else(checkout: Path) -> None:
    stub(checkout, "test_build.sh", 'pwd; echo "$@"')
    told = run(checkout / ".ci" / "run", cwd=checkout / "scripts")
    assert told.stdout == f"{checkout}\ntest\n"


def test_the_image_is_run_without_a_password_on_the_command_line(checkout: Path, tmp_path: Path) -> None:
    stub(tmp_path / "bin", "docker", 'echo "$@"')
    secret = tmp_path / "password"
    secret.write_text("hidden")
    told = run(
        checkout / "run_image.sh",
        PATH=f"{tmp_path}/bin:{os.environ['PATH']}",
        TOKEN="s3cret",
        PROMPTER_DB_PASSWORD="s3cret",
        PROMPTER_DB_PASSWORD_FILE=str(secret),
        PLUGIN_PORT="9000",
    )
    assert told.returncode == 0, told.stderr
    assert "s3cret" not in told.stdout
    assert "--publish 127.0.0.1:9000:9000" in told.stdout
    assert f"--volume {secret}:/run/secrets/prompter_db_password:ro" in told.stdout
