#!/bin/sh
# One curl process for each row, IN_FLIGHT at a time: sh curl.sh INPUT BASE_URL IN_FLIGHT.
# Prints the CPU time at the end.
tail -n +2 "$1" |
  awk -F, -v base="$2" '{ printf "%s/phone_numbers/%s/messaging {\"messaging_profile_id\":\"%s\"}\n", base, $1, $3 }' |
  tr ' \n' '\0\0' |
  xargs -0 -n 2 -P "$3" sh -c 'exec curl -sf -o /dev/null -X PATCH -H "authorization: Bearer KEY0123456789_bench" -H "content-type: application/json" -d "$1" "$0"'
times
