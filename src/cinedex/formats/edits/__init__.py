"""Edit lists as players and editors read them."""
