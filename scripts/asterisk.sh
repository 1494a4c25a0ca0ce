#!/bin/sh
# Runs Asterisk on one instance directory: scripts/asterisk.sh INSTANCE_DIR [asterisk arguments]
#   scripts/asterisk.sh var/asterisk/main -f                          in the foreground
#   scripts/asterisk.sh var/asterisk/main -rx 'core show channels'    a command to the running instance
#   scripts/asterisk.sh --version                                     the version, without an instance
# INSTANCE_DIR/etc/asterisk.conf must exist. The private root is used where there is one: its programs and data read-only, the
# instance directory writable under its own path, the rest of the machine not visible. No mount stays behind. Without a private
# root the distribution's Asterisk runs.
set -eu
home=$(dirname "$(dirname "$(readlink -f "$0")")")
root=$home/var/asterisk/root
if [ $# -lt 1 ]; then
  echo "usage: scripts/asterisk.sh INSTANCE_DIR [asterisk arguments] | --version" >&2
  exit 2
fi
if [ "$1" = --version ]; then
  set -- -V
  instance=
else
  instance=$(readlink -m "$1")
  shift
  if [ ! -f "$instance/etc/asterisk.conf" ]; then
    echo "vestibule: $instance/etc/asterisk.conf is missing; \`bin/vestibule run\` writes it" >&2
    exit 4
  fi
  set -- -C "$instance/etc/asterisk.conf" "$@"
fi

if [ ! -x "$root/usr/sbin/asterisk" ]; then
  if [ ! -x /usr/sbin/asterisk ]; then
    echo "vestibule: there is no Asterisk in $root and none in /usr/sbin; run: make -C $home setup" >&2
    exit 69
  fi
  exec /usr/sbin/asterisk "$@"
fi

# Bound read-only and in this order; a path the root lacks is skipped (lib64 exists on x86_64 only).
become_asterisk() {
  exec bwrap \
    --ro-bind "$root/usr" /usr \
    --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
    --ro-bind "$root/etc/ssl" /etc/ssl --ro-bind "$root/etc/alternatives" /etc/alternatives \
    --ro-bind-try "$root/etc/ld.so.cache" /etc/ld.so.cache \
    --ro-bind-try "$root/etc/ld.so.conf" /etc/ld.so.conf \
    --ro-bind-try "$root/etc/ld.so.conf.d" /etc/ld.so.conf.d \
    --ro-bind-try "$root/etc/nsswitch.conf" /etc/nsswitch.conf \
    --ro-bind-try /etc/passwd /etc/passwd --ro-bind-try /etc/group /etc/group \
    --ro-bind-try /etc/hosts /etc/hosts --ro-bind-try /etc/resolv.conf /etc/resolv.conf \
    --ro-bind-try /etc/localtime /etc/localtime \
    --dev /dev --proc /proc --tmpfs /tmp --tmpfs /run --dir /run/asterisk --dir /var/lib --dir /var/log \
    ${instance:+--bind "$instance" "$instance"} \
    --chdir "${instance:-/}" \
    --cap-drop ALL --die-with-parent \
    /usr/sbin/asterisk "$@"
}

# bwrap does not pass signals on, and Asterisk dies with it without a BYE to anybody. So this shell stays as the parent of the one
# that runs in the foreground: SIGTERM and SIGINT go to Asterisk itself, which hangs up first; SIGKILL takes all three.
case " $* " in
  *" -f "*) ;;
  *) become_asterisk "$@" ;;
esac
become_asterisk "$@" &
sandbox=$!
pass_on() {
  program=
  read -r program _ <"/proc/$sandbox/task/$sandbox/children" || true
  kill -TERM "${program:-$sandbox}" 2>/dev/null || true
}
trap pass_on TERM INT
# `wait` returns early when a trapped signal comes; then Asterisk is ending and is waited for again.
while :; do
  status=0
  wait "$sandbox" || status=$?
  kill -0 "$sandbox" 2>/dev/null || break
done
exit "$status"
