#!/usr/bin/env bash
# apt-quietly.sh [apt option]... -- PACKAGE...   (as root)
# Installs packages so that no service starts now or at the next boot because of it. Services that were there before are left
# alone. The guard is Debian's own policy file; one that exists already is put back afterwards.
set -euo pipefail
options=()
while [ "$1" != -- ]; do options+=("$1"); shift; done
shift

policy=/usr/sbin/policy-rc.d
units=()
# PACKAGE:REST, where the service is called PACKAGE and REST
for pair in redis-server: radicale: asterisk: prometheus: tryton-server: tryton-server:-cron tryton-server:-worker; do
  package=${pair%%:*}
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || units+=("$package${pair#*:}")
done

kept=
if [ -e "$policy" ]; then
  kept=$policy.before-vestibule
  mv "$policy" "$kept"
fi
restore() {
  rm -f "$policy"
  if [ -n "$kept" ]; then mv "$kept" "$policy"; fi
}
trap restore EXIT
cat >"$policy" <<POLICY
#!/bin/sh
case \$1 in
$(for unit in "${units[@]}"; do printf '  %s|%s.service) exit 101 ;;\n' "$unit" "$unit"; done)
esac
$(if [ -n "$kept" ]; then printf 'exec %s "$@"' "$kept"; else printf 'exit 0'; fi)
POLICY
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
# Output goes to stderr: stdout belongs to the command that called set-up.
apt-get "${options[@]}" update >&2 || echo "set-up: apt-get update failed; trying with the package lists that are there" >&2
apt-get "${options[@]}" install -y --no-install-recommends "$@" >&2

# Not at the next boot either, whichever of the ways to start services this machine has.
for unit in "${units[@]}"; do
  [ -e "/etc/init.d/$unit" ] || [ -e "/lib/systemd/system/$unit.service" ] || continue
  deb-systemd-helper disable "$unit.service" >/dev/null 2>&1 || true
  update-rc.d "$unit" disable >/dev/null 2>&1 || true
done
