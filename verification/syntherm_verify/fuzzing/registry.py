"""The targets by name. Each lies in a module that is imported only by who runs it, so that it can be instrumented."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from syntherm_verify.fuzzing.target import Target

_MODULES: Final = {
    "pump": ("pump-frames", "pump-replies"),
    "transducer": ("openlifu", "openlifu-trigger", "tpo"),
    "scanner": ("mrd", "mrd-header", "mrd-source", "igtl", "igtl-source"),
    "pushed": ("dicom-object", "dicom-config"),
    "guardian": ("guardian-mrd", "guardian-words", "guardian-config"),
    "desk": ("desk-link", "desk-picture"),
    "files": ("plan", "site", "people"),
    "record": ("record-values", "record-arrays", "record-seal"),
}
NAMES: Final = tuple(name for names in _MODULES.values() for name in names)


def target(name: str) -> Target:
    """The target of that name. Raises KeyError."""
    for module, names in _MODULES.items():
        if name in names:
            found: Mapping[str, Target] = import_module(f"syntherm_verify.fuzzing.{module}").TARGETS
            return found[name]
    raise KeyError(name)
