"""Lines in another language: what a writer is asked, what of its answer is believed, and where that is kept."""
