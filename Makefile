# Every target is one line that calls `dev`, a script of the standard library: `python3 dev run` works where make is missing.
PYTHON ?= python3
export PORT T

.PHONY: setup run test check fix screenshots

setup run test check fix screenshots:
	@$(PYTHON) dev $@
