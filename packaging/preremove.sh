#!/bin/sh
# Ends the service where the package goes. dpkg says so by "remove", rpm by 0; an
# upgrade has other words.
set -e
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  case "${1:-}" in
    remove | 0) systemctl disable --now chronicle-connect.service ;;
  esac
fi
