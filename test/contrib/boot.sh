#!/bin/sh
# Boots the systemd of this machine in namespaces of its own, on a copy of the root that is thrown away: units run there
# as on a server. To be called as the first process of `unshare --pid --mount --net --uts --ipc --cgroup --fork`.
#
#   boot.sh SCRATCH CHECKOUT NODE UNIT
#
# SCRATCH/files is laid over the root, and what units write is found in SCRATCH/written.
set -eu
scratch=$1 checkout=$2 node=$3 unit=$4

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$scratch/room"
mkdir "$scratch/room/root" "$scratch/room/upper" "$scratch/room/work"
cp -a "$scratch/files/." "$scratch/room/upper"
mount -t overlay -o "lowerdir=/,upperdir=$scratch/room/upper,workdir=$scratch/room/work" overlay "$scratch/room/root"
cd "$scratch/room/root"

mkdir -p opt/mirrorhash written usr/local/bin
touch usr/local/bin/node
mount --bind "$checkout" opt/mirrorhash
mount --bind "$node" usr/local/bin/node
mount --bind "$scratch/written" written
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs run
# Settings of the kernel are those of the whole machine.
for settings in proc/sys sys; do
  mount --bind "$settings" "$settings"
  mount -o remount,bind,ro "$settings"
done
mount -t tmpfs -o mode=1777 tmpfs tmp
if ! mount -t cgroup2 none sys/fs/cgroup; then
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
fi
ip link set lo up
chroot . systemd-sysusers /etc/sysusers.d/mirrorhash.conf
export container=unshare
exec chroot . /lib/systemd/systemd --system --unit="$unit" --log-target=console --show-status=0
