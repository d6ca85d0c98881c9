/** What the sandbox does not imitate, one sentence each. Its help and README show this first. */
export const NOT_IMITATED: string[] = [
  'It is built from published documents. Its answers were never compared with the live service.',
  'Telnyx publishes neither its rate limits nor which status belongs to which error code. Both are assumptions here.',
  'Moving a number changes only that number: its campaign and the opt-outs of its profile stay as they are.',
  'The settings of a profile (webhook, number pool, sticky sender, spend limit) are shown but have no effect.',
  'Unless a fault says otherwise, a write is visible to the next read immediately. The real service may lag.',
  'The largest bulk order, its delay and its effect on newer changes are not documented. Here they are set by faults.',
  'The starting data decides which products a number is eligible for. Traffic does not change that.',
  'There is one account in one organization, and any key opens it unless one key is set.',
  'Other documented operations answer 501. Unknown query parameters are ignored.',
  'The types and campaigns of made numbers have nothing to do with their phone numbers.',
  'It speaks plain HTTP on 127.0.0.1 only: no TLS, no proxies.',
];
