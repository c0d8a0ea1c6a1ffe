"""Flashing, judged: the standards as data, the verdict on stored rows, and the mildest remedy."""
