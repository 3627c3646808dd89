"""Syntherm governs an MR-HIFU mild-hyperthermia session. Research software: not cleared for clinical use."""
