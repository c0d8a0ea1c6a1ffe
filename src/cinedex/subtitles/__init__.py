"""Subtitles: style guides as data, cues made to conform to them, files checked against them, read and written."""
