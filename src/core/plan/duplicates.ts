import { createDigestTable, type Digest, doubled } from '../account/digest-table.ts';

/** Why a row with a repeated id is not sent: another row sends the same targets, or rows disagree about them. */
export type Repeat =
  | { kind: 'duplicate'; line: number }
  /** `lines`: the first other lines with this id, at most ten; `others`: how many other rows there are. */
  | { kind: 'conflict'; lines: number[]; others: number };

/** Collects the rows of a file and then finds repeated ids. About 60 bytes a row. */
export type RepeatIndex = {
  /** A row with `isGood` false is rejected for another reason: it counts for conflicts, but is never the one sent. */
  add(entry: { row: number; line: number; id: string }, targets: string, isGood?: boolean): void;
  /** Every row that is a duplicate or in conflict. The first good row of duplicates is sent, and is not among them. */
  verdicts(): Map<number, Repeat>;
};

/** The lines that a conflict names. */
const MAX_NAMED_LINES = 10;
/** Targets whose numbers are found without a digest: most files have only a few. */
const MAX_CACHED_TARGETS = 100;
const INITIAL_ROWS = 1024;

/** Finds repeated ids by their digests. */
export function createRepeatIndex(digest: Digest): RepeatIndex {
  const ids = createDigestTable(digest);
  const targetTable = createDigestTable(digest);
  const cachedTargets = new Map<string, number>();
  // For every entry: its target, its place in the file, and 1 + the next entry with its id.
  let targetOf = new Uint32Array(INITIAL_ROWS);
  let rows = new Uint32Array(INITIAL_ROWS);
  let lines = new Uint32Array(INITIAL_ROWS);
  let good = new Uint8Array(INITIAL_ROWS);
  let next = new Uint32Array(INITIAL_ROWS);
  // For every id: its first entry, and its last one so far.
  let first = new Uint32Array(INITIAL_ROWS);
  let last = new Uint32Array(INITIAL_ROWS);
  let size = 0;
  const repeatedIds = new Set<number>();

  function makeRoom(): void {
    if (size < rows.length) return;
    [targetOf, rows, lines, next] = [doubled(targetOf), doubled(rows), doubled(lines), doubled(next)];
    [first, last, good] = [doubled(first), doubled(last), doubled(good)];
  }

  function numberOfTarget(text: string): number {
    const cached = cachedTargets.get(text);
    if (cached !== undefined) return cached;
    const number = targetTable.numberOf(text);
    if (cachedTargets.size < MAX_CACHED_TARGETS) cachedTargets.set(text, number);
    return number;
  }

  function entriesOf(id: number): number[] {
    const entries: number[] = [];
    for (let at = (first[id] as number) + 1; at !== 0; at = next[at - 1] as number) entries.push(at - 1);
    return entries;
  }

  return {
    add({ row, line, id }, targets, isGood = true) {
      makeRoom();
      const entry = size++;
      const knownIds = ids.size();
      const number = ids.numberOf(id);
      targetOf[entry] = numberOfTarget(targets);
      rows[entry] = row;
      lines[entry] = line;
      good[entry] = isGood ? 1 : 0;
      if (number === knownIds) {
        first[number] = entry;
      } else {
        next[last[number] as number] = entry + 1;
        repeatedIds.add(number);
      }
      last[number] = entry;
    },

    verdicts() {
      const verdicts = new Map<number, Repeat>();
      const rowAt = (entry: number) => rows[entry] as number;
      const lineAt = (entry: number) => lines[entry] as number;
      for (const id of repeatedIds) {
        const entries = entriesOf(id);
        if (new Set(entries.map((entry) => targetOf[entry])).size === 1) {
          const [sent = 0, ...others] = entries.filter((entry) => good[entry] === 1);
          for (const entry of others) verdicts.set(rowAt(entry), { kind: 'duplicate', line: lineAt(sent) });
          continue;
        }
        const firstLines = entries.slice(0, MAX_NAMED_LINES + 1).map(lineAt);
        for (const entry of entries) {
          const named = firstLines.filter((line) => line !== lineAt(entry)).slice(0, MAX_NAMED_LINES);
          verdicts.set(rowAt(entry), { kind: 'conflict', lines: named, others: entries.length - 1 });
        }
      }
      return verdicts;
    },
  };
}
