"""A campaign on disk: the store of its operations, its images, its files."""
