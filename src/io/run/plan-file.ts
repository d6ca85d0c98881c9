import { closeSync, readSync } from 'node:fs';
import { doubled } from '../../core/account/digest-table.ts';
import { type PlanEntry, planEntry } from '../../core/plan/entry.ts';
import { NEWLINE } from '../bytes.ts';
import { openOwnFile, streamOwnFile } from '../own-file.ts';

const CHUNK_BYTES = 256 * 1024;
const INITIAL_LINES = 1024;

/** A quoted or bare cell of a line, with the comma before it. */
const CELL = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;

/** Splits a line that this program has written. A CSV parser takes thirty times as long. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return Array.from(line.matchAll(CELL), ([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare);
}

/** Reads the entry of one line of plan.csv. */
export function planLine(line: string): PlanEntry {
  return planEntry(cellsOf(line));
}

/** Reads the lines of a table that this program has written, without its header and in batches. */
export async function* readTableLines(path: string): AsyncGenerator<string[]> {
  let rest = '';
  let header = true;
  for await (const chunk of streamOwnFile(path, 'utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() as string;
    if (header && lines.length > 0) {
      header = false;
      lines.shift();
    }
    yield lines;
  }
}

/**
 * Reads the entries of a plan in order, in batches. `containing`: only of the lines with this text. Every entry is one
 * physical line because its texts have no line breaks. Throws what the file system throws.
 */
export async function* readPlan(path: string, containing = ''): AsyncGenerator<PlanEntry[]> {
  for await (const lines of readTableLines(path)) {
    const wanted = containing === '' ? lines : lines.filter((line) => line.includes(containing));
    if (wanted.length > 0) yield wanted.map(planLine);
  }
}

/** Opens a plan to read single entries by row (from 1), in any order. Throws what the file system throws. */
export function openPlanEntries(path: string): { entryOf: (row: number) => PlanEntry; close: () => void } {
  const file = openOwnFile(path, 'read');
  // The end of each line in bytes; the first line is the header.
  let ends = new Float64Array(INITIAL_LINES);
  let lines = 0;
  const chunk = Buffer.alloc(CHUNK_BYTES);
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
