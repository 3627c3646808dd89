"""One typed doorway to the just-in-time compiler, so that compiled kernels keep their static types."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile for one thread, cached on disk.

    No fastmath: re-ordered sums could differ between runs or machines, and a recorded session must re-run alike.
    """
    return cast(F, numba.njit(cache=True, fastmath=False, nogil=True)(function))
