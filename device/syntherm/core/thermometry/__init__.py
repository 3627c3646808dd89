"""Proton-resonance-frequency-shift thermometry: temperature with uncertainty and validity, voxel by voxel."""
