/** What the sandbox does not imitate, one plain sentence each. Its help and README say these first. */
export const NOT_IMITATED: string[] = [
  'It is built from published documents; no answer was compared with the live service.',
  'Telnyx publishes neither its rate limits nor which status goes with which error code: both are a reading here.',
  'Moving a number changes that number only: there are no campaigns and no opt-outs.',
  'The settings of a profile (webhook, number pool, sticky sender, spend limit) are shown, and nothing acts on them.',
  'A write is visible to the next read at once; the real service may lag.',
  'A product is eligible because the starting data says so; traffic changes nothing.',
  'There is one account in one organization, and any key opens it unless one key is set.',
  'There are no bulk orders, no other endpoints, and query parameters it does not know are ignored.',
  'It speaks plain HTTP on 127.0.0.1 only: no TLS, no proxies.',
];
