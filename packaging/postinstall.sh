#!/bin/sh
# An upgrade goes on with the new binary, where the service is running. A first
# installation starts nothing: there is no key for Chronicle yet.
set -e
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart chronicle-connect.service
fi
