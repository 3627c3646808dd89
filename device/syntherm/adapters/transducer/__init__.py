"""Generators behind the Transducer port: OpenLIFU (binary frames, two lines) and TPO (lines of ASCII)."""
