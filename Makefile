# Avow. `make` lists the targets; `make run` does the main job, `make test` tests it. Both need Go and make only.

GO      ?= go
TAGS    := ci,migrated_fynedo
STATIC  := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT := mvdan.cc/gofumpt@v0.12.0
OUT     := .avow
DESTDIR ?=

# No session bus, no user's language: what a test sees is the same everywhere.
TESTENV := DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent LANG=C.UTF-8 LC_ALL=C.UTF-8
PURE    := CGO_ENABLED=0 $(TESTENV)

# Packages that share memory between goroutines; Fyne is left out, as its own race build takes minutes.
RACE := ./internal/key/... ./internal/authn/... ./internal/wire/... ./internal/store/... ./internal/server/... ./internal/client/... ./internal/phone/... ./internal/computer/...

FUZZTIME ?= 10s
COUNT    ?= 200

.DEFAULT_GOAL := help
.PHONY: help run tour test lint race fuzz bench soak test-services test-desktop build pictures clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## the main job: phone and computer in two windows; without a display, the tour
	@GO="$(GO)" exec sh .ci/simulator

tour: ## walk the main job through the real screens, pictures in .avow/tour/
	$(PURE) $(GO) run -tags $(TAGS) ./app/avow-simulator tour --out $(OUT)/tour

test: ## all tests that need nothing but Go
	$(PURE) $(GO) test -tags $(TAGS) ./...

lint: ## go vet, staticcheck, gofumpt
	$(PURE) $(GO) vet -tags $(TAGS) ./...
	$(PURE) $(GO) run $(STATIC) -tags $(TAGS) ./...
	@out=$$($(GO) run $(GOFUMPT) -l app assets internal); test -z "$$out" || { echo "not formatted with gofumpt:"; echo "$$out"; exit 1; }

race: ## the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(TESTENV) $(GO) test -race -tags $(TAGS) $(RACE)

fuzz: ## every fuzz target for FUZZTIME (10s)
	@$(PURE) sh .ci/fuzz "$(GO)" "$(TAGS)" "$(FUZZTIME)"

bench: ## the figures of docs/performance.md
	$(PURE) $(GO) test -tags $(TAGS) -run '^$$' -bench . -benchtime 2s ./...

soak: ## kill -9 of server and phone, COUNT (200) times each
	AVOW_SOAK=$(COUNT) $(PURE) $(GO) test -tags $(TAGS) -count 1 -timeout 60m -run 'Kill|Soak' ./internal/... ./app/...

test-services: ## tests with real parts: Chromium, npm openid-client, gnome-keyring (installs them from Debian and npm)
	sh .ci/services
	AVOW_TEST_SERVICES=1 AVOW_PICTURES=$(CURDIR)/$(OUT)/pages $(PURE) $(GO) test -tags $(TAGS) -count 1 -run 'Services' ./internal/... ./app/...
	AVOW_TEST_KEYRING=1 CGO_ENABLED=0 LANG=C.UTF-8 sh .ci/with-keyring $(GO) test -tags $(TAGS) -count 1 -run 'RealKeyring' ./internal/phone/keystore

test-desktop: ## the simulator's two windows under Xvfb (installs what a desktop build needs)
	sh .ci/desktop-test "$(GO)" "$(OUT)"

build: ## the command-line programs, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./app/avow-server ./app/avow-admin

pictures: tour ## all pictures that people look at

clean: ## remove what make made
	rm -rf $(OUT) bin
