"""Equipment at the other end of the wire: simulators that speak the real protocols over ptys and loopback sockets."""
