"""What ships is device/syntherm and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.system
def test_wheel_holds_the_device_package_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name for name in names if ".dist-info/" not in name}
    source = ROOT / "device"
    shipped = {
        str(path.relative_to(source))
        for path in (source / "syntherm").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == shipped
    scripts = next(name for name in names if name.endswith("entry_points.txt"))
    assert zipfile.ZipFile(wheel).read(scripts).decode().split() == [
        "[console_scripts]",
        "syntherm",
        "=",
        "syntherm.cli:main",
    ]
