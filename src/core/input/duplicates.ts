import { createDigestTable, type Digest, doubled } from './digest-table.ts';

/** How a repeated id ends: sent by an earlier row with the same targets, or in conflict with rows of other targets. */
export type Repeat =
  | { kind: 'duplicate'; line: number }
  /** `lines`: the first of the other lines with this id, at most ten; `others`: how many there are in all. */
  | { kind: 'conflict'; lines: number[]; others: number };

/** Collects the good rows of a file and then tells which of them repeat an id. About 60 bytes a row. */
export type RepeatIndex = {
  /** `isGood`: false for a row that is rejected as it stands: it counts for conflicts, and is never the one that is sent. */
  add(row: number, line: number, id: string, targets: string, isGood?: boolean): void;
  /** The verdict on every row that repeats an id; rows that stand alone, and the row that is sent, are not in it. */
  verdicts(): Map<number, Repeat>;
};

const NAMED = 10;
const FEW = 100;

/** Finds repeated ids by their digests. */
export function createRepeatIndex(digest: Digest): RepeatIndex {
  const ids = createDigestTable(digest);
  const targets = createDigestTable(digest);
  // The numbers of the first targets: most files have a few, and looking one up here takes no digest.
  const fewTargets = new Map<string, number>();
  // For every row that was added: what it asks for, where it stands, and the entry + 1 of the next row with its id.
  let asked = new Uint32Array(1024);
  let rows = new Uint32Array(1024);
  let lines = new Uint32Array(1024);
  let good = new Uint8Array(1024);
  let next = new Uint32Array(1024);
  // For every id: the entry of its first row, and of the last one so far.
  let first = new Uint32Array(1024);
  let last = new Uint32Array(1024);
  let size = 0;
  const repeated = new Set<number>();

  function makeRoom(): void {
    if (size < rows.length) return;
    [asked, rows, lines, next] = [doubled(asked), doubled(rows), doubled(lines), doubled(next)];
    [first, last, good] = [doubled(first), doubled(last), doubled(good)];
  }

  function targetsNumber(wanted: string): number {
    const known = fewTargets.get(wanted);
    if (known !== undefined) return known;
    const number = targets.numberOf(wanted);
    if (fewTargets.size < FEW) fewTargets.set(wanted, number);
    return number;
  }

  function chain(id: number): number[] {
    const members: number[] = [];
    for (let at = (first[id] as number) + 1; at !== 0; at = next[at - 1] as number) members.push(at - 1);
    return members;
  }

  return {
    add(row, line, id, wanted, isGood = true) {
      makeRoom();
      const entry = size++;
      const before = ids.size();
      const number = ids.numberOf(id);
      asked[entry] = targetsNumber(wanted);
      rows[entry] = row;
      lines[entry] = line;
      good[entry] = isGood ? 1 : 0;
      if (number === before) {
        first[number] = entry;
      } else {
        next[last[number] as number] = entry + 1;
        repeated.add(number);
      }
      last[number] = entry;
    },

    verdicts() {
      const verdicts = new Map<number, Repeat>();
      for (const id of repeated) {
        const members = chain(id);
        const rowOf = (entry: number) => rows[entry] as number;
        const lineOf = (entry: number) => lines[entry] as number;
        const targetsOf = (entry: number) => asked[entry];
        if (new Set(members.map(targetsOf)).size === 1) {
          const [sent = 0, ...others] = members.filter((entry) => good[entry] === 1);
          for (const entry of others) verdicts.set(rowOf(entry), { kind: 'duplicate', line: lineOf(sent) });
          continue;
        }
        const named = members.slice(0, NAMED + 1).map(lineOf);
        for (const entry of members) {
          const told = named.filter((line) => line !== lineOf(entry)).slice(0, NAMED);
          verdicts.set(rowOf(entry), { kind: 'conflict', lines: told, others: members.length - 1 });
        }
      }
      return verdicts;
    },
  };
}
