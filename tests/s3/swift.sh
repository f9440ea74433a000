#!/bin/bash
# costfs beside a server of S3 that we did not write and that checks signatures strictly:
# OpenStack Swift with s3api. On demand, since it installs some fifty packages:
#
#   tests/s3/swift.sh BUILD              a build directory that has fs/costfs
#
# The last line is "swift: N passed, N failed"; it exits with 0 if nothing failed.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
build=$(cd "${1:?tests/s3/swift.sh BUILD}" && pwd) || exit 2
costfs=$build/fs/cmd/costfs
[ -x "$costfs" ] || { echo "no costfs in $build" >&2; exit 2; }
. "$root/examples/packages.sh"

scratch=$(mktemp -d /tmp/costfs-swift.XXXXXX) || exit 2
servers=
clean_up() {
    # shellcheck disable=SC2086 # a list of numbers
    [ -z "$servers" ] || kill $servers 2>/dev/null
    wait 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

packages_install "$scratch/apt" swift swift-proxy swift-account swift-container swift-object \
    memcached || exit 2
python3 -c 'import boto3' || exit 2

free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# ring NAME PORT
ring() {
    (
        cd "$scratch" &&
            swift-ring-builder "$1.builder" create 6 1 1 &&
            swift-ring-builder "$1.builder" add "r1z1-127.0.0.1:$2/sdb1" 1 &&
            swift-ring-builder "$1.builder" rebalance
    ) >"$scratch/ring.log" 2>&1
    [ -f "$scratch/$1.ring.gz" ] || { cat "$scratch/ring.log"; exit 2; }
}

# storage NAME PORT : the configuration of the account, container or object server
storage() {
    cat >"$scratch/$1-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = 1
user = $(id -un)
swift_dir = $scratch
devices = $scratch/dev
mount_check = false
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
END
}

# proxy PORT MEMCACHED-PORT
proxy() {
    cat >"$scratch/proxy-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
workers = 1
user = $(id -un)
swift_dir = $scratch
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache s3api tempauth slo dlo
    versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$2
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = true
dns_compliant_bucket_names = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
[filter:symlink]
use = egg:swift#symlink
END
}

# serve COMMAND... : in the background, until the end
serve() {
    "$@" >>"$scratch/server.log" 2>&1 </dev/null &
    servers="$servers $!"
}

start_swift() {
    local account container object cache kind
    account=$(free_port) container=$(free_port) object=$(free_port) cache=$(free_port)
    port=$(free_port)
    mkdir -p "$scratch/dev/sdb1"
    cp /etc/swift/swift.conf "$scratch/" || exit 2
    for kind in "account $account" "container $container" "object $object"; do
        # shellcheck disable=SC2086 # two words
        storage $kind
        # shellcheck disable=SC2086
        ring $kind
    done
    cp "$scratch/object.ring.gz" "$scratch/object-0.ring.gz"
    proxy "$port" "$cache"
    serve memcached -u nobody -l 127.0.0.1 -p "$cache"
    for kind in account container object; do
        serve "swift-$kind-server" "$scratch/$kind-server.conf"
    done
    serve swift-proxy-server "$scratch/proxy-server.conf"
    for _ in $(seq 100); do
        python3 -c "import urllib.request as u
u.urlopen('http://127.0.0.1:$port/healthcheck', timeout=2)" 2>/dev/null && return
        sleep 0.2
    done
    cat "$scratch/server.log"
    echo "swift did not start" >&2
    exit 2
}

for name in $(compgen -e); do
    case $name in
    AWS_* | COSTFS_* | XDG_*) unset "$name" ;;
    esac
done
start_swift
export HOME=$scratch AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1 \
    AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing \
    AWS_ENDPOINT_URL_S3=http://127.0.0.1:$port

"$costfs" demo-export "$scratch/copy" --rows 20000 --months 3 || exit 2
python3 - "$scratch/copy" "$AWS_ENDPOINT_URL_S3" <<'END' || exit 2
import pathlib, sys
import boto3
from botocore.config import Config

copy, endpoint = sys.argv[1:]
copy = pathlib.Path(copy)
s3 = boto3.client("s3", endpoint_url=endpoint, config=Config(
    request_checksum_calculation="when_required", response_checksum_validation="when_required"))
for bucket, front in (("costs", ""), ("odd-keys", "a + b/ü%20=&'(~)/x y/")):
    s3.create_bucket(Bucket=bucket)
    for path in sorted(copy.rglob("*")):
        if path.is_file():
            s3.put_object(Bucket=bucket, Key=front + str(path.relative_to(copy)),
                          Body=path.read_bytes())
END

passed=0 failed=0
# check WHAT COMMAND... : by its exit status
check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $what"
    fi
}
# same SOURCE COMMAND PATH : as from the copy
same() {
    local source=$1
    shift
    cmp <("$costfs" "$1" "$scratch/copy" "$2" --cache "$scratch/c1") \
        <("$costfs" "$1" "$source" "$2" --cache "$scratch/c2")
}
# refused CODE WORD... : fails, and says so
refused() {
    local code=$1
    shift
    ! "$@" >"$scratch/said" 2>&1 && grep -q "$code" "$scratch/said" && return
    cat "$scratch/said"
    return 1
}

for path in this-month/lines.csv last-month/by-service.csv accounts.csv; do
    check "cat $path" same s3://costs cat $path
done
check "ls" same s3://costs ls months
check "odd keys" same "s3://odd-keys/a + b/ü%20=&'(~)/x y" cat this-month/daily.csv
check "found by walking" same s3://odd-keys cat this-month/daily.csv
check "another region" env AWS_REGION=eu-west-1 "$costfs" cat s3://costs \
    this-month/total.csv --cache "$scratch/c3" >/dev/null
check "wrong secret" refused SignatureDoesNotMatch \
    env AWS_SECRET_ACCESS_KEY=wrong "$costfs" ls s3://costs --cache "$scratch/c4"
# It does not tell an unknown key from a wrong secret.
check "unknown key" refused SignatureDoesNotMatch \
    env AWS_ACCESS_KEY_ID=test:nobody "$costfs" ls s3://costs --cache "$scratch/c4"
check "no such bucket" refused NoSuchBucket "$costfs" ls s3://nowhere --cache "$scratch/c4"
echo "swift: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
