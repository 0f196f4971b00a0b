# What the scripts of this folder share; they source it. Each makes one kind of token with all of its state in one
# folder, and never touches the token stores of the machine.
#
# A script sets
#   packages     the Debian packages that it needs
#   profile      the name of its profile in hsm-config/
#   module_paths where the PKCS#11 module may be
#   token_uri    the token's PKCS#11 URI
# and defines
#   make_token   makes the token, once; $folder, $module and the PIN files are there
#   start        starts the daemons that it needs, with `daemon`
#   environment  prints NAME=VALUE lines: what a program needs so that the module finds the token
# and may define
#   enter        replaces the process by a command, where that needs more than variables
#   look         prints a command that looks at the token
#   stopped      tidies up when the daemons have ended
#
# In the folder are then: pin and so-pin (mode 0600), token (what is where, as NAME=VALUE), environment, profile.yaml
# (with ${STATE} filled in), daemons/ (their process ids) and log/.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$(basename "$0")

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

usage() {
    cat >&2 <<TEXT
usage: $script FOLDER                 make the token, or start its daemons again, and tell how it is used
       $script FOLDER run COMMAND…    run a command that finds the token
       $script FOLDER --stop          end the token's daemons; the token stays
TEXT
    exit 2
}

enter() { exec "$@"; }
start() { :; }
stopped() { :; }
look() { echo "pkcs11-tool --module $module --list-token-slots"; }

# MARK: Processes

# The number by which a process differs from a later one with the same id: when it was started. Of one that has ended,
# though nobody has noticed yet, none.
started() { sed 's/.*) //; /^Z/d' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# Whether the daemon NAME that this script started is running.
runs() {
    local pid time
    read -r pid time 2>/dev/null <"$folder/daemons/$1" || return 1
    [ -n "$time" ] && [ "$(started "$pid")" = "$time" ]
}

# Remembers a process that was started, by a name.
remember() { printf '%s %s\n' "$2" "$(started "$2")" >"$folder/daemons/$1"; }

# Closes what the caller left open: a daemon would hold it for as long as it lives, and who reads from the other end of a
# pipe would wait for that.
close_inherited() {
    local descriptor
    for descriptor in /proc/"$BASHPID"/fd/*; do
        descriptor=${descriptor##*/}
        if [ "$descriptor" -gt 2 ]; then eval "exec $descriptor>&-"; fi
    done
}

# daemon NAME COMMAND…: starts a command that stays in the foreground, in a session of its own.
daemon() {
    local name=$1
    shift
    (close_inherited && exec setsid "$@") </dev/null >>"$folder/log/$name.log" 2>&1 &
    remember "$name" $!
}

# log_end NAME: the end of what a program said, in a line.
log_end() { tail -n 3 "$folder/log/$1.log" 2>/dev/null | tr '\n' ' ' | cut -c -300; }

# wait_for NAME CONDITION…: waits until a condition holds; fails when the daemon NAME ends before, or after 20 s.
wait_for() {
    local name=$1 end=$((SECONDS + 20))
    shift
    until "$@" >/dev/null 2>&1; do
        if ! runs "$name" || [ $SECONDS -ge $end ]; then
            fail "$name did not start: $(log_end "$name")" "all that it said is in $folder/log/$name.log"
        fi
        sleep 0.02
    done
}

end_daemon() {
    local pid time end=$((SECONDS + 5))
    if runs "$1"; then
        read -r pid time <"$folder/daemons/$1"
        kill "$pid" 2>/dev/null || true
        while runs "$1" && [ $SECONDS -lt $end ]; do sleep 0.02; done
        if runs "$1"; then kill -9 "$pid" 2>/dev/null || true; fi
    fi
    rm -f "$folder/daemons/$1"
}

# The last one first: it may need the others to end well.
stop() {
    local name
    if [ -d "$folder/daemons" ]; then
        for name in $(ls -t "$folder/daemons"); do end_daemon "$name"; done
    fi
    stopped
}

all_run() {
    local file
    [ -e "$folder/token" ] || return 1
    for file in "$folder"/daemons/*; do
        [ -e "$file" ] || continue
        runs "$(basename "$file")" || return 1
    done
    # After --stop no daemon is remembered, whether or not there should be one.
    [ ! -e "$folder/stopped" ]
}

# MARK: Files

need_packages() {
    local package status missing=
    for package in $packages; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        if [ "$status" != installed ]; then missing="$missing $package"; fi
    done
    [ -z "$missing" ] || fail "these Debian packages are missing:$missing" "apt-get install$missing"
}

# new_pin FILE CHARACTERS: a file with a new PIN, of decimal digits, which every token takes.
new_pin() {
    if [ -e "$1" ]; then return; fi
    local pin
    pin=$(od -An -v -tu1 -N 64 /dev/urandom | tr -d ' \n' | tail -c "$2")
    [ ${#pin} -eq "$2" ] || fail "/dev/urandom gave no PIN" "is /dev there?"
    printf '%s\n' "$pin" >"$1"
}

write_profile() {
    local text
    text=$(cat "$here/../$profile.yaml")
    printf '%s\n' "${text//\$\{STATE\}/$folder}" >"$folder/profile.yaml"
}

set_up() {
    need_packages
    mkdir -p "$folder/daemons" "$folder/log"
    if [ ! -e "$folder/token" ]; then
        new_pin "$folder/pin" "${pin_size:-16}"
        new_pin "$folder/so-pin" "${pin_size:-16}"
        environment >"$folder/environment"
        write_profile
        make_token
        printf 'module=%s\nuri=%s\npin=%s\nprofile=%s\n' \
            "$module" "$token_uri" "$folder/pin" "$folder/profile.yaml" >"$folder/token.new"
        mv "$folder/token.new" "$folder/token"
    fi
    start
    rm -f "$folder/stopped"
}

locked() {
    exec 9>"$folder/lock"
    flock 9
    "$@"
    exec 9>&-
}

tell() {
    cat <<TEXT
token:    $token_uri
module:   $module
PIN file: $folder/pin
profile:  $folder/profile.yaml

Programs find it when they are started by
  $0 $folder run COMMAND…
for example
  $0 $folder run $(look)
  $0 $folder run strongroom conformance --module $module --token '$token_uri' \\
    --pin-file $folder/pin --profile $folder/profile.yaml
TEXT
    if [ -s "$folder/environment" ]; then
        printf '\nwhich sets\n'
        sed 's/^/  /' "$folder/environment"
    fi
    if [ -n "$(ls "$folder/daemons")" ]; then printf '\nIts daemons run until: %s %s --stop\n' "$0" "$folder"; fi
}

# MARK: The command line

token_main() {
    [ $# -ge 1 ] || usage
    case $1 in -*) usage ;; esac
    folder=$1
    shift
    case ${1:-} in '' | --stop) [ $# -le 1 ] || usage ;; run) [ $# -ge 2 ] || usage ;; *) usage ;; esac
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    # Sockets' paths have room for 107 bytes, and some modules split their paths at odd characters.
    [[ $folder =~ ^[A-Za-z0-9._/-]{1,80}$ ]] || fail "$folder is too long for a socket in it, or has odd characters" \
        "give a folder of at most 80 letters, digits, '.', '_', '-' and '/'"
    module=
    for path in $module_paths; do if [ -e "$path" ]; then module=$path && break; fi; done
    if [ "${1:-}" = --stop ]; then
        locked stop
        : >"$folder/stopped"
        return
    fi
    if [ -z "$module" ]; then need_packages && fail "none of these modules is here: $module_paths" "apt-get install $packages"; fi
    if ! all_run; then locked set_up; fi
    if [ $# -eq 0 ]; then tell && return; fi
    shift
    set -a
    # shellcheck disable=SC1091 # it is written above
    . "$folder/environment"
    set +a
    enter "$@"
}

libraries=/usr/lib/$(uname -m)-linux-gnu
