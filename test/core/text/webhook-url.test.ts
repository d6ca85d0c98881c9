import { expect, it } from 'vitest';
import { webhookSecrets } from '../../../src/core/text/webhook-url.ts';

it.each([
  ['https://hooks.example.com/services/T0/B0/abcdefghij', ['abcdefghij']],
  ['https://hc.example.com/11111111-2222-3333-4444-555555555555', ['11111111-2222-3333-4444-555555555555']],
  ['http://user:long-password@h:8000/a?key=1234567890&b=1', ['user:long-password', 'long-password', '1234567890']],
  ['http://127.0.0.1:9', []],
  ['not a web URL', []],
])('the secrets of %s are the whole and its long parts', (url, parts) => {
  expect(webhookSecrets(url)).toEqual([url, ...parts]);
});

it.each(['', ' ', 'e', 'nonsense'])('%j is no secret: it would be removed from the words of every text', (text) => {
  expect(webhookSecrets(text)).toEqual([]);
});
