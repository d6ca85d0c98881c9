import { UNASSIGN } from '../input/target.ts';
import { count, thousands } from '../text/text.ts';

/** What was left out of an export, or is not as usual in it. */
export type ExportCounts = {
  /** Rows that were written. */
  written: number;
  unassigned: number;
  /** The number of rows on each profile. */
  byProfile: Map<string, number>;
  badIds: number;
  notShown: number;
  /** Numbers that do not show a field that a filter asks for. */
  unknown: number;
  withoutProfile: number;
  withoutPhone: number;
};

export function createExportCounts(): ExportCounts {
  const none = { written: 0, unassigned: 0, badIds: 0, notShown: 0, unknown: 0, withoutProfile: 0, withoutPhone: 0 };
  return { ...none, byProfile: new Map() };
}

type Text = [number, (n: string, one: boolean) => string];

const textsOf = (texts: Text[]) => texts.filter(([n]) => n > 0).map(([n, text]) => text(count(n, 'number'), n === 1));

/** What to say about numbers that are missing. */
export function leftOutWarnings({ badIds, notShown, unknown }: ExportCounts): string[] {
  return textsOf([
    [badIds, (n, one) => `${n} left out: ${one ? 'its id' : 'their ids'} cannot be used in a request`],
    [notShown, (n, one) => `${n} left out: ${one ? 'it shows' : 'they show'} neither profile nor product`],
    [unknown, (n, one) => `${n} left out: ${one ? 'it does' : 'they do'} not show what the filters ask for`],
  ]);
}

/** What to say about rows that do not restore everything, or are not as usual. */
export function exportWarnings({ withoutProfile, withoutPhone }: ExportCounts): string[] {
  return textsOf([
    [
      withoutProfile,
      (n, one) =>
        `the account does not show the profile of ${n}: that cell is empty, so apply leaves ${one ? 'its' : 'their'} profile alone`,
    ],
    [
      withoutPhone,
      (n, one) =>
        `${n} without a phone number in E.164, such as a short code: the id alone names ${one ? 'it' : 'them'}`,
    ],
  ]);
}

/** The profiles that a person sees named. */
const MAX_SHOWN_PROFILES = 5;

/** How many rows are on which profile, most first: `12,000  on "Old"`. */
export function profileLines(counts: ExportCounts, nameOf: (id: string) => string): string[] {
  const all = [...counts.byProfile].sort(([, a], [, b]) => b - a);
  const width = Math.max(0, ...all.map(([, n]) => thousands(n).length));
  const lines = all.slice(0, MAX_SHOWN_PROFILES).map(([id, n]) => {
    const named = id === '' ? 'a profile that is not shown' : id === UNASSIGN ? 'no profile' : nameOf(id);
    return `  ${thousands(n).padStart(width)}  on ${named}`;
  });
  const more = all.length - MAX_SHOWN_PROFILES;
  return more > 0 ? [...lines, `  and on ${count(more, 'more profile')}`] : lines;
}
