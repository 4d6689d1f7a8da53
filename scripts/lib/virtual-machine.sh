# Sourced by scripts/service-test: a Debian with systemd and a docker engine as the disk of a virtual
# machine. It is made once and kept; a run writes to a copy of what it changes.
# Expects install-and-build.sh and clean-root.sh to be sourced.
# shellcheck shell=bash

# shellcheck disable=SC2034
machine_packages=("${clean_root_packages[@]}" busybox-static cpio e2fsprogs qemu-system-x86)

# What the machine has beside a minimal Debian and what the package depends on.
# The second line is for a rootless engine.
readonly machine_contents=(
  docker.io busybox-static procps
  rootlesskit slirp4netns iproute2 uidmap dbus-user-session libpam-systemd
)
readonly machine_kernel=linux-image-cloud-amd64

# Units that the checks have no use for, each of which takes its seconds in an emulated machine.
readonly machine_masked_units=(
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service
  fstrim.timer getty.target systemd-journal-flush.service
  systemd-random-seed.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
  systemd-tmpfiles-clean.timer systemd-pstore.service systemd-sysctl.service systemd-modules-load.service
  kmod-static-nodes.service modprobe@.service dev-hugepages.mount dev-mqueue.mount
  sys-kernel-debug.mount sys-kernel-tracing.mount
)

# image_key PACKAGE: changes with all that goes into the disk, as far as this host's apt knows it.
image_key() {
  {
    declare -f debian_sources make_root in_root add_kernel add_boot_settings make_image
    printf '%s\n' "${machine_contents[@]}" "$machine_kernel" "${machine_masked_units[@]}"
    dpkg-deb -f "$1" Depends
    apt-cache policy "${machine_contents[@]}" "$machine_kernel" systemd runc containerd |
      grep -E '^[^ ]|Candidate:'
  } | sha256sum | cut -c 1-16
}

# in_machine_root COMMAND...
in_machine_root() { in_root "$machine_root" "$@"; }

# Without the packages' scripts: no initrd with tools and no udev, which the machine has no use for.
add_kernel() {
  local folder=$1 release module
  in_machine_root sh -ec "cd /tmp
    kernel=\$(apt-cache depends $machine_kernel | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p')
    apt-get download -q \$kernel && dpkg-deb -x \$kernel*.deb kernel && rm \$kernel*.deb
    mv kernel/lib/modules /usr/lib/" || return
  release=$(ls "$machine_root/usr/lib/modules") || return
  in_machine_root depmod "$release" || return
  mv "$machine_root/tmp/kernel/boot/vmlinuz-$release" "$folder/kernel" || return
  rm -rf "$machine_root/tmp/kernel"

  local initrd=$machine_root/tmp/initrd
  mkdir -p "$initrd"/{bin,dev,new} && cp "$machine_root/bin/busybox" "$initrd/bin/" || return
  {
    echo '#!/bin/busybox sh'
    echo '/bin/busybox mount -t devtmpfs dev /dev'
    for module in virtio_pci virtio_blk ext4 crc32c_generic virtio_rng; do
      in_machine_root modprobe -S "$release" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
      cp "$machine_root$module" "$initrd/" && echo "/bin/busybox insmod /${module##*/}"
    done
    echo '/bin/busybox mount -t ext4 -o noatime,noinit_itable /dev/vda /new'
    echo 'exec /bin/busybox switch_root /new /sbin/init'
  } >"$initrd/init"
  chmod 755 "$initrd/init"
  (cd "$initrd" && find . | cpio -o -H newc --quiet) | gzip -1 >"$folder/initrd" || return
  rm -rf "$initrd"
}

# The second disk brings what is run in it: a file "run".
add_boot_settings() {
  local root=$machine_root
  rm -f "$root/usr/sbin/policy-rc.d"
  # What has a time to start in has it for a real machine.
  mkdir -p "$root/etc/systemd/system.conf.d" "$root/etc/docker" "$root/checks"
  printf '[Manager]\nDefaultTimeoutStartSec=15min\n' >"$root/etc/systemd/system.conf.d/slow.conf"
  printf '%s\n' '[Unit]' After=docker.service '[Service]' \
    'ExecStartPre=/bin/mount -o ro /dev/vdb /checks' ExecStart=/checks/run \
    StandardInput=tty-force StandardOutput=tty StandardError=tty TTYPath=/dev/ttyS0 \
    >"$root/etc/systemd/system/checks.service"
  in_machine_root systemctl --quiet add-wants multi-user.target checks.service
  in_machine_root systemctl --quiet mask "${machine_masked_units[@]}"
  in_machine_root useradd --create-home --uid 1000 somebody
  in_machine_root systemd-machine-id-setup >/dev/null 2>&1
  # The machine has no network but its own bridges. Tasks outlive an engine that goes away.
  echo '{"iptables": false, "ip6tables": false, "userland-proxy": false, "live-restore": true}' \
    >"$root/etc/docker/daemon.json"
  echo 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' >"$root/etc/containerd/config.toml"
  touch "$root/etc/.updated" "$root/var/.updated"
}

# make_image PACKAGE FOLDER: FOLDER gets disk, kernel and initrd. The packages and all that they
# depend on are there before the boot, for the machine has no network.
make_image() {
  local package=$1 folder=$2
  machine_root=$folder/root
  make_root "$machine_root" systemd-sysv,dbus,kmod
  # Nothing of it has to outlast a crash.
  echo force-unsafe-io >"$machine_root/etc/dpkg/dpkg.cfg.d/unsafe-io"
  say "Adding a kernel and a docker engine"
  in_machine_root apt-get satisfy -y -q --no-install-recommends \
    "$(dpkg-deb -f "$package" Depends)" "${machine_contents[@]}" >"$folder/root.log" 2>&1 ||
    give_up "apt-get failed in the bare Debian" "$(tail -n 5 "$folder/root.log")"
  add_kernel "$folder" >"$folder/root.log" 2>&1 ||
    give_up "the kernel cannot be added" "$(tail -n 5 "$folder/root.log")"
  add_boot_settings
  in_machine_root apt-get clean
  rm -rf "$machine_root"/var/lib/apt/lists/* "$machine_root"/usr/share/{doc,man,locale}/*
  unmount_root "$machine_root"
  mke2fs -q -t ext4 -O ^has_journal -N 120000 -d "$machine_root" "$folder/disk" 3G ||
    give_up "the disk cannot be made"
  rm -rf --one-file-system "$machine_root" "$folder"/root.log
}

# prepare_image PACKAGE CACHE FRESH: has an image for it in the cache and names its folder in $image.
prepare_image() {
  local package=$1 cache=$2 fresh=$3
  mkdir -p "$cache" || give_up "the folder $cache cannot be made"
  image=$cache/$(image_key "$package")
  if $fresh || [ ! -e "$image/disk" ]; then
    [ "$(id -u)" = 0 ] || give_up "to make the machine's disk needs root" "sudo $0"
    rm -rf "$image"
    making=$(mktemp -d "$cache/making-XXXXXX")
    make_image "$package" "$making"
    mv "$making" "$image"
    making=
  fi
  touch "$image"
  # Those that no run has used for a month.
  find "$cache" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
}

# boot_machine FOLDER SERIAL ARGUMENT OF qemu...: with the files of FOLDER as its second disk, for no
# longer than $machine_time_limit_s.
boot_machine() {
  local folder=$1 serial=$2
  shift 2
  mke2fs -q -t ext4 -O ^has_journal -d "$folder" "$folder.disk" 64M ||
    give_up "the disk with the package cannot be made"
  # Emulated processors that get too little of the host's fail to measure their clocks: those are given.
  local kernel_options=(
    console=ttyS0 quiet loglevel=3 systemd.show_status=0 root=/dev/vda rw
    mitigations=off apparmor=0 audit=0 ipv6.disable=1 nowatchdog init_on_alloc=0
    no_timer_check lpj=10000000 tsc=reliable rcupdate.rcu_expedited=1 random.trust_cpu=on
  )
  timeout --foreground "${machine_time_limit_s:-0}" \
    qemu-system-x86_64 -accel "${WEMOL_VM_ACCEL:-tcg,thread=multi}" -cpu "${WEMOL_VM_CPU:-max}" \
    -smp 2 -m 2048 -nodefaults -no-user-config -display none -no-reboot -serial "$serial" \
    -device virtio-rng-pci -kernel "$image/kernel" -initrd "$image/initrd" \
    -append "${kernel_options[*]}" \
    -drive "file=$image/disk,if=virtio,format=raw,snapshot=on,cache=unsafe" \
    -drive "file=$folder.disk,if=virtio,format=raw,readonly=on" "$@"
}
