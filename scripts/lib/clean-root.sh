# Sourced by scripts/package-test and scripts/service-test: a bare Debian in a folder.
# Expects install-and-build.sh to be sourced.
# shellcheck shell=bash

# shellcheck disable=SC2034
clean_root_packages=(debootstrap debian-archive-keyring dpkg-dev)

# Where the apt of this host gets its Debian from, as lines of a sources.list.
debian_sources() {
  # shellcheck disable=SC2016  # apt-get expands it
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$1 == "Debian" && !seen[$0]++ { print "deb", $2, $3, $4 }'
}

# make_root FOLDER PACKAGES: a minimal Debian of this host's release, with these packages in it,
# separated by commas.
make_root() {
  local root=$1 codename mirror
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(debian_sources | awk -v release="$codename" '$3 == release && $4 == "main" { print $2; exit }')
  [ -n "$mirror" ] || give_up "apt's sources name no Debian $codename" "Its sources: apt-get indextargets"
  say "Making a bare Debian $codename in $root"
  debootstrap --variant=minbase --include="$2" "$codename" "$root" "$mirror" >"$root.log" 2>&1 ||
    give_up "debootstrap failed" "$(tail -n 5 "$root.log")"
  debian_sources >"$root/etc/apt/sources.list"
  # Nothing that is installed here may start a service of the host's.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  mount -t proc proc "$root/proc"
  in_root "$root" apt-get update -q >"$root.log" 2>&1 ||
    give_up "apt-get update failed in the bare Debian" "$(tail -n 5 "$root.log")"
}

# in_root FOLDER COMMAND...
in_root() {
  chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} "${@:2}" </dev/null
}

unmount_root() {
  awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | sort -r |
    while read -r mount_point; do
      umount -l "$mount_point"
    done
}

# newer_package OLD NEW: the same package with a higher version and other settings.
newer_package() {
  local tree=$2.tree
  dpkg-deb -R "$1" "$tree"
  sed -i 's/^Version: .*/&.1/' "$tree/DEBIAN/control"
  echo '# Settings as a newer version brings them.' >>"$tree/etc/wemol-recorder/wemol-recorder.toml"
  dpkg-deb --root-owner-group -b "$tree" "$2" >/dev/null
  rm -r "$tree"
}

# add_service_checks FOLDER OUTPUT...: has the boot run scripts/lib/service-checks with the packages
# /1.deb and /2.deb; OUTPUT, lines of a unit, says where to.
add_service_checks() {
  local root=$1
  shift
  rm -f "$root/usr/sbin/policy-rc.d"
  cp "${repo:?}/scripts/lib/checks.sh" "$repo/scripts/lib/service-checks" "$root"/[12].deb "$root/root/"
  printf '%s\n' '[Service]' ExecStart=/root/service-checks "$@" \
    >"$root/etc/systemd/system/service-checks.service"
  in_root "$root" systemctl --quiet add-wants multi-user.target service-checks.service
}
