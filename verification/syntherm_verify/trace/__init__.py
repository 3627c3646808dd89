"""The trace: from hazard and need to requirement, code, executed test and result, with every gap named."""
