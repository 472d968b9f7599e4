"""``python -m datasetbuilder`` is the command line."""

from datasetbuilder.app.cli import main

if __name__ == "__main__":
    main()
