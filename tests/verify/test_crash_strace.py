"""A trace of system calls is read as what it asked of the files of one folder."""

import shutil
from pathlib import Path

import pytest

from syntherm_verify.crash import strace
from syntherm_verify.crash.strace import (
    Acknowledge,
    Allocate,
    Create,
    Link,
    NoTrace,
    Rename,
    Sync,
    Truncate,
    Unlink,
    Write,
    traced,
)

PROGRAM = """
import os, sys
folder = sys.argv[1]
said = os.open(folder + "/said", os.O_WRONLY | os.O_CREAT)
file = os.open(folder + "/file", os.O_RDWR | os.O_CREAT)
os.write(file, b"ab")
os.write(file, b"cd")
os.pwrite(file, b"X", 1)
os.posix_fallocate(file, 0, 8)
os.ftruncate(file, 3)
os.fdatasync(file)
os.write(said, b"done\\n")
os.close(file)
other = os.open("/dev/null", os.O_WRONLY)
os.write(other, b"elsewhere")
os.rename(folder + "/file", folder + "/new")
place = os.open(folder, os.O_RDONLY)
os.fsync(place)
os.link(folder + "/new", folder + "/twin")
os.unlink(folder + "/new")
"""
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@needs_strace
def test_all_that_is_asked_of_the_folder_is_told_in_its_order(tmp_path: Path) -> None:
    found = [each for each in traced(tmp_path, ["-c", PROGRAM, str(tmp_path)], "said") if each != Create("said")]
    assert found == [
        Create("file"),
        Write("file", 0, b"ab"),
        Write("file", 2, b"cd"),
        Write("file", 1, b"X"),
        Allocate("file", 8),
        Truncate("file", 3),
        Sync("file"),
        Acknowledge("done"),
        Rename("file", "new"),
        Sync(""),
        Link("new", "twin"),
        Unlink("new"),
    ]


@needs_strace
@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ("symlink", "os.symlink('a', folder + '/b')"),
        ("writev", "os.writev(os.open(folder + '/file', os.O_WRONLY | os.O_CREAT), [b'a', b'b'])"),
    ],
)
def test_a_call_that_the_model_does_not_know_ends_the_trial(call: str, asked: str, tmp_path: Path) -> None:
    with pytest.raises(NoTrace, match=f"{call} is not known to the model of the disk"):
        traced(tmp_path, ["-c", f"import os, sys; folder = sys.argv[1]; {asked}", str(tmp_path)], "said")


@needs_strace
def test_a_program_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(NoTrace, match="ended with 1: no such thing"):
        traced(tmp_path, ["-c", "import sys; sys.exit('no such thing')"], "said")


def test_without_strace_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strace.shutil, "which", lambda _: None)
    with pytest.raises(NoTrace, match="strace is not installed"):
        traced(tmp_path, ["-c", ""], "said")
