import type { NumbersQuery } from '../../core/account/read-strategy.ts';
import type { Answer, Body, KeywordAnswer } from '../../core/api/response.ts';
import { CONTENTS, type Content, type ContentList, countOn } from '../../core/profiles/contents.ts';
import type { AccountQuery } from './account-query.ts';
import { forEach } from './number-reads.ts';

/** The reads of the API that show what is on a profile. */
export type ContentsPorts = {
  listNumbers: (query: NumbersQuery, onSent: () => void) => Promise<Answer>;
  listOnProfile: (list: ContentList, profile: string, onSent: () => void) => Promise<Answer>;
};

/** Which profiles to read. */
export type WantedContents = {
  /** Those whose contents are counted. */
  profiles: readonly string[];
  /** Those whose numbers are counted. */
  numbersOf: readonly string[];
  /** Those of which only the keyword answers are wanted. */
  answersOf: readonly string[];
  concurrency: number;
  /** Whether it has taken so long that nothing more is to be asked for. */
  isLate: () => boolean;
};

/** What was found on profiles. What is missing, or null, could not be read. */
export type FoundContents = {
  counts: Record<Content | 'numbers', Map<string, number | null>>;
  /** Only whole lists. */
  answers: Map<string, readonly KeywordAnswer[]>;
};

/** The statuses of a server that does not have a list. */
const NO_LIST = new Set([404, 405, 501]);

const isCut = (body: Body) => 'page' in body && body.page.total > body.page.rows.length;

/**
 * Reads what is on profiles, with one request for each list of each of them. It only informs: a list that the API does
 * not have, or refuses, is not read again, and after a failure of the network nothing is. Throws Stopped.
 */
export async function readProfileContents(
  query: AccountQuery,
  ports: ContentsPorts,
  { profiles, numbersOf, answersOf, concurrency, isLate }: WantedContents,
): Promise<FoundContents> {
  const names = ['numbers', ...CONTENTS] as const;
  const counts = Object.fromEntries(names.map((name) => [name, new Map()])) as unknown as FoundContents['counts'];
  const answers: FoundContents['answers'] = new Map();
  let isOffline = false;

  const send = (list: ContentList | 'numbers', profile: string) => (onSent: () => void) =>
    list === 'numbers' ? ports.listNumbers({ page: 1, profile }, onSent) : ports.listOnProfile(list, profile, onSent);

  function take(name: Content | 'numbers', profile: string, body: Body): void {
    if (body.kind === 'keyword_answers') {
      const count = countOn({ ...body.page, rows: body.page.rows.map(() => ({})) }, profile);
      counts[name].set(profile, count);
      if (count === body.page.rows.length) answers.set(profile, body.page.rows);
    } else if (body.kind === 'profile_items' || body.kind === 'numbers') {
      counts[name].set(profile, countOn(body.page, profile));
    }
  }

  async function readList(name: Content | 'numbers', wanted: readonly string[]): Promise<void> {
    let list: ContentList | 'numbers' = name;
    let isKnown = false;
    let isRefused = false;
    let takesSize = true;
    async function* each() {
      yield* wanted;
    }
    await forEach(each(), concurrency, async (profile) => {
      while (!isRefused && !isOffline && !isLate()) {
        const what = `the ${name.replaceAll('_', ' ')} of profile ${profile}`;
        const result = await query.read(what, send(list, profile), 'extra');
        if ('body' in result) {
          isKnown = true;
          take(name, profile, result.body);
          if (list !== 'keyword_answers' || !takesSize || !isCut(result.body)) return;
          // A server that has pages of them takes the size of a page, which is not documented.
          list = 'keyword_answers_paged';
          continue;
        }
        // Of a list that others have, one profile may be gone.
        if (isKnown && result.refusedStatus === 404) return;
        if (list === 'keyword_answers_paged') {
          takesSize = false;
          list = 'keyword_answers';
          return;
        }
        if (result.refusedStatus === 0) isOffline = true;
        else if (list === 'hosted_numbers' && NO_LIST.has(result.refusedStatus)) list = 'hosted_numbers_2';
        else isRefused = true;
      }
    });
  }

  const wantedOf = (name: Content | 'numbers') =>
    name === 'numbers' ? numbersOf : name === 'keyword_answers' ? [...new Set([...profiles, ...answersOf])] : profiles;
  await Promise.all(names.map((name) => readList(name, wantedOf(name))));
  return { counts, answers };
}
