import type { ProfilePair } from '../plan/preview.ts';
import { count, thousands } from '../text/text.ts';
import { columnsOf, cutToColumns, padTo } from '../text/width.ts';
import { CONTENTS, type Difference, type LeftBehind, leavingOf } from './contents.ts';

/** Of a long list; all of it is in summary.json. */
const SHOWN_PROFILES = 10;
const SHOWN_DIFFERENCES = 20;
/** So that a line fits into 80 columns. */
const LABEL_WIDTH = 31;
const NAME_WIDTH = 20;
const WHAT_WIDTH = 24;
const VALUE_WIDTH = 22;

const COLUMNS = ['numbers', ...CONTENTS] as const;
const HEADS = [
  ['', 'short', 'alpha', 'hosted', 'keyword', ''],
  ['numbers', 'codes', 'senders', 'numbers', 'answers', 'opt-outs'],
];

const countText = (n: number | null) => (n === null ? '?' : thousands(n));

/** The lines of a table: the first column to the left, the others to the right. */
function tableLines(rows: readonly (readonly string[])[]): string[] {
  const width = (at: number) => Math.max(...rows.map((row) => columnsOf(row[at] as string)));
  const pad = (cell: string, at: number) => padTo(cell, width(at), at === 0 ? 'right' : 'left');
  return rows.map((row) => row.map(pad).join(' ').trimEnd());
}

/** Returns how a profile is called: by its name, unless it has none, or another one of them has the same. */
function labelOf(profiles: readonly Pick<LeftBehind, 'profile' | 'name'>[], width: number) {
  const names = profiles.map(({ name }) => name);
  return ({ profile, name }: Pick<LeftBehind, 'profile' | 'name'>) =>
    cutToColumns(name !== '' && names.indexOf(name) === names.lastIndexOf(name) ? name : profile, width);
}

/** `all`: where all profiles are. */
type Table = { title: string; others: number; all: string };

/**
 * What stays on profiles, as a table with a line for each. `others`: profiles that were not looked at. No lines if there
 * is nothing to show.
 */
function leftBehindLines(left: readonly LeftBehind[], { title, others, all }: Table): string[] {
  const shown = left.slice(0, SHOWN_PROFILES);
  if (shown.length === 0) return [];
  const label = labelOf(left, LABEL_WIDTH);
  const cells = shown.map((row) => COLUMNS.map((column) => countText(row[column])));
  const first = ['', title, ...shown.map((row) => `  ${label(row)}`)];
  const lines = tableLines([...HEADS, ...cells].map((row, at) => [first[at] as string, ...row]));
  const more = left.length - shown.length;
  if (more > 0) lines.push(`  and ${count(more, 'more profile')} ${all}`);
  if (others > 0) lines.push(`  and ${count(others, 'profile that was', 'profiles that were')} not looked at`);
  if (cells.flat().includes('?')) lines.push('  ?: the API does not show it');
  return lines;
}

/** What differs for numbers that move, as a table for each move. No lines if nothing differs. */
function differenceLines(differences: readonly Difference[], nameOf: (profile: string) => string): string[] {
  const shown = differences.slice(0, SHOWN_DIFFERENCES);
  const ids = [...new Set(shown.flatMap(({ from, to }) => [from, to]))];
  const profiles = new Map(ids.map((profile) => [profile, { profile, name: nameOf(profile) }]));
  const label = labelOf([...profiles.values()], NAME_WIDTH);
  const named = (id: string) => label(profiles.get(id) as { profile: string; name: string });
  const lines: string[] = [];
  let move = '';
  for (const { from, to, what, was, becomes } of shown) {
    const heading = `Differs from ${named(from)} to ${named(to)}`;
    if (heading !== move) lines.push(heading);
    move = heading;
    const values = was === '' ? becomes : `${cutToColumns(was, VALUE_WIDTH)} -> ${cutToColumns(becomes, VALUE_WIDTH)}`;
    lines.push(`  ${padTo(cutToColumns(what, WHAT_WIDTH), WHAT_WIDTH)}  ${values}`);
  }
  const more = differences.length - shown.length;
  if (more > 0) lines.push(`  and ${count(more, 'more difference')} in summary.json`);
  return lines;
}

/** What `verify` has found on the profiles that a run was planned to leave. */
export function stillThereLines(left: readonly LeftBehind[]): string[] {
  return leftBehindLines(left, { title: 'Still there', others: 0, all: 'with --json' });
}

type Around = { left_behind: readonly LeftBehind[]; differences: readonly Difference[] };

/** What a plan has found around its moves, as two tables. No lines without a plan, or if it was made offline. */
export function aroundLines(
  plan: Around | null,
  pairs: readonly ProfilePair[],
  nameOf: (profile: string) => string = () => '',
): string[] {
  if (plan === null) return [];
  const others = leavingOf(pairs).length - plan.left_behind.length;
  const left = leftBehindLines(plan.left_behind, { title: 'Stays behind', others, all: 'in summary.json' });
  const differences = differenceLines(plan.differences, nameOf);
  const isBoth = left.length > 0 && differences.length > 0;
  return [...left, ...(isBoth ? [''] : []), ...differences];
}
