#!/usr/bin/env bash
# The tests of the images: builds both without a container engine, then runs tests/image on them. What follows is
# handed to pytest. The tests of ./test_build.sh leave these out: they want root, two gigabytes and some minutes.
#
# From the environment it takes BASE_IMAGE; without it the images are built on a small Debian that it makes itself.

set -uo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
log_file=$top/build/image.log
program=image
place=$top/build/image
own_base=localhost/prompter-base
trusted=/etc/ssl/certs/ca-certificates.crt

# shellcheck source=scripts/messages.sh
source "$top/scripts/messages.sh"
# shellcheck source=scripts/environment.sh
source "$top/scripts/environment.sh"
# shellcheck source=scripts/checks.sh
source "$top/scripts/checks.sh"

install_image_programs() {
    local -a missing=()
    has_program buildah || missing+=(buildah)
    [[ ${BASE_IMAGE-} ]] || has_program debootstrap || missing+=(debootstrap)
    ((${#missing[@]} == 0)) || install_debian_packages "${missing[@]}"
}

# Everything is kept in one directory, and nothing in the machine's own storage of images. A change of root is all that
# it needs, so it works inside a container, too: more slowly where one layer cannot be laid over another and is copied.
use_builder() {
    local driver=vfs
    rm -rf "$place/trial"
    mkdir -p "$place"/trial/{lower,upper,work,merged} || fail "cannot write in $place"
    if mount -t overlay overlay -o "lowerdir=$place/trial/lower,upperdir=$place/trial/upper,workdir=$place/trial/work" \
        "$place/trial/merged" 2>/dev/null; then
        umount "$place/trial/merged"
        driver=overlay
    fi
    export BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
    storage=(--storage-driver "$driver" --root "$place/$driver" --runroot "$place/run")
}

make_base() {
    local root=$place/debian container
    rm -rf "$root"
    PATH=$PATH:/usr/sbin debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$root" ||
        return
    : >"$root/etc/resolv.conf" # this machine's
    container=$(buildah "${storage[@]}" from scratch) &&
        buildah "${storage[@]}" add --quiet "$container" "$root" / &&
        buildah "${storage[@]}" commit --quiet --rm "$container" "$own_base" &&
        rm -rf "$root"
}

# build NAME [OPTION…]
build() {
    buildah "${storage[@]}" bud --layers --build-arg "BASE_IMAGE=$base" "${mounts[@]}" --tag "localhost/$1" "${@:2}" .
}

build_images() {
    local base=${BASE_IMAGE:-$own_base}
    # Behind a proxy with a certificate of its own, the build trusts what this machine trusts, and the image does not.
    local -a mounts=()
    [[ ! -r $trusted ]] || mounts=(--volume "$trusted:$trusted:ro")
    if [[ $base == "$own_base" ]] && ! buildah "${storage[@]}" inspect --type image "$base" >/dev/null 2>&1; then
        step "making a base image of Debian" make_base
    fi
    step "building the image of Hub and collector" build prompter-hub --target hub
    step "building the image" build prompter
}

run_image_tests() {
    forget_settings
    say "pytest -m image"
    of_the_tree pytest -m image tests/image "$@"
}

((EUID == 0)) || fail "building without a container engine needs root: sudo scripts/image.sh"
cd "$top" || exit 1
begin_log
install_image_programs
use_environment
python -c 'import pytest, pytest_asyncio' >>"$log_file" 2>&1 ||
    fail "the environment lacks what the tests need; ./test_build.sh test installs it"
use_builder
build_images
run_image_tests "$@"
