# A Linux guest without a disk, for what this machine's kernel cannot be asked: it runs one script as its init.
# The kernel is Debian's, downloaded and not installed; QEMU emulates, so that no rights are needed.
GUEST=$STATE/guest
MODULES=(virtio_pci virtio_net configfs nvmet nvmet_tcp nvme_tcp brd crc32c_generic)

# guest_kernel: once, into $GUEST/root: the kernel, and its modules in the order in which they are loaded
guest_kernel() {
  [ ! -e "$GUEST/complete" ] || return 0
  rm -rf "$GUEST"; mkdir -p "$GUEST/root"
  local package release name
  apt-cache show linux-image-amd64 >/dev/null 2>&1 || apt-get update -q
  package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  (cd "$GUEST" && apt-get download -q "$package" && dpkg-deb -x "$package"_*.deb root && rm -f "$package"_*.deb)
  release=$(ls "$GUEST/root/lib/modules")
  /sbin/depmod -b "$GUEST/root" "$release"
  for name in "${MODULES[@]}"; do
    /sbin/modprobe -d "$GUEST/root" -S "$release" --show-depends "$name"
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!known[$0]++' >"$GUEST/modules"
  touch "$GUEST/complete"
}

# guest_script FILE: what the guest is to do, from standard input; what fails ends it
guest_script() {
  cat >"$1" <<'HEAD'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
for module in $(cat /modules); do
  case $module in */brd.ko*) insmod $module rd_nr=1 rd_size=65536;; *) insmod $module;; esac
done
mount -t configfs none /sys/kernel/config
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0
echo # what the console says of itself ends here
trap 'echo "GUEST failed"; dmesg | tail -n 20; poweroff -f' EXIT
set -e
HEAD
  cat >>"$1"
}

# guest_start NAME FILE PORT: PORT of 127.0.0.1 is the guest's 4420, and 10.0.2.2 is our 127.0.0.1 to the guest
guest_start() {
  guest_kernel
  local image=$RUN/$1.image module
  rm -rf "$image"; mkdir -p "$image"/{bin,dev,proc,sys,lib}
  cp "$(command -v busybox)" "$image/bin/busybox"
  while read -r module; do cp "$module" "$image/lib/"; echo "/lib/${module##*/}"; done <"$GUEST/modules" >"$image/modules"
  cp "$2" "$image/init"; chmod +x "$image/init"
  (cd "$image" && find . | cpio -o -H newc --quiet) >"$image.cpio"
  # A console ends its lines as a terminal does, which nobody who looks for a line wants.
  start "$1" bash -c 'exec "$@" > >(exec sed -u "s/\r\$//")' guest \
    qemu-system-x86_64 -accel tcg -cpu max -m 768 -nographic -no-reboot \
    -kernel "$GUEST"/root/boot/vmlinuz-* -initrd "$image.cpio" -append "console=ttyS0 quiet panic=-1" \
    -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$3-:4420" -device virtio-net-pci,netdev=net
}
