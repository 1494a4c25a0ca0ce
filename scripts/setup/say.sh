# What set-up tells the person in front of it. Sourced by scripts/setup.sh.

say() { printf 'set-up: %s\n' "$*" >&2; }

# die THING REASON COMMAND: ends set-up with what cannot be had, why, and the command that helps.
die() {
  printf '\nset-up cannot go on: %s\n  reason: %s\n  do:     %s\n' "$1" "$2" "$3" >&2
  exit 3
}

# Upstream part of a Debian version: 1:22.10.1+dfsg-1 -> 22.10.1
upstream_version() { printf '%s\n' "$1" | sed -e 's/^[0-9]*://' -e 's/[^0-9.].*$//'; }

# version_at_least HAVE WANTED
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

allow_stale_index() { [ "${VESTIBULE_ALLOW_STALE_INDEX:-0}" = 1 ]; }

# What runs before anything can be installed.
check_bootstrap() {
  local program version
  case $(uname -s)/$(uname -m) in
    Linux/x86_64) node_arch=x64 ;;
    Linux/aarch64) node_arch=arm64 ;;
    *) die "a supported machine" "this is $(uname -s) on $(uname -m); the runtime and the models are built for Linux on x86_64 and aarch64" "use a Debian 12 or later machine of one of these" ;;
  esac
  for program in node npm git make python3; do
    command -v "$program" >/dev/null || die "$program" "it is not installed, and set-up itself needs it" "sudo apt-get install -y nodejs npm git make python3"
  done
  version=$(node -p process.versions.node)
  version_at_least "$version" 18 || die "Node 18 or later" "set-up found $version; it is only used to install the pinned Node" "install nodejs from Debian 12 or later"
}
