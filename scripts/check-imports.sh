#!/usr/bin/env bash
# Keeps the layers of docs/architecture.md: arrows only point down, siblings never import each other,
# PKCS#11 stays behind two targets, and no vendor's name is in the sources.
#
#   scripts/check-imports.sh               check Sources/
#   scripts/check-imports.sh --self-test   check that each rule finds its violation
set -euo pipefail
cd "$(dirname "$0")/.."

# target: the modules it may import; a trailing * stands for a family. What a target may import is decided by its
# layer, not by what is convenient: a new line here is a change of the architecture.
table='
CP11Kit:
CPKCS11:
CSecureMemory:
CProcess:
CLibCrypto:
SecureMemory: CSecureMemory Glibc Synchronization
PKCS11: CP11Kit CPKCS11 SecureMemory Glibc Synchronization
LibCrypto: CLibCrypto SecureMemory Glibc Synchronization
KMSCore: KMSPolicy LibCrypto SecureMemory FoundationEssentials Glibc Synchronization
KMSPolicy:
IAMCore: KMSCore KMSPolicy LibCrypto SecureMemory SigV4 FoundationEssentials Glibc Synchronization
XKSCore: KMSCore KMSPolicy LibCrypto SecureMemory SigV4 FoundationEssentials Glibc Synchronization
HSMWorkerProtocol: SecureMemory Glibc
HSMWorker: LibCrypto PKCS11 HSMWorkerProtocol SecureMemory FoundationEssentials Glibc Synchronization
HSMConformance: CProcess HSMWorker HSMWorkerProtocol LibCrypto PKCS11 SecureMemory FoundationEssentials Glibc Synchronization
HSMClient: CProcess HSMWorkerProtocol KMSCore SecureMemory FoundationEssentials Glibc Logging Synchronization
SQLiteStore: KMSCore GRDB Foundation FoundationEssentials Glibc Synchronization
AuditLog: KMSCore LibCrypto Crypto FoundationEssentials Glibc Synchronization
EventDelivery: KMSCore AsyncHTTPClient FoundationEssentials Logging NIO* Synchronization
SigV4: Crypto FoundationEssentials Glibc Synchronization
XKSClient: KMSCore LibCrypto SigV4 AsyncHTTPClient FoundationEssentials NIO* Synchronization
KMSAPIClient: SigV4 AsyncHTTPClient Crypto FoundationEssentials NIO* Synchronization
KMSWire: KMSCore SecureMemory FoundationEssentials Synchronization
IAMQuery: IAMCore KMSCore KMSPolicy SecureMemory XKSCore FoundationEssentials Synchronization
HTTPFront: LibCrypto HTTPTypes Hummingbird* FoundationEssentials Glibc Logging NIO* Synchronization
KMSServer: HTTPFront IAMQuery KMSCore KMSPolicy KMSWire SigV4 SecureMemory HTTPTypes Hummingbird* FoundationEssentials Glibc Logging NIO* Synchronization
XKSProxy: HTTPFront KMSCore KMSPolicy SigV4 SecureMemory XKSCore HTTPTypes Hummingbird* FoundationEssentials Glibc Logging NIO* Synchronization
StrongroomCommands: AuditLog EventDelivery HSMClient HSMWorkerProtocol HTTPFront IAMCore IAMQuery KMSAPIClient KMSCore KMSPolicy KMSServer KMSWire LibCrypto SQLiteStore SecureMemory SigV4 XKSClient XKSCore XKSProxy ArgumentParser Foundation FoundationEssentials Glibc Logging ServiceLifecycle Synchronization UnixSignals Yams
strongroom: StrongroomCommands Glibc
strongroom-hsm-worker: HSMConformance HSMWorker Glibc
'

# The only places for PKCS#11's own names, whose meaning the rest of the code must not depend on.
pkcs11_homes='CPKCS11 PKCS11'
pkcs11_names='\b(CK_[A-Z]|CKA_|CKM_|CKR_|CKO_|CKF_)'
import_line='^[[:space:]]*((@[A-Za-z_]+(\([^)]*\))?|public|package|internal|fileprivate|private)[[:space:]]+)*import[[:space:]]+((struct|class|enum|protocol|typealias|func|let|var)[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)'

errors=0
report() { # place, rule, remedy
    printf '%s: error: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
    errors=$((errors + 1))
}

is_allowed() { # module, list
    local pattern
    for pattern in $2; do
        # shellcheck disable=SC2053 # the right side is a pattern on purpose
        if [[ $1 == $pattern ]]; then return 0; fi
    done
    return 1
}

check_imports() { # sources, target, allowed
    local file number line module
    while IFS=: read -r file number line; do
        [[ $line =~ $import_line ]] || continue
        module=${BASH_REMATCH[6]}
        if is_allowed "$module" "$3"; then continue; fi
        report "$file:$number" "$2 must not import $module; it may import: ${3:-nothing}" \
            "move the code to a target that may, or pass the value in from above; the table is in scripts/check-imports.sh"
    done < <(grep -rHnE '\bimport[[:space:]]' --include='*.swift' "$1/$2" || true)
}

check_names() { # sources, target
    local file number
    if ! is_allowed "$2" "$pkcs11_homes"; then
        while IFS=: read -r file number _; do
            report "$file:$number" "a PKCS#11 name outside of $pkcs11_homes" \
                "give it a Swift name in Sources/PKCS11 and use that"
        done < <(grep -rHnIE "$pkcs11_names" "$1/$2" || true)
    fi
    while IFS=: read -r file number _; do
        report "$file:$number" "a token's product name in the sources" \
            "make the difference a field of the HSM profile (hsm-config/) and name the field"
    done < <(grep -rHnIi softhsm "$1/$2" || true)
}

check() { # sources
    local target rule
    for folder in "$1"/*/; do
        target=$(basename "$folder")
        # `|| true`: a target without a line is reported below, in words.
        rule=$(grep -E "^$target:" <<<"$table" || true)
        if [ -z "$rule" ]; then
            report "$folder" "the target $target has no line in the table" \
                "decide its layer and add it to the table in scripts/check-imports.sh and to docs/architecture.md"
            continue
        fi
        rule=${rule#*:}
        check_imports "$1" "$target" "${rule# }"
        check_names "$1" "$target"
    done
}

self_test() {
    local tree output
    tree=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder's name is fixed now
    trap "rm -rf '$tree'" EXIT
    violation() { # file, content, text that must be reported
        mkdir -p "$tree/Sources/$(dirname "$1")"
        printf '%s\n' "$2" > "$tree/Sources/$1"
        output=$( (errors=0; check "$tree/Sources") 2>&1 )
        if [ -n "$3" ] && ! grep -qF "$3" <<<"$output"; then
            printf 'error: check-imports.sh does not find: %s in %s\nhint: mend the script; it said: %s\n' "$2" "$1" "$output" >&2
            exit 1
        elif [ -z "$3" ] && [ -n "$output" ]; then
            printf 'error: check-imports.sh refuses what is allowed: %s in %s\nhint: mend the script; it said: %s\n' "$2" "$1" "$output" >&2
            exit 1
        fi
        rm -rf "$tree/Sources"
    }
    violation KMSCore/A.swift 'import NIOCore' 'KMSCore/A.swift:1: error: KMSCore must not import NIOCore'
    violation KMSCore/A.swift 'package import GRDB' 'KMSCore must not import GRDB'
    violation KMSCore/A.swift '@preconcurrency internal import Foundation' 'KMSCore must not import Foundation;'
    violation KMSCore/A.swift '@_spi(Testing) import Logging' 'KMSCore must not import Logging'
    violation KMSServer/Sub/A.swift 'import struct PKCS11.Session' 'KMSServer/Sub/A.swift:1: error: KMSServer must not import PKCS11'
    violation XKSProxy/A.swift 'import KMSServer' 'XKSProxy must not import KMSServer'
    violation HSMClient/A.swift 'import SQLiteStore' 'HSMClient must not import SQLiteStore'
    violation PKCS11/A.swift 'import Foundation' 'PKCS11 must not import Foundation;'
    violation StrongroomCommands/A.swift 'import HSMWorker' 'StrongroomCommands must not import HSMWorker;'
    violation KMSPolicy/A.swift 'import KMSCore' 'it may import: nothing'
    violation NewTarget/A.swift '' 'the target NewTarget has no line in the table'
    violation HSMWorker/A.swift 'let code = CKR_OK' 'HSMWorker/A.swift:1: error: a PKCS#11 name'
    violation CSecureMemory/a.h 'CK_ULONG length;' 'CSecureMemory/a.h:1: error: a PKCS#11 name'
    violation PKCS11/A.swift '// SoftHSM wants this' "a token's product name"
    violation PKCS11/A.swift 'let code = CKR_OK' ''
    violation KMSCore/A.swift '// why we import nothing else: see the table' ''
    violation KMSAPIClient/A.swift 'package import NIOHTTP1' ''
    violation SecureMemory/A.swift 'import Glibc' ''
    echo "check-imports: every rule finds its violation"
}

case ${1:-} in
    --self-test) self_test ;;
    "")
        check Sources
        if [ "$errors" -ne 0 ]; then
            printf '%d import rule violation(s)\n' "$errors" >&2
            exit 1
        fi
        ;;
    *)
        echo "usage: scripts/check-imports.sh [--self-test]" >&2
        exit 2
        ;;
esac
