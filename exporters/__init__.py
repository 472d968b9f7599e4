"""Datasets out of a project: formats, verification, and the reader for trainers."""
