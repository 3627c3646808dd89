"""The virtual breast patient: anatomy, bioheat, acoustics and MR signal. Independent of the device package."""
