"""Every module that reads bytes from outside: which target covers it, or why none does."""

from collections.abc import Mapping
from typing import Final

import attrs


@attrs.frozen
class Reader:
    """Modules of the device, as paths below syntherm/ that may hold `*`, and what they read."""

    modules: tuple[str, ...]
    what: str

    def line(self) -> str:
        """The reader in words."""
        return f"{self.what} ({', '.join(self.modules)})"


COVERED: Final[Mapping[str, Reader]] = {
    "pump-frames": Reader(("adapters/pump/codec",), "safe and basic frames of a New Era pump"),
    "pump-replies": Reader(("adapters/pump/replies", "adapters/pump/digits"), "replies and numbers of a New Era pump"),
    "openlifu": Reader(("adapters/transducer/openlifu_codec",), "frames of an OpenLIFU transmitter and console"),
    "openlifu-trigger": Reader(("adapters/transducer/openlifu_trigger",), "the trigger of a transmitter, in JSON"),
    "tpo": Reader(("adapters/transducer/tpo_codec",), "lines of a four-channel TPO"),
    "mrd": Reader(("adapters/scanner/mrd_codec", "adapters/scanner/stream"), "ISMRMRD messages"),
    "mrd-header": Reader(("adapters/scanner/mrd_header",), "the XML header of ISMRMRD"),
    "mrd-source": Reader(
        ("adapters/scanner/mrd_source", "adapters/scanner/frames"), "an ISMRMRD stream, up to judged images"
    ),
    "igtl": Reader(("adapters/scanner/igtl_codec", "adapters/scanner/crc64"), "OpenIGTLink messages as they come"),
    "igtl-source": Reader(
        ("adapters/scanner/igtl_body", "adapters/scanner/igtl_source"),
        "OpenIGTLink bodies whose check holds, up to judged images",
    ),
    "dicom-object": Reader(
        (
            "dicom/library",
            "dicom/facts",
            "dicom/enhanced",
            "dicom/slices",
            "dicom/assembler",
            "dicom/receiver",
            "dicom/volumes",
        ),
        "pushed DICOM objects, up to volumes",
    ),
    "dicom-config": Reader(("dicom/config",), "the configuration of the receiver of DICOM"),
    "guardian-mrd": Reader(
        ("guardian/mrd", "guardian/view", "guardian/facts"), "the guardian's copy of the stream, up to its conditions"
    ),
    "guardian-words": Reader(("guardian/messages", "session/guarding_link"), "words of session and guardian"),
    "guardian-config": Reader(("guardian/config",), "the guardian's configuration"),
    "desk-link": Reader(("link/door", "link/messages"), "what a desk sends to the session"),
    "desk-picture": Reader(("desk/client", "desk/picture"), "what the session sends to a desk, up to what it shows"),
    "plan": Reader(("core/plan/*", "session/plan_file"), "the treatment plan"),
    "site": Reader(("site/*",), "the site file"),
    "people": Reader(("session/register",), "the register of people"),
    "record-values": Reader(("audit/encoding", "reports/body"), "the text of a recorded event"),
    "record-arrays": Reader(("audit/arrays",), "a stored array"),
    "record-seal": Reader(("audit/seal",), "the seal beside a record"),
}
BESIDES: Final[Mapping[Reader, str]] = {
    Reader(
        ("audit/check", "audit/course", "audit/reader", "audit/replay", "audit/verify"), "the record as a whole"
    ): "SQLite reads it; the campaign `tamper` changes its pages and rows",
    Reader(("audit/keys",), "keys in PEM"): "the cryptography package reads them",
    Reader(("auditing/*", "reports/*", "trial/*", "qa/*"), "records, images, tables"): "class A, no part of a session",
    Reader(("dicom/limits", "dicom/outbox", "dicom/server"), "the network's side of DICOM"): "pynetdicom reads it",
    Reader(
        (
            "adapters/pump/talk",
            "adapters/transducer/drain",
            "adapters/transducer/openlifu_link",
            "adapters/transducer/openlifu_parts",
            "adapters/transducer/tpo_client",
        ),
        "the clients' side of lines",
    ): "bytes go to the codecs above; fields of whole frames by tests of the clients",
    Reader(("guardian/stops", "desk/stop"), "one word"): "at most 64 bytes at a time, compared with fixed words",
    Reader(("guardian/link", "guardian/tee", "guardian/sockets"), "sockets"): "passed on whole to the readers above",
    Reader(("guardian/selftest",), "made images"): "the guardian's own, on its way up",
    Reader(("session/notary*",), "questions and answers"): "a pipe between two processes of one program",
    Reader(("session/devices_command",), "the first bytes of a port"): "only whether there are any",
    Reader(("desk/command",), "what is typed"): "words of one line, compared with fixed ones",
    Reader(("adapters/stoploop/*", "guardian/wires"), "control lines"): "levels; pyserial reads RFC 2217",
}
