#!/usr/bin/env bash
# Runs AWS's public test client for XKS proxies (github.com/aws-samples/aws-kms-xksproxy-test-client) against a proxy of
# its own on SoftHSM: all its cases, over plain HTTP and then over TLS with certificates on both sides.
#
#   scripts/xks-test-client.sh PATH-TO-CLIENT     the folder that has test-xks-proxy in it
#
# STRONGROOM names another binary than that of the last debug build.
set -euo pipefail
if [ $# -ne 1 ] || [ ! -x "$1/test-xks-proxy" ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
client=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
strongroom=${STRONGROOM:-$PWD/.build/debug/strongroom}
for command in curl jq xxd uuidgen openssl; do
    type "$command" > /dev/null || { echo "$0: error: there is no $command (apt-get install curl jq xxd uuid-runtime)" >&2; exit 1; }
done

work=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    server=
}
trap 'stop; rm -rf "$work"' EXIT
state=$work/state
api=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$strongroom" init --state "$state" --profile hsm-config/softhsm2.yaml --listen "127.0.0.1:$api" > /dev/null

serve() { # starts the proxy; $endpoint is where it listens
    : > "$work/listening"
    "$strongroom" xks-proxy serve --state "$state" --listen 127.0.0.1:0 > "$work/listening" 2> "$work/server.log" &
    server=$!
    for _ in $(seq 300); do
        endpoint=$(sed -n 's/^listening on //p' "$work/listening")
        if [ -n "$endpoint" ]; then return; fi
        sleep 0.1
    done
    echo "$0: error: the proxy does not listen; its log:" >&2
    cat "$work/server.log" >&2
    exit 1
}

# The client's own exit status says nothing, and it writes to /dev/stderr as to a file: hence the pipe.
ask() { # variables and command
    (cd "$client" && env XKS_PROXY_HOST="localhost:${endpoint##*:}" REGION=us-east-1 KEY_ID=both \
        ENCRYPT_ONLY_KEY_ID=encrypts DECRYPT_ONLY_KEY_ID=decrypts IMPOTENT_KEY_ID=neither \
        URI_PREFIX="$prefix" SIGV4_ACCESS_KEY_ID="$id" SIGV4_SECRET_ACCESS_KEY="$secret" "$@" 2>&1 || true) |
        sed 's/\x1b\[[0-9;]*m//g' > "$work/log"
}

run() { # what, variables and command
    local what=$1 summary
    shift
    ask "$@"
    summary=$(grep -aE '^(All|A total of) .* tests ' "$work/log" | tail -n 1 || true)
    echo "$what: ${summary:-no result}"
    if [[ $summary != "All "*" PASSED." ]]; then
        grep -aE -B 12 'FAILED' "$work/log" | cut -c 1-200 >&2 || true
        exit 1
    fi
}

serve
"$strongroom" xks-proxy init-store --prefix client/test --output "$work/store.json" --state "$state" > /dev/null
prefix=client/test
id=$(jq -r .XksProxyAuthenticationCredential.AccessKeyId "$work/store.json")
secret=$(jq -r .XksProxyAuthenticationCredential.RawSecretAccessKey "$work/store.json")
new_key() { "$strongroom" xks-proxy key create --prefix client/test --id "$@" --state "$state" > /dev/null; }
new_key both
new_key encrypts --use encrypt
new_key decrypts --use decrypt
new_key neither --use none
run "plain HTTP" SCHEME= ./test-xks-proxy
run "plain HTTP, with keys that are restricted" SCHEME= ./test-xks-proxy -a
stop

# An authority of its own, a server's certificate and a client's.
certificate() { # name, subject, more of openssl
    local name=$1 subject=$2
    shift 2
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$subject" \
        -keyout "$work/$name.key" -out "$work/$name.pem" "$@" 2> /dev/null
}
certificate authority authority
signed=(-CA "$work/authority.pem" -CAkey "$work/authority.key" -addext basicConstraints=critical,CA:FALSE)
certificate server localhost "${signed[@]}" -addext subjectAltName=DNS:localhost
certificate client cks.kms.us-east-1.amazonaws.com "${signed[@]}"
cat >> "$state/strongroom.yaml" <<YAML
xksProxy:
  listen: 127.0.0.1:0
  tls:
    certificate: $work/server.pem
    key: $work/server.key
    clientAuthority: $work/authority.pem
    clientSubject: cks.kms.us-east-1.amazonaws.com
YAML
serve
run "mutual TLS" SECURE="--cacert $work/authority.pem" MTLS="--key $work/client.key --cert $work/client.pem" \
    ./test-xks-proxy -a
# The client looks for the alert "handshake failure"; what TLS has for such certificates is "unknown CA" (RFC 8446,
# section 6.2), and that is what the proxy sends.
ask SECURE="--cacert $work/authority.pem" ./test_negative_mtls
refused=$(grep -ac 'TLS alert, unknown CA' "$work/log" || true)
if [ "$refused" -eq 0 ] || grep -aq '^< HTTP/' "$work/log"; then
    echo "$0: error: a certificate was taken that is not to be taken" >&2
    exit 1
fi
echo "certificates that are not to be taken: $refused refused"
