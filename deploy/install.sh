#!/bin/sh
# Installs Heavylift on a fresh Debian or Ubuntu as a service of systemd, with Caddy in front of it. Run by root; run again, it
# brings the version that it comes with in place of the one that runs, and keeps data and settings. docs/deploy.md says more.
set -eu
umask 022

usage() {
  cat <<'TEXT'
usage: deploy/install.sh [--domain NAME] [--from SOURCE]
       deploy/install.sh --workers "KINDS ..." [--from SOURCE]
       deploy/install.sh --uninstall [--purge]

  --domain NAME   the host name that people reach it by; Caddy serves it by https, with a certificate that it gets itself.
                  Without one it answers on this machine alone (127.0.0.1:3000), or as it did before.
  --from SOURCE   the version: a folder, a .tar.gz (a file or an address), or an address of git (with #branch or #tag).
                  Without it: the folder that this script lies in.
  --workers ...   this host runs workers alone, for a Redis and storage elsewhere: one process for each word, which is its kinds with
                  dashes between them, and a number where there are several: "images images:2 emails-webhooks-calls-flows".
  --uninstall     stop and remove it; data, settings and its user stay.
  --purge         with --uninstall: these go too.
TEXT
}

user=heavylift
app=/opt/heavylift
before=$app.before
new=$app
data=/var/lib/heavylift
settings=/etc/heavylift/settings.env
units=/etc/systemd/system
unit=$units/heavylift.service
worker_unit=$units/heavylift-worker@.service
site=/etc/caddy/heavylift.caddy
caddyfile=/etc/caddy/Caddyfile
import_line="import $site"
sysctl=/etc/sysctl.d/60-heavylift.conf
command=/usr/local/bin/heavylift
# With many jobs under way the processes of the version before are given their time (DRAIN_SECONDS) before it starts.
patience_seconds=180

say() { printf 'install: %s\n' "$*"; }
fail() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
# Whether systemd runs this machine; in a chroot or a container it may be installed and does not.
has_systemd() { [ -d /run/systemd/system ]; }
as_user() { runuser -u "$user" -- env HOME="$data" "$@"; }

domain='' from='' workers='' uninstall='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --domain | --from | --workers)
      [ -n "${2-}" ] || fail "$1: must be followed by its value"
      case $1 in --domain) domain=$2 ;; --from) from=$2 ;; *) workers=$2 ;; esac
      shift
      ;;
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && fail "$1: no such option" ;;
  esac
  shift
done
case $domain in
  *[!a-zA-Z0-9.-]* | .* | -* | *. | *..*) fail '--domain: must be a host name, such as jobs.example.com' ;;
esac
case $workers in
  *[!a-z0-9:\ -]*) fail '--workers: must be kinds, such as "images reports-emails"' ;;
esac
[ -z "$workers" ] || [ -z "$domain" ] || fail '--workers: must not stand beside --domain; web processes are of another host'
[ -z "$purge" ] || [ -n "$uninstall" ] || fail '--purge: must stand beside --uninstall'
[ -z "$uninstall" ] || [ -z "$domain$from$workers" ] || fail '--uninstall: must stand alone, or beside --purge'
[ "$(id -u)" = 0 ] || fail 'only root may install: run it with sudo'

# --- Packages

install_packages() {
  say "installing $* (apt-get)"
  [ -n "${lists_are_new-}" ] || apt-get update -qq || say 'apt-get update failed; going on with the package lists that are there'
  lists_are_new=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# --- The version

scratch='' swapped='' restarted=''

# What fails leaves what was: the code of before, and where everything was started anew, that too.
finish() {
  status=$?
  [ -z "$scratch" ] || rm -rf "$scratch"
  [ "$new" = "$app" ] || rm -rf "$new"
  if [ -n "$swapped" ] && [ "$status" != 0 ]; then
    say 'putting the version before back'
    rm -rf "$app"
    mv "$before" "$app"
    write_unit
    [ -z "$restarted" ] || systemctl restart heavylift
    [ -z "$workers" ] || run_workers
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Sets `source` to a folder with the version that was asked for.
find_source() {
  [ -n "$from" ] || from=$(dirname "$(dirname "$(readlink -f "$0")")")
  case $from in
    *.tar.gz | *.tgz) unpack ;;
    *://* | *@*:*) clone ;;
    *) source=$(readlink -f "$from") || fail "--from: there is no folder $from" ;;
  esac
  grep -qs '"name": "heavylift"' "$source/package.json" || fail "--from: $from must hold Heavylift, and does not"
}

unpack() {
  scratch=$(mktemp -d)
  case $from in
    *://*)
      has curl || install_packages ca-certificates curl
      curl --fail --silent --show-error --location --output "$scratch/version.tar.gz" "$from" ||
        fail "--from: $from can not be fetched"
      ;;
    *) cp "$from" "$scratch/version.tar.gz" || fail "--from: $from can not be read" ;;
  esac
  mkdir "$scratch/version"
  tar -xzf "$scratch/version.tar.gz" -C "$scratch/version" --no-same-owner || fail "--from: $from must be a .tar.gz"
  source=$scratch/version
  # Most archives have one folder around all of it.
  set -- "$source"/*
  [ $# -gt 1 ] || source=$1
}

clone() {
  has git || install_packages ca-certificates git
  scratch=$(mktemp -d)
  source=$scratch/version
  address=${from%%#*}
  case $from in *'#'*) set -- --branch "${from#*#}" ;; *) set -- ;; esac
  git clone --quiet --depth 1 "$@" -- "$address" "$source" || fail "--from: $from can not be cloned"
}

# A host of workers stays one.
find_workers() {
  [ -z "$workers" ] && [ -e "$worker_unit" ] || return 0
  workers=$(enabled_workers)
  [ -n "$workers" ] || fail '--workers: must say which; none is enabled'
}

enabled_workers() {
  find "$units/multi-user.target.wants" -name 'heavylift-worker@*.service' 2>/dev/null |
    sed 's/.*@\(.*\)\.service/\1/' | sort | tr '\n' ' '
}

check_workers() {
  for worker in $workers; do
    for kind in $(printf '%s' "${worker%%:*}" | tr - ' '); do
      [ -e "$source/workers/$kind/kind.ts" ] || fail "--workers: there is no kind $kind"
    done
  done
  [ -z "$workers" ] || [ ! -e "$unit" ] || fail '--workers: this host runs all of it; set IMAGES_WORKERS and the like there'
}

# Workers run from this folder itself; what they do not finish in time is done elsewhere.
stop_workers() {
  [ -n "$workers" ] && has_systemd || return 0
  say 'stopping the workers of this host'
  systemctl stop 'heavylift-worker@*'
}

# Makes the version in a folder of its own, with its packages; what runs is not touched.
prepare_version() {
  if [ "$source" != "$app" ]; then
    new=$app.new
    say "copying it to $new"
    rm -rf "$new"
    mkdir "$new"
    find "$source" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name .env ! -name .git ! -name var \
      -exec cp -R --preserve=mode,timestamps,links {} "$new" ';'
    # Most versions want the packages of the one before.
    [ ! -d "$app/node_modules" ] || cp -al "$app/node_modules" "$new"
  fi
  # What root cloned or unpacked may be closed to all others.
  find "$new" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name .env ! -name .git -exec chmod -R u+rwX,go+rX,go-w {} +
  chmod 755 "$new"
  "$new/bin/setup"
}

# Puts it in the place of the one before.
swap_in() {
  [ "$new" != "$app" ] || return 0
  rm -rf "$before"
  if [ -e "$app" ]; then
    mv "$app" "$before"
    swapped=yes
  fi
  mv "$new" "$app"
}

keep_version() {
  swapped=''
  rm -rf "$before"
}

# --- Its user, its data, its settings

make_user() {
  getent passwd "$user" >/dev/null || {
    say "making the user $user"
    useradd --system --user-group --home-dir "$data" --shell /usr/sbin/nologin "$user"
  }
  install -d -o "$user" -g "$user" -m 700 "$data"
}

# Sets a setting in the file: in its place, or where its default stands as a comment, or at the end.
set_setting() {
  if grep -q "^$1=" "$settings"; then
    sed -i "s|^$1=.*|$1=$2|" "$settings"
  elif grep -q "^# $1=" "$settings"; then
    sed -i "s|^# $1=.*|$1=$2|" "$settings"
  else
    printf '%s=%s\n' "$1" "$2" >>"$settings"
  fi
}

write_settings() {
  mkdir -p "$(dirname "$settings")"
  if [ ! -e "$settings" ]; then
    say "writing $settings"
    install -o "$user" -g "$user" -m 600 "$new/.env.example" "$settings"
    set_setting DATA_DIR "$data"
  fi
  ln -sfn "$settings" "$new/.env"
  [ -n "$domain" ] || return 0
  set_setting PUBLIC_URL "https://$domain"
  set_setting TRUST_PROXY 1
}

# The command line, by the user whom everything belongs to.
write_command() {
  cat >"$command" <<TEXT
#!/bin/sh
# Heavylift's command line, by the user that it runs as. Written by deploy/install.sh.
[ "\$(id -un)" != $user ] || exec $app/bin/heavylift "\$@"
[ "\$(id -u)" = 0 ] || exec sudo -u $user -- $app/bin/heavylift "\$@"
exec runuser -u $user -- env HOME=$data $app/bin/heavylift "\$@"
TEXT
  chmod 755 "$command"
}

# --- The service

# Redis asks for it: without, its background work can fail when memory is short.
set_overcommit() {
  [ ! -e "$sysctl" ] || return 0
  mkdir -p "$(dirname "$sysctl")"
  printf '# Written by deploy/install.sh of Heavylift: Redis asks for it.\nvm.overcommit_memory = 1\n' >"$sysctl"
  if has_systemd; then sysctl --quiet --load="$sysctl" || say "$sysctl holds from the next boot on"; fi
}

write_unit() {
  mkdir -p "$units"
  if [ -n "$workers" ]; then
    cp "$app/deploy/systemd/heavylift-worker@.service" "$worker_unit"
    return 0
  fi
  cp "$app/deploy/systemd/heavylift.service" "$unit"
  if has_systemd; then
    systemctl daemon-reload
    systemctl --quiet enable heavylift
  fi
}

# 0: every process runs. 3: nothing runs.
status_of() {
  status=0
  as_user "$app/bin/heavylift" status >/dev/null 2>&1 || status=$?
}

wait_until_up() {
  over=$(($(date +%s) + patience_seconds))
  until status_of && [ "$status" = 0 ]; do
    [ "$(date +%s)" -lt "$over" ] || fail "it is not up after $patience_seconds s: journalctl -u heavylift; heavylift status"
    sleep 1
  done
}

# A start that follows a deploy runs what was deployed, so what lies in the folder may be changed from then on.
run_version() {
  status_of
  if [ "$status" = 3 ]; then
    if ! has_systemd; then
      say "systemd does not run here; start it by: runuser -u $user -- $app/bin/start"
      return 0
    fi
    say 'starting it'
    systemctl restart heavylift
    wait_until_up
  fi
  say 'deploying this version'
  status=0
  as_user "$app/bin/heavylift" deploy || status=$?
  if [ "$status" = 4 ]; then
    if ! has_systemd; then
      say "systemd does not run here; stop it by: heavylift stop; then start it by: runuser -u $user -- $app/bin/start"
      return 0
    fi
    say 'starting everything anew, as this version asks for'
    restarted=yes
    systemctl restart heavylift
    wait_until_up
  elif [ "$status" != 0 ]; then
    fail 'this version does not run, for the reason above; what ran before does'
  fi
}

run_workers() {
  for name in REDIS_URL DEPLOYMENT_SECRET; do
    grep -q "^$name=." "$settings" || missing="${missing-}$name "
  done
  # As it stands they could not have run before either.
  [ -z "${missing-}" ] || keep_version
  [ -z "${missing-}" ] || fail "set ${missing}in $settings as on the other hosts, then run this again"
  if ! has_systemd; then
    say "systemd does not run here; start each by: cd $app && runuser -u $user -- node_modules/.bin/node workers/main.ts KIND ..."
    return 0
  fi
  systemctl daemon-reload
  for worker in $(enabled_workers); do
    case " $workers " in *" $worker "*) ;; *) systemctl --quiet disable --now "heavylift-worker@$worker" ;; esac
  done
  for worker in $workers; do
    systemctl --quiet enable "heavylift-worker@$worker"
    systemctl restart "heavylift-worker@$worker"
  done
}

# --- Caddy

reload_caddy() {
  if has_systemd; then systemctl reload-or-restart caddy || fail 'Caddy does not start: journalctl -u caddy'; fi
}

serve_domain() {
  [ -n "$domain" ] || return 0
  has caddy || install_packages caddy || fail 'Caddy can not be installed here: docs/proxy.md has what other proxies want'
  kept=$(mktemp -d)
  cp "$caddyfile" "$kept/Caddyfile"
  [ ! -e "$site" ] || cp "$site" "$kept/site"
  port=$(sed -n 's/^PORT=\([0-9][0-9]*\)$/\1/p' "$settings")
  sed -e "s/jobs\.example\.com/$domain/" -e "s/127\.0\.0\.1:3000/127.0.0.1:${port:-3000}/" "$app/deploy/Caddyfile" >"$site"
  grep -qxF "$import_line" "$caddyfile" || printf '\n%s\n' "$import_line" >>"$caddyfile"
  if ! said=$(caddy validate --adapter caddyfile --config "$caddyfile" 2>&1); then
    cat "$kept/Caddyfile" >"$caddyfile"
    if [ -e "$kept/site" ]; then cat "$kept/site" >"$site"; else rm -f "$site"; fi
    rm -rf "$kept"
    fail "$caddyfile can not be served with $domain in it, and is as it was: $(printf '%s' "$said" | tail -n 1)"
  fi
  rm -rf "$kept"
  reload_caddy
}

# --- Away with it

# The files of all hosts may lie on a disk that is mounted there.
check_mounts() {
  while read -r _ path _; do
    case $path in "$data"/*) fail "--purge: unmount $path first: what lies there may be used by other hosts too" ;; esac
  done </proc/self/mounts
}

remove_all() {
  [ -z "$purge" ] || check_mounts
  if has_systemd && [ -e "$unit" ]; then
    say 'stopping it: what is not done within DRAIN_SECONDS waits in its data'
    systemctl --quiet disable --now heavylift
  elif has_systemd && [ -e "$worker_unit" ]; then
    for worker in $(enabled_workers); do systemctl --quiet disable --now "heavylift-worker@$worker"; done
  elif [ -x "$app/bin/heavylift" ]; then
    as_user "$app/bin/heavylift" stop >/dev/null 2>&1 || true
  fi
  rm -f "$unit" "$worker_unit" "$command" "$sysctl"
  if has_systemd; then systemctl daemon-reload; fi
  if [ -e "$site" ]; then
    rm -f "$site"
    sed -i "\|^$import_line\$|d" "$caddyfile"
    reload_caddy
  fi
  rm -rf "$app"
  if [ -n "$purge" ]; then
    rm -rf "$data" "$(dirname "$settings")"
    ! getent passwd "$user" >/dev/null || userdel "$user"
    say 'removed, with its data'
  else
    say "removed; its data stays in $data, its settings in $settings"
  fi
  say 'packages stay: nodejs, npm, redis-server, supervisor, caddy'
}

if [ -n "$uninstall" ]; then
  remove_all
  exit 0
fi
has apt-get || fail 'this machine has no apt-get: docs/operations.md says what Heavylift needs elsewhere'
find_source
find_workers
check_workers
has node && has npm || install_packages nodejs npm || fail 'Node.js can not be installed'
# A run that was killed between two renames.
if [ ! -e "$app" ] && [ -e "$before" ]; then mv "$before" "$app"; fi
make_user
prepare_version
write_settings
stop_workers
swap_in
write_command
write_unit
if [ -n "$workers" ]; then
  run_workers
  keep_version
  hint='then run this again'
else
  set_overcommit
  run_version
  keep_version
  serve_domain
  hint='then: heavylift restart. To sign in: heavylift sign-in'
fi
say "done. Settings: $settings ($hint)"
