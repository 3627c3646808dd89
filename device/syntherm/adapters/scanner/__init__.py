"""Images from a scanner over its wire: ISMRMRD (MRD version 1) streams and OpenIGTLink."""
