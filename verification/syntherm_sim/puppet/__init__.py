"""A room without physics: devices that end their leases truthfully, and images made to show what is asked for."""
