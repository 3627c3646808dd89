"""Whether the stated uncertainty is the true one: errors over uncertainties, in virtual patients and real images."""
