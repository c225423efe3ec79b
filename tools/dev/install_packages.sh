#!/usr/bin/env bash
# install_packages.sh PACKAGE…: installs Debian packages, for use and not for service: no database cluster is made and no
# daemon is started on the machine.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/roost.conf
if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi

apt-get update
apt-get install -y --no-install-recommends "$@"
