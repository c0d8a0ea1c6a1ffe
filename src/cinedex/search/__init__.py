"""How it is found: moments made from tracks, an index of them, and queries over it."""
