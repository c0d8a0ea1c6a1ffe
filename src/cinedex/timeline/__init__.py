"""What is known about a film: exact time, typed rows, and tracks of them. Pure values; imports nothing of ours."""
