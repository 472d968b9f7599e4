"""The web pages, the REST routes and the command line; the only part that knows Dash."""
