# make            build ./capaboot
# make help       list the targets

# urfave_cli_no_docs leaves out the library's manual page writer, whose Markdown
# parser costs 0.6 ms at every start.
TAGS    := urfave_cli_no_docs
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
DATE    := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
PREFIX  ?= /usr/local
GO      ?= go

.DEFAULT_GOAL := build
.PHONY: build test chaos lint ci bench install generate help

build: ## build ./capaboot
	CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -ldflags "$(LDFLAGS)" -o capaboot .

test: ## run all tests
	$(GO) test ./...

chaos: ## run the commands on the stack while everything goes wrong, 300 times ("make test": 20)
	$(GO) test ./internal/chaos -seeds 300

lint: ## gofmt, go vet, staticcheck
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

ci: ## everything that must pass before a change lands
	bash .ci/run

bench: build ## measure whole processes, the binary's size, loading and rendering
	$(GO) test ./internal/bench -run '^$$' -bench . -benchtime 200x
	$(GO) test ./iam ./credentials ./policies/review -run '^$$' -bench . -benchmem

install: build ## install into $(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 capaboot $(DESTDIR)$(PREFIX)/bin/capaboot

# Not ./...: the authorization data needs the npm client; see CONTRIBUTING.md.
generate: ## compile the catalogue, and write the golden files anew
	$(GO) generate ./policies
	$(GO) test ./iam -update

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
