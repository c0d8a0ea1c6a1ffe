"""What is asked: one file per question."""
