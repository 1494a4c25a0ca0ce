#!/usr/bin/env bash
# Brings everything the product needs onto this machine: Debian packages, npm packages with the pinned Node, Asterisk.
# Safe to repeat; a step that has nothing to do says nothing. Only the installation of Debian packages uses root or sudo.
#   VESTIBULE_ALLOW_STALE_INDEX=1   accept a package index past its Valid-Until date (development machines, CI)
#   VESTIBULE_CACHE_DIR=DIR         keep the built Asterisk archive there and use it in other clones
#   VESTIBULE_DEBIAN_MIRROR=URL     where the private Asterisk is fetched from; the default is Debian's own mirror network
set -euo pipefail
home=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
cd "$home"

# shellcheck source=scripts/setup/say.sh
. scripts/setup/say.sh
# shellcheck source=scripts/versions.env
. scripts/versions.env
. scripts/setup/debian-packages.sh
. scripts/setup/npm-packages.sh
. scripts/setup/asterisk.sh

mkdir -p var
# One set-up at a time in one clone.
exec 9>var/setup.lock
flock -w 900 9 || die "another set-up holds var/setup.lock" "it has not ended in 15 minutes" "rm var/setup.lock && make setup"

started=$(date +%s)
changed=0
check_bootstrap
install_debian_packages
install_npm_packages
install_asterisk
if [ "$changed" = 1 ]; then say "set-up is complete after $(($(date +%s) - started)) s"; fi
