"""The command `syntherm`: records, reports and quality assurance. Each part is loaded only when it is asked for."""

import sys
from typing import Final

USAGE: Final = """usage: syntherm COMMAND ...

  session --site FILE --plan FILE --out DIR     a treatment day with the devices of a site
  desk --site FILE                   what the operators see and do, in a terminal
  guardian CONFIG                    the process that holds the generator's enable
  dicom CONFIG                       the process that takes pushed DICOM and passes it on as MRD
  devices check --site FILE          find, identify and exercise each device, without energy or drug
  record verify PATH [--head HASH] [--key FILE]   is the record whole, untouched, and this site's?
  record replay PATH                 does the core, executed again, decide the same?
  record check PATH                  did every safety property hold?
  record show | diff | export        read a record, compare two, hand one over
  record outlook PATH [--minute M]   what the drug would do next, held, extended or stopped
  trial ...                          an index over many records
  keys make | show                   the key that signs this site's records
  people add | list                  who may sign
  report PATH [--out FILE]           the session report of a record
  qa phantom DIR [--json]            phantom thermometry against its truth

Research software: not cleared for clinical use.
"""


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    match arguments:
        case ["record", *rest]:
            return _record(rest)
        case ["trial", *rest]:
            from syntherm.trial.command import trial

            return trial(rest)
        case ["keys" | "people" as what, *rest]:
            from syntherm.session.command import keys, people

            return keys(rest) if what == "keys" else people(rest)
        case ["session" | "devices" | "desk" as what, *rest]:
            return _treat(what, rest)
        case ["guardian" | "dicom" as what, *rest]:
            return _beside(what, rest)
        case ["report", *rest]:
            from syntherm.reports.command import report

            return report(rest)
        case ["qa", "phantom", *rest]:
            from syntherm.qa.command import phantom

            return phantom(rest)
        case [] | ["-h"] | ["--help"]:
            print(USAGE, end="")
            return 0
    print(USAGE, end="", file=sys.stderr)
    return 2


def _treat(what: str, arguments: list[str]) -> int:
    """What a treatment day is run with."""
    if what == "session":
        from syntherm.session.run_command import session

        return session(arguments)
    if what == "devices":
        from syntherm.session.devices_command import devices

        return devices(arguments)
    from syntherm.desk.command import desk

    return desk(arguments)


def _beside(what: str, arguments: list[str]) -> int:
    """What runs beside a session, in a process of its own."""
    if what == "guardian":
        from syntherm.guardian.command import main as guardian

        return guardian(arguments)
    from syntherm.dicom.command import main as receive

    return receive(arguments)


def _record(arguments: list[str]) -> int:
    """What is asked of records: by auditors in a process of class A, or of what the session itself rests on."""
    match arguments:
        case ["show" | "diff" | "export" | "outlook" as what, *rest]:
            from syntherm.auditing.command import diff, export, outlook, show

            return {"show": show, "diff": diff, "export": export, "outlook": outlook}[what](rest)
    from syntherm.audit.command import record

    return record(arguments)


def main() -> None:
    """Leave with the exit code of the command that was asked for."""
    sys.exit(run(sys.argv[1:]))
