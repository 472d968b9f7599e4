"""One command for everything a developer does: ``python tools/dev.py demo|test|check|lock|build``.

Needs Python 3.11 or newer with venv and nothing else; the Makefile is a thin wrapper over it. This
file stays readable for an old Python, so that it can say so instead of failing at a syntax error.
"""

import sys

OLDEST = (3, 11)

HELP = """usage: python tools/dev.py COMMAND [arguments]

  demo    make the environment and open the sample campaign; arguments go to `datasetbuilder demo`
  check   format, lint, types, import contracts, JavaScript tests, the fast unit tests
  test    every check: all unit tests, and the browser stories
  fix     let ruff format and mend what it can
  links   make the package's folders importable from the tree
  lock    resolve requirements/*.txt again; --upgrade takes newer releases
  build   wheel and sdist in dist/, each tried in an empty environment
  fresh   clone the last commit and see `make demo` answer with nothing but Python, make and git
"""


def refused_python(version):
    """Why this Python cannot be used, or an empty text."""
    if version >= OLDEST:
        return ""
    wanted, given = ".".join(map(str, OLDEST)), ".".join(map(str, version[:2]))
    return (
        "datasetbuilder needs Python {} or newer; this is {}. "
        "Name a newer one: make demo PYTHON=python3.12"
    ).format(wanted, given)


def main(arguments):
    refusal = refused_python(sys.version_info)
    if refusal:
        sys.stderr.write(refusal + "\n")
        return 2
    import dev_commands

    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(HELP)
        return 0 if arguments else 2
    return dev_commands.run(arguments[0], arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
