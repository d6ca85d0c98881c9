import {
  appendFileSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { isCauseFile } from '../../core/results/cause-file.ts';
import { rowText } from '../csv/writer.ts';
import { openDraft, openOwnFile } from '../own-file.ts';
import { causesDir } from './directory.ts';

/** Hundreds of causes may be open at once, so none of them keeps much, or an open file. */
const MAX_KEPT_CHARACTERS = 32 * 1024;

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Makes the directory. A link in its place may lead elsewhere, so it goes. */
function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  rmSync(path, { force: true });
  mkdirSync(path, { mode: 0o700 });
}

/** Removes the files of causes that an earlier end of a run has written. Files that are not ours stay. */
export function removeCauseFiles(dir: string): void {
  const path = causesDir(dir);
  if (!isDirectory(path)) return;
  const there = readdirSync(path, { withFileTypes: true });
  const ours = there.filter((entry) => isCauseFile(entry.name) && !entry.isDirectory());
  for (const { name } of ours) rmSync(join(path, name), { force: true });
  if (there.length === ours.length) rmdirSync(path);
}

/**
 * Opens the files of causes of a run. Each cause is known by a key until the last row is written, and gets its name when
 * all are counted. Every call throws what the file system throws.
 */
export function openCauseFiles(dir: string) {
  const path = causesDir(dir);
  const files = new Map<string, { draft: string; text: string }>();

  const flush = (file: { draft: string; text: string }) => {
    appendFileSync(file.draft, file.text);
    file.text = '';
  };

  return {
    /** Adds a row to the file of a cause. `header` is called once for each cause. */
    add(key: string, cells: readonly string[], header: () => readonly string[]): void {
      let file = files.get(key);
      if (file === undefined) {
        makeDirectory(path);
        file = { draft: join(path, `draft-${files.size}.csv.${process.pid}.tmp`), text: rowText(header()) };
        closeSync(openDraft(file.draft));
        files.set(key, file);
      }
      file.text += rowText(cells);
      if (file.text.length >= MAX_KEPT_CHARACTERS) flush(file);
    },
    /** Names the file of a cause, now that it is complete. */
    name(key: string, name: string): void {
      const file = files.get(key);
      if (file === undefined) return;
      flush(file);
      const written = openOwnFile(file.draft, 'append');
      try {
        fsyncSync(written);
      } finally {
        closeSync(written);
      }
      renameSync(file.draft, join(path, name));
      files.delete(key);
    },
    /** Removes what has no name. */
    close(): void {
      for (const { draft } of files.values()) rmSync(draft, { force: true });
      if (isDirectory(path) && readdirSync(path).length === 0) rmdirSync(path);
    },
  };
}
