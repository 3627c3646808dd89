"""The operators' desk in a terminal: shows the session and takes typed acts; a process of its own."""
