import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { doubled } from '../../core/input/digest-table.ts';
import { type PlanEntry, planEntry } from '../../core/plan/entry.ts';

const NEWLINE = 0x0a;

/** A cell of a line, in quotes or bare, with the comma before it. */
const CELL = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;

/** The cells of a line that this program has written itself: a parser takes thirty times as long. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return Array.from(line.matchAll(CELL), ([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare);
}

/** The entry of one line of plan.csv. */
export function planLine(line: string): PlanEntry {
  return planEntry(cellsOf(line));
}

/**
 * Reads the entries of a plan in batches, in order; only those of the lines that hold a text, where one is given. Every
 * entry is one physical line, as its texts have no line breaks. Throws what the file system throws.
 */
export async function* readPlan(path: string, held = ''): AsyncGenerator<PlanEntry[]> {
  let rest = '';
  let header = true;
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() as string;
    if (header && lines.length > 0) {
      header = false;
      lines.shift();
    }
    const wanted = held === '' ? lines : lines.filter((line) => line.includes(held));
    if (wanted.length > 0) yield wanted.map(planLine);
  }
}

/** Reads single entries of a plan again by their rows (from 1), in any order. Throws what the file system throws. */
export function openPlanEntries(path: string): { entryOf: (row: number) => PlanEntry; close: () => void } {
  const file = openSync(path, 'r');
  // Where each line ends, in bytes; the first is the header.
  let ends = new Float64Array(1024);
  let lines = 0;
  const chunk = Buffer.alloc(256 * 1024);
  let at = 0;
  for (let bytes = readSync(file, chunk); bytes > 0; bytes = readSync(file, chunk)) {
    for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < bytes; end = chunk.indexOf(NEWLINE, end + 1)) {
      if (lines === ends.length) ends = doubled(ends);
      ends[lines] = at + end;
      lines += 1;
    }
    at += bytes;
  }
  return {
    entryOf(row) {
      const from = (ends[row - 1] as number) + 1;
      const bytes = Buffer.alloc((ends[row] as number) - from);
      readSync(file, bytes, 0, bytes.length, from);
      return planLine(bytes.toString());
    },
    close: () => closeSync(file),
  };
}
