import { visible } from '../../core/text/visible.ts';
import { NEWLINE } from '../bytes.ts';
import { streamOwnFile } from '../own-file.ts';

/** Where a line of a ledger is. Lines are counted from 1; null if only the byte is known. */
export type LinePlace = { line: number | null; offset: number };

/** A ledger that was changed, or that the disk has damaged: what it says after the place cannot be relied on. */
export class DamagedLedgerError extends Error {
  readonly path: string;

  constructor(path: string, { line, offset }: LinePlace, what: string, cause?: unknown) {
    const where = line === null ? `at byte ${offset}` : `in line ${line} (byte ${offset})`;
    super(`${visible(path)} is damaged ${where}: ${what}`, { cause });
    this.path = path;
  }
}

/** Far longer than any entry. A longer line at the end is torn, like any other without its end. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

const ZEROS = Buffer.alloc(64 * 1024);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (!part.equals(ZEROS.subarray(0, part.length))) return false;
  }
  return true;
}

/** Collects the bytes of lines from chunks, in time that grows with the bytes only. */
function createLineCollector(path: string, onLine: (bytes: Buffer, place: LinePlace) => void) {
  let pieces: Buffer[] = [];
  let length = 0;
  const place = { line: 1, offset: 0 };
  const keep = (piece: Buffer) => {
    length += piece.length;
    // A torn line may fill the disk. Its bytes are not needed.
    if (length <= MAX_LINE_BYTES) pieces.push(piece);
    else pieces = [];
  };
  return {
    place,
    add(bytes: Buffer): void {
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        keep(bytes.subarray(from, end));
        if (length > MAX_LINE_BYTES) throw new DamagedLedgerError(path, place, 'it is longer than any entry');
        onLine(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces), place);
        place.line += 1;
        place.offset += length + 1;
        pieces = [];
        length = 0;
        from = end + 1;
      }
      if (from < bytes.length) keep(bytes.subarray(from));
    },
  };
}

/**
 * Calls back for every whole line of a ledger, and returns the length of these lines in bytes. A crash may leave half a
 * line at the end, and a power loss zeros where the last bytes had not reached the disk. Zeros with anything after them
 * throw DamagedLedgerError: to skip the lines after them would send their rows again. Throws what the file system throws.
 */
export async function readLedgerLines(
  path: string,
  onLine: (bytes: Buffer, place: LinePlace) => void,
): Promise<number> {
  const lines = createLineCollector(path, onLine);
  let hasZeros = false;
  for await (const chunk of streamOwnFile(path)) {
    const bytes = chunk as Buffer;
    const zero = hasZeros ? 0 : bytes.indexOf(0);
    if (zero < 0) {
      lines.add(bytes);
      continue;
    }
    hasZeros = true;
    lines.add(bytes.subarray(0, zero));
    if (isZero(bytes.subarray(zero))) continue;
    throw new DamagedLedgerError(path, lines.place, 'it has zero bytes, and other bytes follow them');
  }
  return lines.place.offset;
}
