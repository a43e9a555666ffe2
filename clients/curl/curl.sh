#!/bin/sh
# A client of Heavylift with curl (7.71 or newer) and openssl. Take from it what you need.
#
#   URL=http://127.0.0.1:3000 KEY=... sh curl.sh submit FILE WIDTH OUT [CALLBACK_URL]
#   WEBHOOK_SECRET=whsec_... sh curl.sh verify ID TIMESTAMP SIGNATURE <BODY
set -eu

URL=${URL:-http://127.0.0.1:3000}
KEY=${KEY-}
TOLERANCE_SECONDS=300

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
trap 'exit 1' HUP INT TERM

# The first text of that name in the answer. With jq: jq -r ".$1" "$answer"
field() {
  grep -oE "\"$1\":\"([^\"\\\\]|\\\\.)*\"" "$answer" |
    sed -E -e "s/^\"$1\":\"(.*)\"\$/\\1/" -e 's/\\(["\\])/\1/g' -e 1q
}

# Asks the API and puts its answer into the file $answer; ends with the server's sentence (RFC 9457) when it refuses.
# What gets no answer, or "not now" (429, 5xx), is asked again: an Idempotency-Key makes that safe.
# The key goes through a pipe, since everybody on the machine can see a command's arguments.
call() {
  status=$(printf 'Authorization: Bearer %s\n' "$KEY" |
    curl -sS -H @- --retry 4 --retry-all-errors --max-time 120 -o "$answer" -w '%{http_code}' "$@") || exit 1
  [ "$status" -lt 300 ] || {
    sentence=$(field detail)
    fail "${sentence:-The server answered $status.}"
  }
}

# Posts an image, waits for its rendition and writes it to OUT.
submit() {
  file=$1 width=$2 out=$3 callback=${4-}
  [ -r "$file" ] || fail "$file can not be read."
  # The same work has the same key, however often it is sent: one job. The id of your own record does it as well.
  key=$({ cat "$file" && echo "$width $callback"; } | openssl dgst -sha256 -r | cut -c1-64)
  # A field that is left empty counts as not sent.
  call -H "Idempotency-Key: \"$key\"" -F "file=@\"$file\"" --form-string "width=$width" \
    --form-string "callbackUrl=$callback" "$URL/v1/images"
  id=$(field id)
  state=$(field state)
  echo "$id"

  # Each request is held by the server until the job has ended, or for 30 seconds.
  while [ "$state" = waiting ] || [ "$state" = delayed ] || [ "$state" = active ]; do
    call -H 'Prefer: wait=30' "$URL/v1/jobs/$id"
    state=$(field state)
  done
  [ "$state" = completed ] || fail "$(field detail)"
  call "$URL/v1/jobs/$id/result"
  cp "$answer" "$out"
}

# HMAC-SHA256 of standard input, in base64; $1 is the key in hex. Run this on a machine of your own: openssl takes the
# key as an argument only.
hmac() {
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | openssl base64 -A
}

# Whether a webhook, its body on standard input, is to be trusted (https://www.standardwebhooks.com).
verify() {
  id=$1 timestamp=$2 signatures=$3
  # Neither a word nor a number too long to count with; one that begins with 0 would be read as octal.
  case $timestamp in '' | *[!0-9]* | 0* | ????????????*) fail 'refused: its timestamp is not of now' ;; esac
  age=$(($(date +%s) - timestamp))
  [ "${age#-}" -le "$TOLERANCE_SECONDS" ] || fail 'refused: its timestamp is not of now'
  secret=${WEBHOOK_SECRET#whsec_}
  while [ $((${#secret} % 4)) -ne 0 ]; do secret=$secret=; done
  key=$(printf %s "$secret" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
  expected=v1,$({ printf '%s.%s.' "$id" "$timestamp" && cat; } | hmac "$key")
  # A comparison stops at the first difference, and its time would tell where that is. What is compared is therefore not
  # the signatures but their HMACs under a key that nobody knows.
  blind=$(openssl rand -hex 32)
  expected=$(printf %s "$expected" | hmac "$blind")
  set -f
  # Several while the secret is being changed: one of them has to match.
  for signature in $signatures; do
    if [ "$(printf %s "$signature" | hmac "$blind")" = "$expected" ]; then
      echo "genuine: $id"
      return
    fi
  done
  fail 'refused: no signature matches'
}

case "${1-} $#" in
  'submit 4' | 'submit 5') ;;
  'verify 4') : "${WEBHOOK_SECRET:?}" ;;
  *) fail 'usage: curl.sh submit FILE WIDTH OUT [CALLBACK_URL] | curl.sh verify ID TIMESTAMP SIGNATURE <BODY' ;;
esac
"$@"
