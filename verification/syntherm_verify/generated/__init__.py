"""Documents made from the code: each committed copy is compared with a fresh one."""
