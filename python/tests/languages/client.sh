#!/bin/sh
# The story of test_languages.py with curl.
set -eu
server=$1
ask() { curl -sS --noproxy '*' -H 'content-type: application/json' "$@"; }

ask -w '%{http_code}\n' -d '{"model":"m","messages":[{"role":"user","content":"hi"}]}' "$server/v1/chat/completions"
ask -N -d '{"model":"m","messages":[{"role":"user","content":"go"}],"stream":true}' "$server/v1/chat/completions" |
  while IFS= read -r line; do
    case $line in
      data:*first*) echo "$line"; ask "$server/v1/gate" >/dev/null ;;
      data:*) echo "$line" ;;
    esac
  done
echo "$(ask "$server/v1/binary" | wc -c | tr -d ' ') bytes"
ask -w '%{http_code}\n' -d '{"model":"m","messages":[{"role":"user","content":"missing"}]}' -o /dev/null "$server/v1/chat/completions"
