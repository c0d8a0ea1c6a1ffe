"""`python -m cinedex` is `cinedex`."""

from cinedex.app.cli import main

if __name__ == "__main__":
    main()
