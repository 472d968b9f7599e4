import os

from hypothesis import settings

settings.register_profile("developer", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
named = os.environ.get("DATASETBUILDER_EXAMPLES")
settings.load_profile(named or ("ci" if os.environ.get("CI") else "developer"))
