#!/usr/bin/env bash
# Leaves docker answering and the image local/lambda-python:3.11 present,
# from any earlier state. See README.md in this directory.
set -euo pipefail

IMAGE=local/lambda-python:3.11
SUITE=bookworm # the Debian release whose python3 is 3.11
BUILD_PACKAGES=(mmdebstrap debian-archive-keyring zstd ca-certificates)
CA=/etc/ssl/certs/ca-certificates.crt
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/nx-lambda-python-engine
LOG=$CACHE/up.log
DOCKERD_LOG=$CACHE/dockerd.log
PATH=$PATH:/usr/sbin:/sbin
ME=$(id -un 2>/dev/null) || true # a uid without a name prints as a number
export DEBIAN_FRONTEND=noninteractive

say() { printf '[%3ss] %s\n' "$SECONDS" "$*"; }

die() { # what, why, next
  local why=${2#$'\n'}
  printf 'error: %s\n  why:  %s\n  next: %s\n' "$1" "${why//$'\n'/$'\n'        }" "$3" >&2
  exit 1
}

# Any failure that has no message of its own.
set -E
trap '[ $BASH_SUBSHELL != 0 ] || die "$BASH_COMMAND" "it failed in line $LINENO of $0" "bash -x $0"' ERR

run() { # what, next, command...
  local what=$1 next=$2
  shift 2
  "$@" >>"$LOG" 2>&1 || die "$what" "$(tail -n 3 "$LOG")" "$next (all output: $LOG)"
}

have() { command -v "$1" >/dev/null; }

need_root() { # what for
  if [ "$(id -u)" = 0 ]; then
    SUDO=()
  elif have sudo && sudo -n true 2>/dev/null; then
    SUDO=(sudo -nE)
  else
    die "cannot $1" "that needs root; this is $ME, and sudo is absent or asks for a password" "sudo $0${PODMAN:+ --podman}"
  fi
}

can_be_root() { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }

apt_install() {
  have apt-get || die "cannot install $*" "this machine has no apt-get" \
    "install $* by its own package manager, then run $0 again"
  need_root "install $*"
  say "installing $*"
  # Package mirrors hiccup, other jobs use apt too, and the machine keeps its versions.
  local apt=("${SUDO[@]}" apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  run "apt-get update failed" "apt-get update" "${apt[@]}" update
  run "could not install $*" "apt-get install $*" "${apt[@]}" install -y --no-upgrade --no-install-recommends "$@"
}

# `version`, since `info` of older clients succeeds without a server. A daemon
# may be there and hang, hence the timeout.
answers() { WHY=$(timeout 5 docker version --format '{{.Server.Version}}' 2>&1); }

wait_for_answer() { # seconds, pid of the daemon
  local end=$((SECONDS + $1))
  while [ "$SECONDS" -lt "$end" ] && [ -e "/proc/$2" ]; do
    answers && return
    sleep 0.2
  done
  return 1
}

start_dockerd() { # dockerd arguments...
  say "starting dockerd $* (log: $DOCKERD_LOG)"
  # Its own session lets it outlive this script and the terminal. It must
  # not inherit the lock (9), which it would hold for as long as it lives.
  setsid nohup "${SUDO[@]}" dockerd "$@" >"$DOCKERD_LOG" 2>&1 </dev/null 9>&- &
  wait_for_answer 10 $! && return
  "${SUDO[@]}" kill $! 2>/dev/null || true
  return 1
}

# False for a pid that another program has by now, and for a zombie, which has
# no command line.
is_process() { # pid, name
  local command=
  IFS= read -r -d '' command 2>/dev/null <"/proc/$1/cmdline" || true
  [ "${command##*/}" = "$2" ]
}

# dockerd does not start when any process at all has the pid in its pid file,
# and waits in vain for a containerd that it takes to run for the same reason.
stop_process() { # name, pid file
  local pid
  pid=$("${SUDO[@]}" cat "$2" 2>/dev/null) || return 0
  if is_process "$pid" "$1"; then
    say "stopping $1 $pid"
    "${SUDO[@]}" kill "$pid" || true
    for _ in {1..15}; do
      is_process "$pid" "$1" || break
      sleep 0.2
    done
    ! is_process "$pid" "$1" || "${SUDO[@]}" kill -9 "$pid" || true
  fi
  "${SUDO[@]}" rm -f "$2"
}

stop_dockerd() {
  stop_process dockerd /var/run/docker.pid
  stop_process containerd /var/run/docker/containerd/containerd.pid
  # Bind-mounting a socket that does not exist makes a directory of it.
  [ ! -d /var/run/docker.sock ] || "${SUDO[@]}" rmdir /var/run/docker.sock
}

restart_dockerd() {
  local pid
  pid=$("${SUDO[@]}" cat /var/run/docker.pid 2>/dev/null || true)
  if is_process "$pid" dockerd; then
    say "waiting for dockerd $pid, which runs and does not answer"
    wait_for_answer 5 "$pid" && return
  fi
  stop_dockerd
  start_dockerd && return
  stop_dockerd
  # For machines where iptables or bridges are out of reach. Containers then
  # have the host's network or none.
  start_dockerd --iptables=false --bridge=none && return
  stop_dockerd
  die "dockerd does not answer" "$WHY"$'\n'"$(tail -n 3 "$DOCKERD_LOG")" "less $DOCKERD_LOG"
}

docker_up() {
  if have docker; then
    if answers; then
      say "docker $WHY answers"
      return
    fi
    case $WHY in
      *'client version'* | *'API version'*)
        die "$(command -v docker) and the docker daemon do not understand each other" "$WHY" \
          "unset DOCKER_API_VERSION, or put a docker client of the daemon's age first in PATH (installed: $(type -ap docker | xargs))" ;;
      *'permission denied'*)
        die "docker runs, but $ME may not use it" "$WHY" "sudo usermod -aG docker $ME && newgrp docker" ;;
    esac
    if [ -n "${DOCKER_HOST:-}" ] && [ "$DOCKER_HOST" != unix:///var/run/docker.sock ]; then
      die "no docker answers at DOCKER_HOST=$DOCKER_HOST" "$WHY" "unset DOCKER_HOST, or start that daemon"
    fi
  fi

  have dockerd || apt_install docker.io "${BUILD_PACKAGES[@]}" # all at once is quicker
  have docker || apt_install docker-cli # a package of its own since Debian 13
  need_root "start dockerd"
  if [ -d /run/systemd/system ]; then
    say "starting docker by systemd"
    "${SUDO[@]}" systemctl restart docker >>"$LOG" 2>&1 || true
    answers || restart_dockerd
  else
    restart_dockerd
  fi
  say "docker $WHY answers"
}

debian_mirror() {
  # ORIGIN is known to apt after an update only.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)' 'Identifier: Packages' |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ && !found { print $4; found = 1 }'
}

# Writes the root file system as a tar to standard output.
# This function's text is part of the cache key: a changed recipe is built again.
make_rootfs() { # mirror
  local packages=ca-certificates,python3,python3-pip,python3-venv,python3-dev,python-is-python3,virtualenv
  packages+=,build-essential,git,openssh-client,zip,unzip,vim,awscli
  # Unpacking in memory takes half the time. The mount namespace ends with the
  # process, so nothing stays mounted however it ends.
  local in_ram=:
  # shellcheck disable=SC2016
  [ "$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)" -lt 4000000 ] || in_ram='mount -t tmpfs -o size=3g tmpfs "$0"'
  # EXTERNALLY-MANAGED goes because the official build images let pip install.
  # HOME is for any uid, since containers run as the user who started them.
  # The host's CA bundle lets pip and git work behind a TLS-inspecting proxy.
  # shellcheck disable=SC2016
  "${SUDO[@]}" unshare --mount sh -c "$in_ram"'; TMPDIR=$0 exec "$@"' "$WORK" \
    mmdebstrap --variant=apt --include="$packages" \
    --aptopt='Acquire::Retries "3"' --aptopt='Acquire::Languages "none"' \
    --customize-hook="copy-in $CA /etc/ssl/certs" \
    --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
    --customize-hook='install -d -m 1777 "$1/home/build"' \
    "$SUITE" - "$1"
}

# An image gets its name only after it proved to work, so that an interrupted
# run never leaves a half image behind the name.
import_image() { # rootfs.tar.zst
  local id
  id=$(zstd -dcq "$1" | docker import --change 'ENV HOME=/home/build LANG=C.UTF-8' --change 'CMD ["/bin/bash"]' \
    --change 'LABEL nx-lambda-python-engine=true' -) || return
  # shellcheck disable=SC2016
  docker run --rm --network=host --user 12345:12345 "$id" bash -euc '
    for tool in bash vim git make ssh zip python python3 pip virtualenv gcc aws; do
      command -v $tool >/dev/null || { echo "no $tool in the image"; exit 1; }
    done
    touch ~/writable
    python -c "import sys; assert sys.version_info[:2] == (3, 11)"
    python -m pip --version' &&
    docker tag "$id" "$IMAGE"
}

image_present() { timeout 5 docker image inspect "$IMAGE" >/dev/null 2>&1; }

image_up() {
  image_present && return
  local mirror key rootfs
  if ! have mmdebstrap || ! have zstd || [ ! -e "$CA" ]; then apt_install "${BUILD_PACKAGES[@]}"; fi

  # The CA bundle is in the key because it is in the image.
  key=$({ declare -f make_rootfs; cat "$CA"; } | sha256sum | cut -c 1-16)
  rootfs=$CACHE/rootfs-$key.tar.zst
  if [ ! -e "$rootfs" ]; then
    need_root "make a root file system"
    mirror=${NX_LAMBDA_PYTHON_ENGINE_MIRROR:-$(debian_mirror)}
    if [ -z "$mirror" ]; then
      apt_install "${BUILD_PACKAGES[@]}" # updates apt's lists
      mirror=$(debian_mirror)
    fi
    [ -n "$mirror" ] || die "no package mirror to make the image from" "this machine's apt sources name no Debian mirror" \
      "NX_LAMBDA_PYTHON_ENGINE_MIRROR=<URI of a Debian mirror> $0"
    say "making a root file system of Debian $SUITE from $mirror"
    # apt's own proxy setting; mmdebstrap does not read it, but knows these variables.
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    export http_proxy https_proxy
    make_rootfs "$mirror" 2>>"$LOG" | zstd -q -T0 -1 >"$WORK.zst" ||
      die "could not make the root file system" "$(tail -n 3 "$LOG")" "less $LOG"
    rm -f "$CACHE"/rootfs-*.tar.zst
    mv "$WORK.zst" "$rootfs"
  fi

  say "importing $IMAGE"
  # Interrupted imports.
  docker image prune -f --filter label=nx-lambda-python-engine >>"$LOG" 2>&1 || true
  import_image "$rootfs" >>"$LOG" 2>&1 || {
    # The next run must not start from a broken file system.
    rm -f "$rootfs"
    die "could not make $IMAGE" "$(tail -n 3 "$LOG")" "$0 (all output: $LOG)"
  }
}

podman_present() {
  have podman && [ "$(podman image inspect --format '{{.Id}}' "$IMAGE" 2>/dev/null)" = \
    "$(docker image inspect --format '{{.Id}}' "$IMAGE" | cut -d : -f 2)" ]
}

podman_load() { docker save "$IMAGE" | podman load; }

podman_runs() { podman run --rm --init --network=host "$IMAGE" true; }

podman_up() {
  local packages=() program conf runtime cgroups
  for program in podman crun catatonit; do have "$program" || packages+=("$program"); done
  [ ${#packages[@]} = 0 ] || apt_install "${packages[@]}"
  if ! podman_present; then
    say "loading $IMAGE into podman"
    run "podman could not load $IMAGE" "podman info" podman_load
  fi
  podman_runs >>"$LOG" 2>&1 && return

  # Inside containers and small VMs podman may neither raise limits nor make a
  # network, and crun takes no machine that mixes both versions of cgroups.
  # A file in conf.d leaves the user's containers.conf as it is.
  conf=${XDG_CONFIG_HOME:-$HOME/.config}/containers/containers.conf.d
  [ "$(id -u)" != 0 ] || conf=/etc/containers/containers.conf.d
  conf=$conf/nx-lambda-python-engine.conf
  mkdir -p "${conf%/*}"
  for runtime in crun runc; do
    cgroups=enabled
    [ $runtime = runc ] || cgroups=disabled
    say "setting podman to $runtime with cgroups $cgroups ($conf)"
    cat >"$conf" <<CONF
[containers]
cgroups = "$cgroups"
netns = "host"
default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]
[engine]
runtime = "$runtime"
CONF
    podman_runs >>"$LOG" 2>&1 && return
  done
  rm -f "$conf"
  die "podman does not run $IMAGE" "$(tail -n 3 "$LOG")" "podman info (all output: $LOG)"
}

# For the tests of git+ssh, which start a server of their own.
sshd_up() {
  have sshd && return
  can_be_root || {
    say "no sshd, and no root to install it: the tests of git+ssh will be skipped"
    return
  }
  need_root "install openssh-server"
  # Debian starts the server that it installs, for the whole network.
  [ ! -d /run/systemd/system ] || "${SUDO[@]}" systemctl mask --quiet ssh.service ssh.socket
  apt_install openssh-server openssh-client
  [ ! -d /run/systemd/system ] || {
    "${SUDO[@]}" systemctl unmask --quiet ssh.service ssh.socket
    "${SUDO[@]}" systemctl disable --quiet ssh.service
  }
}

# For the tests of HTML pages.
chromium_up() {
  have chromium && return
  can_be_root || {
    say "no chromium, and no root to install it: the tests of pages will be skipped"
    return
  }
  need_root "install chromium"
  apt_install chromium
}

PODMAN=
case ${1:-} in
  '') ;;
  --podman) PODMAN=yes ;;
  *)
    echo "usage: $0 [--podman]" >&2
    exit 2
    ;;
esac

ready() { image_present && have sshd && have chromium && { [ -z "$PODMAN" ] || { podman_present && podman_runs >/dev/null 2>&1; }; }; }
if have docker && ready; then
  say "$IMAGE is present, nothing to do"
  exit
fi

mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock -n 9 || {
  say "waiting for another run of this script"
  flock -w 900 9 || die "another run holds $CACHE/lock for 15 minutes" "it hangs, or waits for a slow mirror" "fuser -v $CACHE/lock"
}
: >"$LOG"
SUDO=()
# Runs that were killed leave such a directory behind.
rm -rf --one-file-system "$CACHE"/work.*
WORK=$(mktemp -d "$CACHE/work.XXXXXX")
trap '"${SUDO[@]}" rm -rf --one-file-system "$WORK" "$WORK.zst"' EXIT

docker_up
image_up
sshd_up
chromium_up
[ -z "$PODMAN" ] || podman_up
say "ready: docker run --rm --network=host $IMAGE python3 --version"
