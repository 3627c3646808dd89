"""What can go wrong with equipment and its wires, as data."""
