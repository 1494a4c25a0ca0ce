# Provides Asterisk: the distribution's when it is new enough, else a private root in var/asterisk/root. Sourced by scripts/setup.sh.

asterisk_root=var/asterisk/root
# What the product never reads; leaves about 200 MB.
asterisk_unneeded=(./dev './usr/share/doc/*' './usr/share/man/*' './usr/share/locale/*' './usr/share/info/*' './usr/share/perl*'
  './var/cache/*' './var/log/*' './var/lib/apt/*' './boot' './home' './media' './mnt' './opt' './root' './srv' './tmp' './proc' './sys' './run')

install_asterisk() {
  local found
  if [ ! -x "$asterisk_root/usr/sbin/asterisk" ]; then
    if found=$(distribution_asterisk) && version_at_least "$found" "$ASTERISK_VERSION_MIN"; then
      if ! debian_package_installed asterisk; then
        changed=1
        say "installing from Debian, with root rights for this only:"
        say "  asterisk: the switch that carries the calls (this distribution has $found)"
        apt_install asterisk asterisk-core-sounds-en-gsm
      fi
    else
      changed=1
      build_asterisk_root "${found:-none}"
    fi
  fi
  check_asterisk
}

# Upstream version that apt would install, if any.
distribution_asterisk() {
  local candidate
  candidate=$(apt-cache policy asterisk 2>/dev/null | sed -n 's/^ *Candidate: //p')
  case $candidate in '' | '(none)') return 1 ;; esac
  upstream_version "$candidate"
}

build_asterisk_root() {
  local archive options=(--variant=minbase --include=asterisk,asterisk-core-sounds-en-gsm,ca-certificates --format=tar) why
  mkdir -p var/asterisk
  archive=var/asterisk/root.tar
  if [ -n "${VESTIBULE_CACHE_DIR:-}" ]; then
    mkdir -p "$VESTIBULE_CACHE_DIR"
    archive=$VESTIBULE_CACHE_DIR/asterisk-$ASTERISK_SUITE-$(uname -m)-$(printf %s "$ASTERISK_PACKAGE_PIN" | tr -c 'a-zA-Z0-9.\n' _).tar
  fi
  if [ ! -f "$archive" ]; then
    say "building a private Asterisk from Debian $ASTERISK_SUITE in var/asterisk (this distribution's version: $1; wanted: $ASTERISK_VERSION_MIN or later); about a minute"
    if allow_stale_index; then
      options+=('--aptopt=Acquire::Check-Valid-Until "false"' '--aptopt=Acquire::Check-Date "false"')
    fi
    if ! mmdebstrap "${options[@]}" --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' "$ASTERISK_SUITE" "$archive.new" ${VESTIBULE_DEBIAN_MIRROR:+"$VESTIBULE_DEBIAN_MIRROR"} \
      >var/asterisk/build.log 2>&1; then
      tail -n 8 var/asterisk/build.log >&2
      rm -f "$archive.new"
      why="mmdebstrap failed; its last words stand above, all of them in var/asterisk/build.log"
      if grep -qiE 'expired|valid-until|not valid' var/asterisk/build.log; then
        die "Asterisk $ASTERISK_VERSION_MIN or later" "the package index of Debian $ASTERISK_SUITE is past its date, so security fixes may be missing" \
          "check the clock and the mirror, or accept it: VESTIBULE_ALLOW_STALE_INDEX=1 make setup"
      fi
      die "Asterisk $ASTERISK_VERSION_MIN or later" "$why" "make setup, with a network that reaches a Debian mirror; VESTIBULE_DEBIAN_MIRROR names another one"
    fi
    mv "$archive.new" "$archive"
  fi
  rm -rf "$asterisk_root.new"
  mkdir -p "$asterisk_root.new"
  tar -x -f "$archive" -C "$asterisk_root.new" --no-same-owner "${asterisk_unneeded[@]/#/--exclude=}"
  chmod -R u+rwX "$asterisk_root.new"
  rm -rf "$asterisk_root"
  mv "$asterisk_root.new" "$asterisk_root"
  if [ -z "${VESTIBULE_CACHE_DIR:-}" ]; then rm -f "$archive"; fi
}

# The program is run, not its package trusted.
check_asterisk() {
  local version package
  if ! version=$(scripts/asterisk.sh --version 2>&1); then
    die "a working Asterisk" "it does not start: $version" "rm -r $asterisk_root && make setup"
  fi
  version=$(printf '%s\n' "$version" | sed -n 's/^Asterisk \([0-9.]*\).*/\1/p')
  version_at_least "${version:-0}" "$ASTERISK_VERSION_MIN" ||
    die "Asterisk $ASTERISK_VERSION_MIN or later" "found ${version:-none}; earlier ones have known holes" "rm -rf $asterisk_root && make setup"
  [ -d "$asterisk_root" ] || return 0
  package=$(sed -n '/^Package: asterisk$/,/^$/s/^Version: //p' "$asterisk_root/var/lib/dpkg/status")
  if [ "$package" != "$ASTERISK_PACKAGE_PIN" ]; then
    say "note: Asterisk is $package; the product was tested with $ASTERISK_PACKAGE_PIN (scripts/versions.env)"
  fi
}
