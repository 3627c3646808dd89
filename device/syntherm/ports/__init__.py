"""Small protocols behind which all equipment, clocks, people and the record stand."""
