"""What the data of a project says about itself."""
