"""From marker to JUnit to result: a real, small test run, and files that are none."""

import subprocess
import sys
from pathlib import Path

import pytest

from syntherm_verify.trace.errors import BadInput
from syntherm_verify.trace.junit import Outcome, Result, read_results

HOOK = Path(__file__).parents[1] / "conftest.py"
PROBE = """
import pytest

@pytest.mark.verifies("SRS-102", "SRS-101")
class TestThings:
    @pytest.mark.verifies("RC-01")
    @pytest.mark.parametrize("value", [1, 2])
    def test_good(self, value):
        assert value

@pytest.mark.verifies("SRS-201")
@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.verifies("SRS-202")
@pytest.mark.xfail(reason="known")
def test_expected_to_fail():
    assert False

@pytest.fixture
def breaks_afterwards():
    yield
    raise RuntimeError

@pytest.mark.verifies("SRS-203")
def test_with_failing_teardown(breaks_afterwards):
    pass

def test_of_nothing():
    pass
"""


def _run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_probe.py").write_text(text, encoding="utf-8")
    (folder / "conftest.py").write_text(HOOK.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = verifies(*ids)\njunit_family = xunit1\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml=out.xml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_marked_ids_survive_every_way_a_test_can_end(tmp_path: Path) -> None:
    _run(tmp_path, PROBE)

    file, both = "test_probe.py", ("RC-01", "SRS-101", "SRS-102")
    assert set(read_results(tmp_path / "out.xml")) == {
        Result(file, "TestThings::test_good[1]", both, Outcome.PASSED),
        Result(file, "TestThings::test_good[2]", both, Outcome.PASSED),
        Result(file, "test_skipped", ("SRS-201",), Outcome.SKIPPED),
        Result(file, "test_expected_to_fail", ("SRS-202",), Outcome.SKIPPED),
        Result(file, "test_with_failing_teardown", ("SRS-203",), Outcome.FAILED),
        Result(file, "test_of_nothing", (), Outcome.PASSED),
    }


def test_an_id_of_another_form_is_a_usage_error(tmp_path: Path) -> None:
    run = _run(tmp_path, 'import pytest\n\n@pytest.mark.verifies("SRS-1")\ndef test_it():\n    pass\n')

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert (
        "test_probe.py::test_it: verifies: found 'SRS-1', expected ids as SRS-101 or RC-01" in run.stdout + run.stderr
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "no such file"),
        ("<testsuites><testcase", "malformed XML"),
        ("", "malformed XML"),
        ("<testsuites></testsuites>", "no test case"),
    ],
)
def test_what_is_no_test_run_is_refused_in_one_line(tmp_path: Path, content: str | None, found: str) -> None:
    path = tmp_path / "run.xml"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(BadInput) as refusal:
        read_results(path)

    message = str(refusal.value)
    assert message.startswith(f"{path}: found {found}")
    assert "\n" not in message
