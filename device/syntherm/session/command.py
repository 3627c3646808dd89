"""`syntherm keys` and `syntherm people`: the site's key, and who may sign."""

import argparse
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

from syntherm.audit.keys import PUBLIC, SECRET, KeyRefused, load_public, make_key
from syntherm.session.register import RegisterRefused, add, enrol, read_register

BAD_INPUT = 2


def keys(arguments: Sequence[str]) -> int:
    """Make a key, or show the fingerprint of one. Exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="syntherm keys", epilog="The ceremony is in docs/site-key.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="a new key for this site, in two new files")
    make.add_argument("--out", type=Path, required=True, metavar="DIR")
    show = commands.add_parser("show", help="the fingerprint of a public key")
    show.add_argument("path", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "show":
            print(load_public(options.path).fingerprint)
            return 0
        key = make_key(options.out)
    except KeyRefused as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(f"secret key  {options.out / SECRET}: for the session's user alone; it is never copied")
    print(f"public key  {options.out / PUBLIC}: for everybody who verifies")
    print(f"fingerprint {key.public.fingerprint}")
    return 0


def people(arguments: Sequence[str]) -> int:
    """Put a person into the site's register, or list who is in it. Exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="syntherm people")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("add", help="somebody who may sign; asks for the secret twice")
    new.add_argument("path", type=Path, help="the register, a TOML file")
    for name, says in (("id", "what the person is called at the console"), ("name", "full name"), ("role", "role")):
        new.add_argument(f"--{name}", required=True, help=says)
    listed = commands.add_parser("list", help="who may sign")
    listed.add_argument("path", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "list":
            for person in read_register(options.path).people.values():
                print(f"{person.identity:20} {person.role:20} {person.name}")
            return 0
        secret = getpass(f"secret of {options.id}: ")
        if getpass("again: ") != secret:
            raise RegisterRefused("the two secrets differ; nothing was changed")
        add(options.path, enrol(options.id, options.name, options.role, secret))
    except (RegisterRefused, EOFError) as error:
        print(str(error) or "no secret was given; nothing was changed", file=sys.stderr)
        return BAD_INPUT
    return 0
