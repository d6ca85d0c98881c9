/** The flags of `sandbox` for the help: name, placeholder, text. */
export const SANDBOX_FLAGS = [
  { name: 'port', value: 'N', text: 'port on 127.0.0.1 (default 4010; 0: any free port)' },
  { name: 'numbers', value: 'N', text: 'phone numbers in the account (default 1000)' },
  { name: 'profiles', value: 'N', text: 'messaging profiles in the account (default 3)' },
  { name: 'rate-limit', value: 'N', text: 'requests allowed in a window; further ones get 429 (default: no limit)' },
  { name: 'rate-window', value: 'DURATION', text: 'the sliding window of --rate-limit (default 1s)' },
  { name: 'latency', value: 'DURATION', text: 'delay before every answer (default 0)' },
  { name: 'seed', value: 'N', text: 'selects which requests get a fault with a probability (default 1)' },
  { name: 'key', value: 'KEY', text: 'the only accepted key; use a made-up one (default: any key)' },
  { name: 'fault', value: 'FAULT', text: 'KIND=0.05, KIND@ID, KIND@ID*2 or KIND*3 (repeatable)', repeatable: true },
  { name: 'read-fault', value: 'FAULT', text: 'the same for reads instead of writes (repeatable)', repeatable: true },
  {
    name: 'edit',
    value: 'EDIT',
    text: 'N:ID=PROFILE_UUID, N:ID=UNASSIGN, N:ID=PRODUCT or N:ID=REMOVE: change that number, as another client would, just before request N is answered (repeatable)',
    repeatable: true,
  },
  { name: 'revoke-after', value: 'N', text: 'after N answers, answer 401 as if the key had been revoked' },
  { name: 'quote-key', text: 'quote the key in error details, as careless servers do', boolean: true },
] as const;
