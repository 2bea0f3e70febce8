# Avow. `make` lists the targets; `make run` does the main job, `make test` tests it. Both need Go and make only.

GO      ?= go
TAGS    := ci,migrated_fynedo
STATIC  := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT := mvdan.cc/gofumpt@v0.12.0
OUT     := .avow
DESTDIR ?=
BRAND   ?= $(AVOW_BRAND)
BIN     ?= bin

# No session bus, no user's language: what a test sees is the same everywhere.
TESTENV := DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent LANG=C.UTF-8 LC_ALL=C.UTF-8
PURE    := CGO_ENABLED=0 $(TESTENV)

# Packages that share memory between goroutines, which key, authn and wire do not; Fyne is left out, as its own race build takes minutes.
RACE := ./internal/store/... ./internal/server/... ./internal/client/... ./internal/phone/... ./internal/computer/...

FUZZTIME ?= 10s
COUNT    ?= 200

# Where avow-login goes; for a package: make install-login DESTDIR=/tmp/root
PREFIX     ?= /usr
CC         ?= cc
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
PAMDIR     ?= $(PREFIX)/lib$(if $(MULTIARCH),/$(MULTIARCH),$(if $(wildcard /usr/lib64/security),64))/security
LIBEXEC    := $(PREFIX)/libexec/avow-login
LOGINDOC   := $(PREFIX)/share/doc/avow-login
LOGINDIST  := app/avow-login/dist
LOGINFILES := $(LIBEXEC)/avow-login $(PREFIX)/sbin/avow-login $(PAMDIR)/pam_avow.so $(PREFIX)/lib/systemd/system/avow-login.service \
	$(PREFIX)/lib/sysusers.d/avow-login.conf $(PREFIX)/lib/tmpfiles.d/avow-login.conf $(LOGINDOC)/computer-login.md \
	$(patsubst $(LOGINDIST)/pam/%,$(LOGINDOC)/pam/%,$(wildcard $(LOGINDIST)/pam/*))

# The PAM module, the only C here. Warnings are errors, and nothing in it stays undefined until a host loads it.
MODULE     ?= $(BIN)/pam_avow.so
PAMCFLAGS  ?= -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
PAMLDFLAGS ?= -Wl,-z,relro,-z,now,-z,defs,-z,noexecstack

.DEFAULT_GOAL := help
.PHONY: help run tour test lint race fuzz bench soak test-services test-browser test-login test-desktop brand build guide figures install-login uninstall-login pictures clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## the main job: phone and computer in two windows; without a display, the tour
	@GO="$(GO)" exec sh .ci/simulator

tour: ## every screen and state, and a walk through the main job: pictures and contact sheet in .avow/tour/
	$(PURE) AVOW_PICTURES=$(CURDIR)/$(OUT)/tour/states $(GO) test -vet=off -tags $(TAGS) -count 1 -timeout 60m -run '^TestPictures$$' ./internal/ui/screen
	$(PURE) $(GO) run -tags $(TAGS) ./app/avow-simulator tour --out $(OUT)/tour

test: ## all tests that need nothing but Go (make lint has go vet)
	$(PURE) $(GO) test -vet=off -tags $(TAGS) ./...

lint: ## go vet, staticcheck, gofumpt
	$(PURE) $(GO) vet -tags $(TAGS) ./...
	$(PURE) $(GO) run $(STATIC) -tags $(TAGS) ./...
	@out=$$($(GO) run $(GOFUMPT) -l app assets internal); test -z "$$out" || { echo "not formatted with gofumpt:"; echo "$$out"; exit 1; }

# What runs alone has no races, and takes the detector minutes.
ALONE := Kill|Soak|Dies|AtEveryCrashPoint|NoOrderOfCalls|DiskFails|Vectors

race: ## the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(TESTENV) $(GO) test -race -short -vet=off -tags $(TAGS) -skip '$(ALONE)' $(RACE)

fuzz: ## every fuzz target for FUZZTIME (10s)
	@$(PURE) sh .ci/fuzz "$(GO)" "$(TAGS)" "$(FUZZTIME)"

bench: ## the figures of docs/performance.md
	$(PURE) $(GO) test -tags $(TAGS) -run '^$$' -bench . -benchtime 2s ./...

soak: ## kill -9 of server and phone, COUNT (200) times each
	AVOW_SOAK=$(COUNT) $(PURE) $(GO) test -tags $(TAGS) -count 1 -timeout 60m -run 'Kill|Soak' ./internal/... ./app/...

# Where test-browser leaves pictures; nothing for none, which takes half the time.
PICTURES ?= $(CURDIR)/$(OUT)/pages

test-browser: ## the pages in Chromium: administration, service desk, user, connecting a phone; axe-core; pictures in .avow/pages/
	sh .ci/browser $(OUT)
	AVOW_TEST_BROWSER=1 AVOW_AXE=$(CURDIR)/$(OUT)/axe/node_modules/axe-core/axe.min.js AVOW_PICTURES=$(PICTURES) $(PURE) \
		$(GO) test -tags $(TAGS) -count 1 -timeout 30m -run 'Browser' ./assets/web ./internal/server/portal/...

test-services: ## tests with real parts: npm openid-client, gnome-keyring, aiosmtpd, Kannel, slapd, oathtool (installs them from Debian and npm)
	sh .ci/services
	AVOW_TEST_SERVICES=1 $(PURE) $(GO) test -tags $(TAGS) -count 1 -run 'Services|Oathtool' ./internal/... ./app/...
	AVOW_TEST_KEYRING=1 CGO_ENABLED=0 LANG=C.UTF-8 sh .ci/with-keyring $(GO) test -tags $(TAGS) -count 1 -run 'RealKeyring' ./internal/phone/keystore

test-login: ## signing in to computers with real hosts: pamtester, sshd, su, sudo, login, valgrind (installs them from Debian)
	sh .ci/login
	AVOW_TEST_LOGIN=1 $(PURE) $(GO) test -tags $(TAGS) -count 1 -timeout 30m -run 'Hosts' ./app/avow-login

test-desktop: ## the app's window and the simulator's two under Xvfb, by mouse and keys; figures (installs what a desktop build needs)
	sh .ci/desktop-test "$(GO)" "$(OUT)"
	sh .ci/app-test "$(GO)" "$(OUT)"

figures: ## how long the app's window takes to come, its memory and its work while nothing happens, with 200 accounts and 1,000 codes
	AVOW_FIGURES=1 sh .ci/app-test "$(GO)" "$(OUT)"

brand: ## the app for an organisation, into bin/: make brand BRAND=dir (docs/branding.md; needs a C compiler, as make run does)
	$(PURE) $(GO) run -tags $(TAGS) ./app/avow-brand build $(BRAND) --out $(OUT)/brand
	$(GO) build -trimpath -tags migrated_fynedo -overlay $(OUT)/brand/overlay.json -o $(BIN)/ ./app/avow

build: ## the command-line programs, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/ ./app/avow-server ./app/avow-admin ./app/avow-login

$(MODULE): app/avow-login/pam/pam_avow.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c11 -fPIC -shared -fvisibility=default -Wall -Wextra -Werror -DAVOW_HELPER='"$(LIBEXEC)/avow-login"' $(PAMCFLAGS) $(PAMLDFLAGS) -o $@ $< -lpam

install-login: build $(MODULE) ## avow-login, its PAM module, unit and examples, below DESTDIR (needs a C compiler and PAM's headers)
	install -d $(DESTDIR)$(LIBEXEC) $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PAMDIR) $(DESTDIR)$(LOGINDOC)/pam \
		$(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	install -m 755 $(BIN)/avow-login $(DESTDIR)$(LIBEXEC)/avow-login
	ln -sfn ../libexec/avow-login/avow-login $(DESTDIR)$(PREFIX)/sbin/avow-login
	install -m 644 $(MODULE) $(DESTDIR)$(PAMDIR)/pam_avow.so
	sed 's|/usr/libexec/avow-login|$(LIBEXEC)|; s|/usr/share/doc/avow-login|$(LOGINDOC)|' $(LOGINDIST)/avow-login.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/avow-login.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/avow-login.service
	install -m 644 $(LOGINDIST)/avow-login.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/avow-login.conf
	install -m 644 $(LOGINDIST)/avow-login.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/avow-login.conf
	install -m 644 docs/computer-login.md $(DESTDIR)$(LOGINDOC)/computer-login.md
	install -m 644 $(LOGINDIST)/pam/* $(DESTDIR)$(LOGINDOC)/pam/

uninstall-login: ## remove exactly what install-login put there; the computer's key and state in /var/lib/avow-login stay
	rm -f $(addprefix $(DESTDIR),$(LOGINFILES))
	for d in $(LOGINDOC)/pam $(LOGINDOC) $(LIBEXEC); do test ! -d "$(DESTDIR)$$d" || rmdir "$(DESTDIR)$$d"; done

guide: ## the pictures of docs/user-guide.md, in both languages
	$(PURE) AVOW_PICTURES_GUIDE=1 $(GO) test -vet=off -tags $(TAGS) -count 1 -run '^TestGuidePictures$$' ./internal/ui/screen

pictures: tour ## all pictures that people look at

clean: ## remove what make made
	rm -rf $(OUT) bin
