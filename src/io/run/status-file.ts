import { visibleJson } from '../../core/text/visible.ts';
import { replaceOwnFile } from '../own-file.ts';

/** Writes status.json atomically. Not to the disk at once: a sender must not wait for that, and it says nothing after a power cut. */
export function writeStatus(path: string, status: unknown): void {
  replaceOwnFile(path, `${visibleJson(status, 2)}\n`, false);
}
