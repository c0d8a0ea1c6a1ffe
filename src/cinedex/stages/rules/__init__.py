"""Rules that conclude what happens from what is known: what a rule is, how it is read, judged and answered for."""
