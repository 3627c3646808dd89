"""Verification tools: traceability, generated evidence, campaigns. They never ship with the device."""
