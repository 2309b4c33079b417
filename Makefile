# make            build ./capaboot
# make help       list the targets

# urfave_cli_no_docs leaves out the library's manual page writer, whose Markdown
# parser costs 0.6 ms at every start.
TAGS    := urfave_cli_no_docs
# What "go build" gets, and "go vet" with it: it looks at the program as shipped.
# Without -trimpath, so that "make", "make test" and "go run" share what they
# compile; "make dist" has it.
BUILD   := -tags $(TAGS)
# Where the program must compile, its tests too.
PLATFORMS := linux/amd64 windows/amd64 darwin/arm64
HOST       = $(shell $(GO) env GOOS)/$(shell $(GO) env GOARCH)
# What is compiled only for "go vet" is not optimized, which takes two thirds of the time.
UNOPTIMIZED := '-gcflags=all=-N -l -dwarf=false'
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
DATE    := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
RELEASE  = -out "$(DIST)" -tags $(TAGS) -version $(VERSION) -commit $(COMMIT) -date $(DATE)
PREFIX  ?= /usr/local
GO      ?= go
# What "make dist" builds for, and the folder that gets it.
DIST_PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
DIST    ?= dist
# The tool that lists the modules of a program (CycloneDX), as "go run" has it.
# It is not a dependency of the module: its own are many.
SBOM    ?= github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
# Where the archives will be downloaded from; with it, a Homebrew formula is written.
URL     ?=
# How long "make fuzz" tries each target, as go test -fuzztime has it.
FUZZTIME ?= 2s
RUNS     ?= 100
# The API server of Kubernetes that tests start: a module of its own. It is built
# without inlining, and without what a debugger needs, which halves the time.
KUBERNETES_VERSION = $(shell $(GO) list -C internal/kubernetestest -m -f '{{.Version}}' k8s.io/kubernetes)
KUBERNETES = $(dir $(shell $(GO) env GOCACHE))capaboot/kube-apiserver-$(KUBERNETES_VERSION)
KUBERNETES_FLAGS = $(foreach of,k8s.io sigs.k8s.io github.com go.etcd.io go.opentelemetry.io google.golang.org golang.org,-gcflags='$(of)/...=-l -dwarf=false')
PEER     ?=

.DEFAULT_GOAL := build
.PHONY: build test race chaos kubernetes lint fuzz ci bench install install-links dist deb completions rename generate help

build: ## build ./capaboot
	CGO_ENABLED=0 $(GO) build $(BUILD) -ldflags "$(LDFLAGS)" -o capaboot .

test: ## run all tests
	CGO_ENABLED=0 GOGC=400 $(GO) test ./...

race: ## run the tests of packages with more than one goroutine under the race detector
	GO="$(GO)" bash .ci/race

chaos: ## run the commands on the stack while everything goes wrong, 300 times ("make test": 20)
	$(GO) test ./internal/chaos -seeds 300
	$(GO) test . -run TestSignalsAtAnyMoment -signals 100

kubernetes: ## build the kube-apiserver that tests use, beside Go's build cache; needs minutes once
	@mkdir -p "$(dir $(KUBERNETES))"
	CGO_ENABLED=0 $(GO) build -C internal/kubernetestest $(KUBERNETES_FLAGS) -ldflags '-s -w' -o "$(KUBERNETES)" .
	@command -v etcd >/dev/null || echo "$(KUBERNETES) is built; the tests need etcd too: apt-get install etcd-server"

lint: ## gofmt; go vet for every platform; staticcheck; plain English
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	@set -e; for platform in $(PLATFORMS); do \
		flags=''; if [ "$$platform" != "$(HOST)" ]; then flags=$(UNOPTIMIZED); fi; \
		echo "CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet $(BUILD) $${flags:+'$$flags'} ./..."; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet $(BUILD) $${flags:+"$$flags"} ./...; \
	done
	$(GO) tool staticcheck -tags $(TAGS) ./...
	$(GO) run ./internal/english

fuzz: ## try every fuzz target for 2 seconds, or FUZZTIME
	GO="$(GO)" bash .ci/fuzz $(FUZZTIME)

ci: ## everything that must pass before a change lands
	bash .ci/run

# On a quiet machine. PEER is the path of clusterawsadm, to measure it beside; RUNS
# is how often each command is run.
bench: build ## whole processes against the budgets; beside clusterawsadm with PEER=PATH
	$(GO) run ./internal/bench -runs $(RUNS) -peer "$(PEER)" ./capaboot

install: build ## install into $(PREFIX)/bin
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 0755 capaboot "$(DESTDIR)$(PREFIX)/bin/capaboot"

# The names under which clusterctl and kubectl find a plugin, the one that kubectl
# asks for completion, and that of the tool whose commands capaboot has. A file of
# another program is left alone.
LINKS := clusterctl-aws kubectl-capa kubectl_complete-capa clusterawsadm
install-links: install ## install, and link the names of the plugins and of clusterawsadm to it
	@set -e; cd "$(DESTDIR)$(PREFIX)/bin"; for name in $(LINKS); do \
		if [ -e "$$name" ] || [ -L "$$name" ]; then \
			if [ "$$(readlink "$$name")" != capaboot ]; then echo "not replaced, since it is another program: $(DESTDIR)$(PREFIX)/bin/$$name"; continue; fi; \
		fi; \
		ln -sf capaboot "$$name"; echo "$(DESTDIR)$(PREFIX)/bin/$$name"; \
	done

dist: ## build archives, SBOMs, Debian packages and SHA256SUMS of all platforms into dist/
	@$(GO) run ./internal/dist $(RELEASE) -platforms "$(DIST_PLATFORMS)" -sbom "$(SBOM)" -url "$(URL)"

deb: ## build the Debian packages alone into dist/
	@$(GO) run ./internal/dist $(RELEASE) -platforms "$(DIST_PLATFORMS)" -debian

completions: build ## write the completions of all shells into OUT
	install -d $(OUT)
	./capaboot completion bash >$(OUT)/capaboot.bash
	./capaboot completion zsh >$(OUT)/_capaboot
	./capaboot completion fish >$(OUT)/capaboot.fish
	./capaboot completion powershell >$(OUT)/capaboot.ps1

rename: ## change the path of the module to MODULE, so that "go install MODULE@VERSION" works
	@$(GO) run ./internal/rename $(MODULE)

# Not ./...: the authorization data needs the npm client; see CONTRIBUTING.md.
generate: ## compile the catalogue, write NOTICE, golden files, the schema, docs/commands.md and man pages
	$(GO) generate ./policies/catalog ./internal/licenses
	$(GO) test ./iam -update
	$(GO) test ./cli -run TestReference -update

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
