# Installs the missing Debian packages. Sourced by scripts/setup.sh.

# package|why
debian_packages='
redis-server|wakes the write-back worker; a private instance on a Unix socket
radicale|calendar server of the demo practice; a private instance on loopback
xandikos|a second calendar server, to which tests write as to the first
tryton-server|business system to which tests write contacts, notes and messages
tryton-modules-party|the contacts of that system
python3-phonenumbers|lets that system rewrite telephone numbers, as it does where it is in use
prometheus|its promtool checks the alert rules and the metrics in tests (96 MB; no smaller package has it, it is never started)
espeak-ng|voices of the callers in demo and tests
flite|more voices of the callers in demo and tests
baresip-core|the softphone that calls in demo and tests
sip-tester|SIPp, which places and checks SIP calls in tests
libfst-tools|builds the word graph of the recogniser from the words of a practice
bubblewrap|runs the private Asterisk without root and without leaving mounts
strace|holds back what a process writes to the disk, in tests
mmdebstrap|builds the private Asterisk
iproute2|network namespaces with only a loopback, in which tests run
util-linux|unshare and flock, for tests and set-up
libgomp1|threads of the language model
ca-certificates|certificates of the package registries
'

install_debian_packages() {
  local name why missing=() wanted=$debian_packages
  if [ "$(id -u)" != 0 ]; then wanted+='uidmap|lets mmdebstrap work without root'; fi
  while IFS='|' read -r name why; do
    [ -n "$name" ] || continue
    debian_package_installed "$name" && continue
    if [ ${#missing[@]} = 0 ]; then say "installing from Debian, with root rights for this only:"; fi
    say "  $name: $why"
    missing+=("$name")
  done <<<"$wanted"
  [ ${#missing[@]} = 0 ] && return
  changed=1
  apt_install "${missing[@]}"
}

debian_package_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# apt_install PACKAGE...: installs without starting or enabling the services that come with the packages.
apt_install() {
  local as_root=() options=(-q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  local by_hand="apt-get update && apt-get install -y --no-install-recommends $*"
  command -v apt-get >/dev/null || die "$*" "this machine has no apt-get" "use Debian 12 or later"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "$*" "installing packages needs root, and there is no sudo" "as root: $by_hand"
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; } || die "$*" "installing packages needs root, and sudo did not allow it" "as root: $by_hand"
    as_root=(sudo)
  fi
  allow_stale_index && options+=(-o Acquire::Check-Valid-Until=false)

  "${as_root[@]}" bash "$home/scripts/setup/apt-quietly.sh" "${options[@]}" -- "$@" ||
    die "$*" "apt-get failed; its own words stand above" "sudo sh -c '$by_hand'"
}
