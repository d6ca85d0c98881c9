import { CsvError } from './record.ts';

/** The encoding that a byte order mark names; UTF-8 if there is none. */
export function encodingOf(head: Uint8Array): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function lineBreaksIn(text: string): number {
  return text.split('\n').length - 1;
}

/** Decodes the first `length` bytes; an unfinished character at their end is left out. Null if they are not valid. */
function decodeStart(bytes: Uint8Array, length: number, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
  } catch {
    return null;
  }
}

/** Counts the line breaks before the first invalid byte of a chunk. `before`: up to three bytes before the chunk. */
function lineBreaksBeforeError(before: Uint8Array, chunk: Uint8Array, encoding: string): number {
  // A character may have started in the chunk before: then its last bytes decode to nothing yet.
  const sizes = encoding === 'utf-8' ? [3, 2, 1] : [2];
  const carried = sizes.find((size) => decodeStart(before.subarray(-size), size, encoding) === '') ?? 0;
  const bytes = Buffer.concat([before.subarray(before.length - carried), chunk]);
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (decodeStart(bytes, middle, encoding) === null) invalid = middle;
    else valid = middle;
  }
  return lineBreaksIn(decodeStart(bytes, valid, encoding) as string);
}

/**
 * Decodes a file chunk by chunk; null ends it. Throws CsvError with the line of the first byte that does not belong to
 * the encoding.
 */
export function createDecoder(encoding: string): (chunk: Uint8Array | null) => string {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  let before = new Uint8Array();
  const refuse = (lineBreaks: number, text: string): never => {
    throw new CsvError({ code: 'bad_encoding', text, line: line + lineBreaks });
  };
  return (chunk) => {
    let text = '';
    try {
      text = chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      const fix = `not ${encoding.toUpperCase()}; save the file as UTF-8`;
      if (chunk === null) refuse(0, `the file ends inside a character: it may have been cut off, or is ${fix}`);
      else refuse(lineBreaksBeforeError(before, chunk, encoding), `bytes that are ${fix}`);
    }
    before = chunk?.slice(-3) ?? before;
    const nul = text.indexOf('\0');
    if (nul >= 0) {
      const message = 'zero bytes: UTF-16 without a byte order mark, or not a text; save the file as UTF-8';
      refuse(lineBreaksIn(text.slice(0, nul)), message);
    }
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line += 1;
    return text;
  };
}
