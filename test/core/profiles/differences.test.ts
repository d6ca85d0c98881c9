import { describe, expect, it } from 'vitest';
import type { KeywordAnswer, ShownProfile } from '../../../src/core/api/response.ts';
import { answerChanges, keptDifferences, settingChanges } from '../../../src/core/profiles/differences.ts';

const between = (from: Partial<ShownProfile>, to: Partial<ShownProfile>) =>
  settingChanges({ id: 'a', name: 'A', ...from }, { id: 'b', name: 'B', ...to }).map(
    ({ what, was, becomes }) => `${what}: ${was} -> ${becomes}`,
  );

describe('the settings of two profiles', () => {
  it.each<[Partial<ShownProfile>, Partial<ShownProfile>, string]>([
    [{ enabled: false }, { enabled: true }, 'profile: disabled -> enabled'],
    [{ webhookUrl: null }, { webhookUrl: 'https://new.test/x' }, 'webhook: none -> new.test'],
    [{ webhookUrl: 'https://old.test/a' }, { webhookUrl: null }, 'webhook: old.test -> none'],
    [
      { webhookUrl: 'https://old.test/a' },
      { webhookUrl: 'https://old.test:8443/a' },
      'webhook: old.test -> old.test:8443',
    ],
    [{ webhookUrl: 'https://h.test/a' }, { webhookUrl: 'https://h.test/b' }, 'webhook: h.test -> another path'],
    [{ webhookUrl: 'not a URL' }, { webhookUrl: null }, 'webhook: a text that is no URL -> none'],
    [{ webhookUrl: 'mailto:a@b.test' }, { webhookUrl: null }, 'webhook: a text that is no URL -> none'],
    [{ webhookFailoverUrl: null }, { webhookFailoverUrl: 'https://f.test' }, 'webhook failover: none -> f.test'],
    [{ webhookApiVersion: '1' }, { webhookApiVersion: '2' }, 'webhook API version: 1 -> 2'],
    [{ destinations: ['US', 'CA'] }, { destinations: ['*'] }, 'destinations: CA, US -> all'],
    [{ destinations: ['US'] }, { destinations: [] }, 'destinations: US -> none'],
    [
      { destinations: [...'ABCDEFGHIJKL'] },
      { destinations: ['*'] },
      'destinations: A, B, C, D, E, F, G, H, I, J and 2 more -> all',
    ],
    [{ pool: true }, { pool: false }, 'number pool: on -> off'],
    [{ stickySender: false }, { stickySender: true }, 'sticky sender: off -> on'],
    [{ spendLimit: null }, { spendLimit: '5.00' }, 'daily spend limit: none -> 5.00'],
    [
      { settings: { 'mobile numbers only': 'off' } },
      { settings: { 'mobile numbers only': 'on' } },
      'mobile numbers only: off -> on',
    ],
  ])('differ: %j and %j', (from, to, text) => {
    expect(between(from, to)).toEqual([text]);
  });

  it.each<[Partial<ShownProfile>, Partial<ShownProfile>]>([
    [{}, {}],
    [{ enabled: true }, { enabled: true }],
    [{ webhookUrl: 'https://h.test/a' }, { webhookUrl: 'https://h.test/a' }],
    [{ webhookUrl: 'https://h.test/a' }, {}],
    [{ destinations: ['US', 'CA'] }, { destinations: ['CA', 'US'] }],
    [{ destinations: ['US'] }, {}],
    [{ settings: { redaction: 'on' } }, {}],
    [{}, { settings: { redaction: 'on' } }],
  ])('do not differ as far as both show them: %j and %j', (from, to) => {
    expect(between(from, to)).toEqual([]);
  });

  it('show no path, query or user of a webhook', () => {
    const secret = 'https://user:topsecret@h.test/topsecret?token=topsecret#topsecret';
    for (const other of [null, 'https://h.test/', 'https://o.test/topsecret']) {
      expect(
        between(
          { webhookUrl: secret, webhookFailoverUrl: other },
          { webhookUrl: other, webhookFailoverUrl: secret },
        ).join(),
      ).not.toContain('topsecret');
    }
  });
});

const answer = (country: string, op: string, keywords: string[], text = ''): KeywordAnswer => ({
  country,
  op,
  keywords,
  text,
});

const answers = (from: KeywordAnswer[], to: KeywordAnswer[]) =>
  answerChanges(from.length, from, to).map(({ what, was, becomes }) => `${what}: ${was} -> ${becomes}`);

describe('the keyword answers of two profiles', () => {
  const stop = answer('US', 'stop', ['STOP', 'END'], 'Bye');

  it.each<[string, KeywordAnswer[], KeywordAnswer[], string[]]>([
    ['are the same', [stop], [answer('US', 'stop', ['end', 'Stop'], 'Bye')], []],
    [
      'are missing',
      [stop, answer('*', 'info', [])],
      [],
      ['answer * info: no keywords -> none', 'answer US stop: END, STOP -> none'],
    ],
    ['are new', [], [stop], ['answer US stop: none -> END, STOP']],
    [
      'have other texts',
      [stop, answer('CA', 'stop', ['STOP'])],
      [answer('US', 'stop', ['STOP', 'END'], 'Ciao'), answer('CA', 'stop', ['STOP'], 'Hi')],
      ['text CA stop: none -> "Hi"', 'text US stop: "Bye" -> "Ciao"'],
    ],
    [
      'have other keywords',
      [stop, answer('CA', 'stop', [])],
      [answer('US', 'stop', ['STOP'], 'Bye'), answer('CA', 'stop', ['STOP'])],
      ['keywords CA stop: none -> STOP', 'keywords US stop: END, STOP -> STOP'],
    ],
    [
      'are several of one kind',
      [answer('US', 'info', ['A'], 'a'), answer('US', 'info', ['B'], 'b')],
      [answer('US', 'info', ['A', 'B'], 'a')],
      ['text US info: "a / b" -> "a"'],
    ],
  ])('%s', (_, from, to, texts) => {
    expect(answers(from, to)).toEqual(texts);
  });
});

describe('keyword answers that are not known', () => {
  it('are named if there are any', () => {
    expect(answerChanges(3, undefined, [])).toEqual([{ what: 'keyword answers', was: '3', becomes: 'not known' }]);
    expect(answerChanges(1, [answer('US', 'stop', [])], undefined)).toHaveLength(1);
    expect(answerChanges(0, [], undefined)).toEqual([]);
  });
});

describe('the kept differences', () => {
  it('name the profiles, cut long texts, and count those that are left out', () => {
    const changes = Array.from({ length: 102 }, (_, at) => ({ what: `w${at}`, was: 'x'.repeat(300), becomes: 'y\n' }));
    const kept = keptDifferences('a', 'b', changes);
    expect(kept).toHaveLength(101);
    expect(kept[0]).toEqual({ from: 'a', to: 'b', what: 'w0', was: `${'x'.repeat(200)}...`, becomes: 'y\\x0a' });
    expect(kept[100]).toEqual({ from: 'a', to: 'b', what: 'more differences', was: '', becomes: '2' });
    expect(keptDifferences('a', 'b', changes.slice(0, 2))).toHaveLength(2);
  });
});
