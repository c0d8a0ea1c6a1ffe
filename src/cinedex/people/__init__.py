"""People across a library: who a film's characters are, as people have decided it. See docs/decisions/0012."""
