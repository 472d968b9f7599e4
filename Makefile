# Thin wrappers over tools/dev.py, which does the work and also runs where there is no make.
PYTHON ?= python3
ARGS ?=

.PHONY: help demo test check fix links lock build fresh

help:
	@$(PYTHON) tools/dev.py --help

demo test check fix links lock build fresh:
	@$(PYTHON) tools/dev.py $@ $(ARGS)
