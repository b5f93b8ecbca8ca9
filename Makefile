# The front door. Each target makes ready what it needs (.venv, Debian packages) and is quick the second time.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check bench pictures soak regulations faults locks audit

READY = python="$$(sh provisioning/setup/find_python.sh)" && "$$python" -m provisioning.setup.prepare
BIN = .venv/bin
# What Kivy and Chromium would write into the home of whoever calls make stays in this clone.
AT_HOME = mkdir -p var/home/kivy var/home/config && exec env KIVY_HOME="$(CURDIR)/var/home/kivy" XDG_CONFIG_HOME="$(CURDIR)/var/home/config"

help: ## say what can be made
	@echo "make demo                a hall at work: server, kiosk, office page; Ctrl-C ends it"
	@echo "make demo ONCE=1         the same without a person: scans, tickets, cut lines, a killed kiosk, then a comparison"
	@echo "make demo NOW='2027-01-04 08:50'   the same on that day, in the hall's time zone"
	@echo "make test                every test (ARGS='-k badge' for some)"
	@echo "make check               lint, types, import contracts, locks, docs, known weaknesses of dependencies"
	@echo "make regulations         one row for each article of the ten systems: what tests show; var/regulations.json"
	@echo "make faults              one row for each fault and attacker; var/faults.json"
	@echo "make pictures            every screen and page, zh and en, into var/pictures and assets/gallery"
	@echo "make bench               ratios against bare work of the same kind; var/bench"
	@echo "make soak                property and fault tests with new random seeds (MINUTES=30)"
	@echo "make locks               resolve provisioning/locks anew"

demo:
	@$(READY) $(if $(ONCE),rehearsal,hall)
	@$(AT_HOME) $(BIN)/python -m provisioning.demo $(if $(ONCE),--once) $(if $(NOW),--now "$(NOW)")

test:
	@$(READY) tests
	@$(AT_HOME) $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile $(or $(ARGS),--cov=shared)

check:
	@$(READY) tests
	@exec $(BIN)/python -m provisioning.setup.check

regulations:
	@$(READY) tests
	@$(AT_HOME) $(BIN)/python -m pytest --evidence=regulations --quiet --numprocesses=2 --dist=loadfile

faults:
	@$(READY) tests
	@$(AT_HOME) $(BIN)/python -m pytest --evidence=faults --quiet --numprocesses=2 --dist=loadfile

pictures:
	@$(READY) tests
	@$(AT_HOME) $(BIN)/python -m tests.support.pictures

bench:
	@$(READY) tests
	@$(AT_HOME) $(BIN)/python -m tests.benchmarks

soak:
	@$(READY) tests
	@$(AT_HOME) $(BIN)/python -m tests.support.soak --minutes $(or $(MINUTES),30)

locks:
	@$(READY) tests
	@exec $(BIN)/python -m provisioning.setup.locks
