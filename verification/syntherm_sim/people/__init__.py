"""The people of the virtual treatment room: a script, or a person at the terminal."""
