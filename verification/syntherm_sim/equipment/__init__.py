"""Equipment of the virtual treatment room. Each device ends its leases itself, as the real one must."""
