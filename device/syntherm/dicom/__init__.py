"""DICOM push: a process of its own that takes objects from a scanner and passes whole volumes on as MRD."""
