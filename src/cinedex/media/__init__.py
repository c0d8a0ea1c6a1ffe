"""What is watched: probing a file, the one dense pass, and looks at given times. PyAV is imported here only."""
