"""How Cinedex is reached: thin edges over `Library`."""
