import { statusOf } from '../file-status.ts';
import { readTextFile } from '../text-file.ts';

/** How a file of metrics begins. */
const BEGINNING = '# HELP telnyx_reassign_';
/** A larger file is none of ours. */
const MAX_BYTES = 1024 * 1024;

/**
 * The metrics that a file holds; empty if there is none yet. Null if it holds something else, which must not be
 * replaced: a path that was mixed up may be that of an input or a device. Throws what the file system throws.
 */
export function readMetrics(path: string): string | null {
  const status = statusOf(path);
  if (status === null) return '';
  if (!status.isFile() || status.size > MAX_BYTES) return null;
  const { text } = readTextFile(path, { maxBytes: MAX_BYTES });
  return text.trim() === '' || text.trimStart().startsWith(BEGINNING) ? text : null;
}
