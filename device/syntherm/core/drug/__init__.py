"""The drug: what was pumped, what reached the patient, and whether the target was in range when it did."""
