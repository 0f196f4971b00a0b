#!/usr/bin/env bash
# From a checkout to a running server: packages, release build, a SoftHSM token under .strongroom/, and serve.
# Run again, it serves the same keys.
set -euo pipefail
cd "$(dirname "$0")/.."

listen=127.0.0.1:8470
scripts/install-dependencies.sh run
swift build -c release --product strongroom
swift build -c release --product strongroom-hsm-worker
strongroom=.build/release/strongroom

if [ ! -e .strongroom/strongroom.yaml ]; then
    "$strongroom" init --state .strongroom --profile hsm-config/softhsm2.yaml --listen "$listen"
fi

cat <<HINT

Strongroom serves AWS KMS on http://$listen. In another terminal:

  export AWS_SHARED_CREDENTIALS_FILE=$PWD/.strongroom/credentials AWS_PROFILE=strongroom
  aws kms create-key --description "my first key"

HINT
if ! command -v aws >/dev/null; then
    printf 'The AWS CLI is not installed here: apt-get install awscli, or pip install awscli in a virtual environment.\n\n'
fi
exec "$strongroom" serve --state .strongroom --listen "$listen"
