"""How it leaves: one file a family of formats. A format is `write(timeline, to)`; what it cannot carry it names."""
