# make            build ./capaboot
# make help       list the targets

# urfave_cli_no_docs leaves out the library's manual page writer, whose Markdown
# parser costs 0.6 ms at every start.
TAGS    := urfave_cli_no_docs
# What "go build" gets, and "go vet" with it: it looks at the program as shipped.
BUILD   := -trimpath -tags $(TAGS)
# Where the program must compile, its tests too.
PLATFORMS := linux/amd64 windows/amd64 darwin/arm64
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
DATE    := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
PREFIX  ?= /usr/local
GO      ?= go
# How long "make fuzz" tries each target, as go test -fuzztime has it.
FUZZTIME ?= 2s
RUNS     ?= 100
PEER     ?=

.DEFAULT_GOAL := build
.PHONY: build test race chaos lint fuzz ci bench install generate help

build: ## build ./capaboot
	CGO_ENABLED=0 $(GO) build $(BUILD) -ldflags "$(LDFLAGS)" -o capaboot .

test: ## run all tests
	$(GO) test ./...

race: ## run all tests with the race detector and coverage
	$(GO) test -race -cover ./...

chaos: ## run the commands on the stack while everything goes wrong, 300 times ("make test": 20)
	$(GO) test ./internal/chaos -seeds 300
	$(GO) test . -run TestSignalsAtAnyMoment -signals 100

lint: ## gofmt; go vet for every platform; staticcheck
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	@set -e; for platform in $(PLATFORMS); do \
		echo "CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet $(BUILD) ./..."; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet $(BUILD) ./...; \
	done
	$(GO) tool staticcheck -tags $(TAGS) ./...

fuzz: ## try every fuzz target for 2 seconds, or FUZZTIME
	GO="$(GO)" bash .ci/fuzz $(FUZZTIME)

ci: ## everything that must pass before a change lands
	bash .ci/run

# On a quiet machine. PEER is the path of clusterawsadm, to measure it beside; RUNS
# is how often each command is run.
bench: build ## whole processes against the budgets; beside clusterawsadm with PEER=PATH
	$(GO) run ./internal/bench -runs $(RUNS) -peer "$(PEER)" ./capaboot

install: build ## install into $(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 capaboot $(DESTDIR)$(PREFIX)/bin/capaboot

# Not ./...: the authorization data needs the npm client; see CONTRIBUTING.md.
generate: ## compile the catalogue, write NOTICE and the golden files
	$(GO) generate ./policies/catalog ./internal/licenses
	$(GO) test ./iam -update

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
