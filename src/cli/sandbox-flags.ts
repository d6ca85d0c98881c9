const flag = (name: string, description: string) => {
  return { key: name, name, isBoolean: false, isRepeatable: false, isSecret: false, group: 'Sandbox:', description };
};
const repeatable = (name: string, description: string) => ({ ...flag(name, description), isRepeatable: true });

/** The flags of `sandbox`, which are no settings. */
export const SANDBOX_FLAGS = [
  flag('port', 'N: port on 127.0.0.1 (default 4010; 0: any free port)'),
  flag('state', 'FILE: start with this account, as GET /_sandbox/state shows it, in place of made numbers'),
  flag('numbers', 'N: phone numbers in the account (default 1000)'),
  flag('profiles', 'N: messaging profiles in the account (default 3)'),
  flag('rate-limit', 'N: requests allowed in a window; further ones get 429 (default: no limit)'),
  flag('rate-window', 'DURATION: the sliding window of --rate-limit (default 1s)'),
  flag('retry-after', 'FORM: retry-after of those 429: seconds, date or none (default seconds)'),
  flag('latency', 'DURATION: delay before every answer (default 0)'),
  flag('seed', 'N: selects which requests get a fault with a probability (default 1)'),
  flag('key', 'KEY: the only accepted key; use a made-up one (default: any key)'),
  repeatable('fault', 'FAULT: KIND=0.05, KIND@ID, KIND@ID*2, KIND@ENDPOINT, KIND*3 or KIND#3 (repeatable)'),
  repeatable('read-fault', 'FAULT: the same for reads instead of writes (repeatable)'),
  repeatable(
    'bulk-fault',
    'FAULT: of bulk orders, such as refuse=100, failed=0.1, late=30 or foreign=1#4; src/sandbox/README.md has all (repeatable)',
  ),
  flag('every-answer', 'KIND: answer every request with this kind of fault, for example 404 or login-html'),
  flag(
    'list-cap',
    'N: refuse (400) a list request that names more than N phone numbers; N:414 and the like: with that status; N:silent: look up only the first N',
  ),
  flag('list-shift', 'N: shift the list of numbers while it is paged, in N of its pages'),
  flag(
    'campaign-cap',
    'N: refuse (400) a page of more than N campaigns; N:422 and the like: with that status; N:silent: answer only N',
  ),
  repeatable('ignore-filters', 'ENDPOINT: ignore the filters of this list, or of all (repeatable)'),
  repeatable(
    'edit',
    'EDIT: N:ID=PROFILE_UUID, N:ID=UNASSIGN, N:ID=PRODUCT, N:ID=CAMPAIGN:none, N:ID=CAMPAIGN:STATUS, N:ID=SUCCESS:0.5 or N:ID=REMOVE: change that number, as another client would, just before request N is answered (repeatable)',
  ),
  flag('revoke-after', 'N: after N answers, answer 401 as if the key had been revoked'),
  { ...flag('guide-spelling', 'spell types of numbers as one guide does: long_code, not long-code'), isBoolean: true },
  { ...flag('quote-key', 'quote the key in error details, as careless servers do'), isBoolean: true },
];
