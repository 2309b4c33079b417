# make            build ./capaboot
# make help       list the targets

# urfave_cli_no_docs leaves out the manual page writer of the CLI library, whose
# Markdown parser costs 0.6 ms at every start.
TAGS    := urfave_cli_no_docs
# The flags of "go build" and "go vet", so that "go vet" checks the program as
# shipped. Without -trimpath, "make", "make test" and "go run" share the build
# cache; "make dist" sets -trimpath.
BUILD   := -tags $(TAGS)
# The platforms on which the program and its tests must compile.
PLATFORMS := linux/amd64 windows/amd64 darwin/arm64
HOST       = $(shell $(GO) env GOOS)/$(shell $(GO) env GOARCH)
# Packages that only "go vet" compiles are not optimized, which saves a third of the time.
UNOPTIMIZED := '-gcflags=all=-N -l -dwarf=false'
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
DATE    := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
# The package whose variables the linker sets. "make rename" changes the module path.
BUILDINFO := $(shell sed -n 's/^module //p' go.mod)/internal/buildinfo
LDFLAGS := -s -w -X $(BUILDINFO).version=$(VERSION) -X $(BUILDINFO).commit=$(COMMIT) -X $(BUILDINFO).date=$(DATE)
RELEASE  = -out "$(DIST)" -tags $(TAGS) -version $(VERSION) -commit $(COMMIT) -date $(DATE)
PREFIX  ?= /usr/local
GO      ?= go
# The platforms and the output folder of "make dist".
DIST_PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
DIST    ?= dist
# The tool that writes the SBOMs (CycloneDX), for "go run". It is not a dependency
# of the module, because it has many dependencies of its own.
SBOM    ?= github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
# The URL of the folder from which users download the archives. If it is set,
# "make dist" also writes a Homebrew formula.
URL     ?=
# How long "make fuzz" runs each target, in the format of go test -fuzztime.
FUZZTIME ?= 2s
RUNS     ?= 100
# The Kubernetes API server that tests start, which is a separate module. It is
# built without inlining and debug information, which halves the build time.
KUBERNETES_VERSION = $(shell $(GO) list -C internal/kubernetestest -m -f '{{.Version}}' k8s.io/kubernetes)
KUBERNETES = $(dir $(shell $(GO) env GOCACHE))capaboot/kube-apiserver-$(KUBERNETES_VERSION)
KUBERNETES_FLAGS = $(foreach of,k8s.io sigs.k8s.io github.com go.etcd.io go.opentelemetry.io google.golang.org golang.org,-gcflags='$(of)/...=-l -dwarf=false')
PEER     ?=

.DEFAULT_GOAL := build
.PHONY: build test race chaos kubernetes lint fuzz ci bench install install-links dist deb completions rename generate help

build: ## build ./capaboot
	CGO_ENABLED=0 $(GO) build $(BUILD) -ldflags "$(LDFLAGS)" -o capaboot .

# Two packages at once for each processor: many tests wait for processes and servers.
test: ## run all tests
	CGO_ENABLED=0 GOGC=400 $(GO) test -p $$((2 * $$(getconf _NPROCESSORS_ONLN))) ./...

race: ## run the tests of packages with more than one goroutine under the race detector
	GO="$(GO)" bash .ci/race

chaos: ## run the stack commands with injected faults, 300 seeds ("make test": 20)
	$(GO) test ./internal/chaos -seeds 300
	$(GO) test . -run TestSignalsAtAnyMoment -signals 100

kubernetes: ## build the kube-apiserver for tests, next to Go's build cache; takes minutes the first time
	@mkdir -p "$(dir $(KUBERNETES))"
	CGO_ENABLED=0 $(GO) build -C internal/kubernetestest $(KUBERNETES_FLAGS) -ldflags '-s -w' -o "$(KUBERNETES)" .
	@command -v etcd >/dev/null || echo "$(KUBERNETES) is built; the tests need etcd too: apt-get install etcd-server"

lint: ## gofmt, go vet for every platform, staticcheck, and the words that texts may not contain
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	@set -e; for platform in $(PLATFORMS); do \
		flags=''; if [ "$$platform" != "$(HOST)" ]; then flags=$(UNOPTIMIZED); fi; \
		echo "CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet $(BUILD) $${flags:+'$$flags'} ./..."; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet $(BUILD) $${flags:+"$$flags"} ./...; \
	done
	$(GO) tool staticcheck -tags $(TAGS) ./...
	$(GO) run ./internal/english

fuzz: ## run every fuzz target for 2 seconds, or FUZZTIME
	GO="$(GO)" bash .ci/fuzz $(FUZZTIME)

ci: ## everything that must pass before a change is merged
	bash .ci/run

# Run it on an idle machine. PEER is the path of clusterawsadm, to measure it too.
# RUNS is the number of runs of each command.
bench: build ## measure whole processes against the budgets, and clusterawsadm with PEER=PATH
	$(GO) run ./internal/bench -runs $(RUNS) -peer "$(PEER)" ./capaboot

install: build ## install into $(PREFIX)/bin
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 0755 capaboot "$(DESTDIR)$(PREFIX)/bin/capaboot"

# Links the names under which clusterctl and kubectl find plugins, the name that
# kubectl calls for completion, and clusterawsadm. It does not replace the files
# of other programs.
LINKS := clusterctl-aws kubectl-capa kubectl_complete-capa clusterawsadm
install-links: install ## install, and link the plugin names and clusterawsadm to it
	@set -e; cd "$(DESTDIR)$(PREFIX)/bin"; for name in $(LINKS); do \
		if [ -e "$$name" ] || [ -L "$$name" ]; then \
			if [ "$$(readlink "$$name")" != capaboot ]; then echo "not replaced, because it is another program: $(DESTDIR)$(PREFIX)/bin/$$name"; continue; fi; \
		fi; \
		ln -sf capaboot "$$name"; echo "$(DESTDIR)$(PREFIX)/bin/$$name"; \
	done

dist: ## build archives, SBOMs, Debian packages and SHA256SUMS for all platforms into dist/
	@$(GO) run ./internal/dist $(RELEASE) -platforms "$(DIST_PLATFORMS)" -sbom "$(SBOM)" -url "$(URL)"

deb: ## build only the Debian packages into dist/
	@$(GO) run ./internal/dist $(RELEASE) -platforms "$(DIST_PLATFORMS)" -debian

completions: build ## write the completion scripts of all shells into OUT
	install -d $(OUT)
	./capaboot completion bash >$(OUT)/capaboot.bash
	./capaboot completion zsh >$(OUT)/_capaboot
	./capaboot completion fish >$(OUT)/capaboot.fish
	./capaboot completion powershell >$(OUT)/capaboot.ps1

rename: ## change the path of the module to MODULE, so that "go install MODULE@VERSION" works
	@$(GO) run ./internal/rename $(MODULE)

# Not ./..., because the authorization data needs the npm client: see CONTRIBUTING.md.
generate: ## compile the catalogue; write NOTICE, the golden files of ./iam, the schema, docs/commands.md and man pages
	$(GO) generate ./policies/catalog ./internal/licenses
	$(GO) test ./iam -update
	$(GO) test ./internal/early -run TestDefaultTemplate -update
	$(GO) test ./cli -run TestReference -update

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
