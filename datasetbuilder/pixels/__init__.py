"""Reading pixels: strict, in original depth, upright, and away from the server's own process.

`reader` says what a file must be to count as an image, `decoder` runs it in child processes,
`display` turns any depth into what a screen shows, `rendition` writes the files that are served.
"""
