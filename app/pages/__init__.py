"""One module per page: a layout function and, where needed, a register function."""
