"""The one-machine run: the real template and the real functions, without AWS."""
