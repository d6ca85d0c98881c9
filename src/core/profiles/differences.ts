import type { KeywordAnswer, ShownProfile } from '../api/response.ts';
import { count, printable } from '../text/text.ts';
import type { Difference } from './contents.ts';

/** What differs, without the profiles. */
type Change = Pick<Difference, 'what' | 'was' | 'becomes'>;

const NONE = 'none';
const UNKNOWN_HOST = 'a text that is no URL';
const SHOWN_PLACES = 10;
/** Characters of a text in run.json. */
const KEPT_CHARACTERS = 200;
/** A list of differences is for people. */
const MAX_DIFFERENCES = 100;

const onOff = (is: boolean) => (is ? 'on' : 'off');

/** The host of a webhook: path, query and user of its URL may hold a secret. */
function hostText(url: string | null): string {
  if (url === null) return NONE;
  return (URL.canParse(url) && new URL(url).host) || UNKNOWN_HOST;
}

function placesText(places: readonly string[]): string {
  if (places.includes('*')) return 'all';
  if (places.length === 0) return NONE;
  const more = places.length - SHOWN_PLACES;
  return `${[...places].sort().slice(0, SHOWN_PLACES).join(', ')}${more > 0 ? ` and ${count(more, 'more', 'more')}` : ''}`;
}

/** The webhook: only its host is named, so that two URLs may look the same. */
function webhookChange(what: string, was?: string | null, becomes?: string | null): Change[] {
  if (was === undefined || becomes === undefined || was === becomes) return [];
  const [from, to] = [hostText(was), hostText(becomes)];
  return [{ what, was: from, becomes: from === to ? 'another path' : to }];
}

/** A setting in words, as both profiles show it. */
function change<T>(what: string, was: T | undefined, becomes: T | undefined, text: (value: T) => string): Change[] {
  if (was === undefined || becomes === undefined) return [];
  const [from, to] = [text(was), text(becomes)];
  return from === to ? [] : [{ what, was: from, becomes: to }];
}

const samePlaces = (a: readonly string[] = [], b: readonly string[] = []) =>
  a.length === b.length && a.every((place) => b.includes(place));

/** Which settings differ between two profiles. A setting that one of them does not show does not count. */
export function settingChanges(from: ShownProfile, to: ShownProfile): Change[] {
  const names = Object.keys(from.settings ?? {});
  const places = samePlaces(from.destinations, to.destinations)
    ? []
    : change('destinations', from.destinations, to.destinations, placesText);
  return [
    ...change('profile', from.enabled, to.enabled, (is) => (is ? 'enabled' : 'disabled')),
    ...webhookChange('webhook', from.webhookUrl, to.webhookUrl),
    ...webhookChange('webhook failover', from.webhookFailoverUrl, to.webhookFailoverUrl),
    ...change('webhook API version', from.webhookApiVersion, to.webhookApiVersion, String),
    ...places,
    ...change('number pool', from.pool, to.pool, onOff),
    ...change('sticky sender', from.stickySender, to.stickySender, onOff),
    ...change('daily spend limit', from.spendLimit, to.spendLimit, (limit) => limit ?? NONE),
    ...names.flatMap((name) => change(name, from.settings?.[name], to.settings?.[name], String)),
  ];
}

/** Keyword answers by country and operation: `US stop`. */
function byKey(answers: readonly KeywordAnswer[]): Map<string, { keywords: string; text: string }> {
  const found = new Map<string, { keywords: Set<string>; texts: Set<string> }>();
  for (const { country, op, keywords, text } of answers) {
    const key = `${country} ${op}`;
    const group = found.get(key) ?? { keywords: new Set(), texts: new Set() };
    for (const keyword of keywords) group.keywords.add(keyword.toUpperCase());
    group.texts.add(text);
    found.set(key, group);
  }
  const texts = (set: Set<string>, separator: string) => [...set].sort().join(separator);
  return new Map(
    [...found].map(([key, group]) => [key, { keywords: texts(group.keywords, ', '), text: texts(group.texts, ' / ') }]),
  );
}

/**
 * Which keyword answers differ between two profiles: one that is missing, other keywords, another text. `answered`: how
 * many the first profile has, in case that not all of both are known.
 */
export function answerChanges(
  answered: number,
  from: readonly KeywordAnswer[] | undefined,
  to: readonly KeywordAnswer[] | undefined,
): Change[] {
  if (from === undefined || to === undefined) {
    return answered === 0 ? [] : [{ what: 'keyword answers', was: String(answered), becomes: 'not known' }];
  }
  const [was, becomes] = [byKey(from), byKey(to)];
  const keys = [...new Set([...was.keys(), ...becomes.keys()])].sort();
  return keys.flatMap((key) => {
    const [before, after] = [was.get(key), becomes.get(key)];
    if (before === undefined || after === undefined) {
      const text = (answer = { keywords: NONE }) => answer.keywords || 'no keywords';
      return [{ what: `answer ${key}`, was: text(before), becomes: text(after) }];
    }
    const quote = (text: string) => (text === '' ? NONE : `"${text}"`);
    return [
      ...change(`keywords ${key}`, before.keywords, after.keywords, (keywords) => keywords || NONE),
      ...change(`text ${key}`, before.text, after.text, quote),
    ];
  });
}

/** The differences of a move as they are kept. */
export function keptDifferences(from: string, to: string, changes: readonly Change[]): Difference[] {
  const kept = changes.slice(0, MAX_DIFFERENCES).map(({ what, was, becomes }) => ({
    from,
    to,
    what: printable(what, KEPT_CHARACTERS),
    was: printable(was, KEPT_CHARACTERS),
    becomes: printable(becomes, KEPT_CHARACTERS),
  }));
  const more = changes.length - kept.length;
  return more > 0 ? [...kept, { from, to, what: 'more differences', was: '', becomes: String(more) }] : kept;
}
