"""What every command here shares: one line for what is wrong with the input, and a pager that is left early."""

import os
import sys
from collections.abc import Callable

from syntherm.audit.reader import UnreadableRecord
from syntherm.auditing.looks import plain

ALL_WELL, FOUND, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class BadInput(Exception):
    """What was asked for cannot be done. One line: file or option, what was found, what was expected."""


def answered(command: str, act: Callable[[], int]) -> int:
    """The exit code of a command: its own, or 2 after one line on standard error for what it cannot do."""
    try:
        code = act()
        sys.stdout.flush()
        return code
    except (UnreadableRecord, BadInput) as error:
        _complain(command, str(error))
    except BrokenPipeError:
        # Whoever read the output has seen enough. What is still buffered must not fail again on leaving.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ALL_WELL
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _complain(command, f"{error.filename or 'input or output'}: {error.strerror or error}")
    return BAD_INPUT


def _complain(command: str, words: str) -> None:
    sys.stderr.write(f"{command}: {plain(' '.join(words.split()))}\n")
