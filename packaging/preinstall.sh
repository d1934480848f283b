#!/bin/sh
# The user that the service runs as. It stays when the package goes, since files
# may be its own.
set -e
# Installed into a folder, it is for whoever uses that.
if [ -n "${DPKG_ROOT:-}" ] || id chronicle-connect >/dev/null 2>&1; then
  exit 0
fi
if command -v useradd >/dev/null; then
  useradd --system --user-group --no-create-home --home-dir /var/lib/chronicle-connect \
    --shell /usr/sbin/nologin chronicle-connect
else # BusyBox, as on Alpine
  addgroup -S chronicle-connect
  adduser -S -D -H -h /var/lib/chronicle-connect -s /sbin/nologin -G chronicle-connect chronicle-connect
fi
