#!/usr/bin/env node
// Writes an input CSV of any size for rehearsals, to standard output or to a file. The ids and phone numbers are those
// that `telnyx-reassign sandbox --numbers N` makes, and the targets are its first three profiles.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';

const USAGE = `node samples/generate.mjs [FILE] [options]

Writes an input CSV to FILE, or to standard output.

  --rows N          data rows, 0 to 9999999 (default 1000)
  --seed N          another seed gives other targets (default 1)
  --duplicates P    so large a part of the rows repeats an earlier row, 0 to 1 (default 0)
  --blank-phone     leave the phone_number column empty
`;

const MOST_ROWS = 9_999_999; // seven digits of the id count the numbers
const ROWS_A_PIECE = 1000;
const PROFILES = 3;

/** A whole number from 0 to 2^32-1 that is the same for the same two numbers and looks like chance (murmur3's end). */
function mixed(seed, index) {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ index;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function row(index, { seed, blankPhone }) {
  const chance = mixed(seed, index);
  const number = String(index).padStart(7, '0');
  const phone = blankPhone ? '' : `+1800${number}`;
  const profile = `00000000-0000-4000-8000-${String((chance % PROFILES) + 1).padStart(12, '0')}`;
  // One row in eight names a product too. Every number of the sandbox may have A2P.
  const product = (chance >>> 8) % 8 === 0 ? 'A2P' : '';
  // The last digit is a 1, so that no id looks as if a spreadsheet had rounded it.
  return `12933842610${number}1,${phone},${profile},${product}\n`;
}

/** The file in pieces of a thousand rows. A repeated row is an earlier one, letter for letter. */
function* pieces(options) {
  const { rows, seed, duplicates } = options;
  let piece = 'phone_number_id,phone_number,messaging_profile_id,messaging_product\n';
  let made = 0;
  for (let at = 1; at <= rows; at++) {
    const chance = mixed(seed + 1, at);
    const repeats = made > 0 && chance / 2 ** 32 < duplicates;
    if (!repeats) made += 1;
    piece += row(repeats ? (mixed(seed + 2, at) % made) + 1 : made, options);
    if (at % ROWS_A_PIECE === 0) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

function fail(text) {
  process.stderr.write(`${text}\n\n${USAGE}`);
  process.exit(2);
}

function number(name, text, most, pattern) {
  if (!pattern.test(text) || Number(text) > most) fail(`--${name} must be a number from 0 to ${most}, not "${text}"`);
  return Number(text);
}

function readOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rows: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        duplicates: { type: 'string', default: '0' },
        'blank-phone': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

const { values, positionals } = readOptions();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (positionals.length > 1) fail(`one FILE at most, not ${positionals.length}`);
const options = {
  rows: number('rows', values.rows, MOST_ROWS, /^[0-9]{1,9}$/),
  seed: number('seed', values.seed, 999_999_999, /^[0-9]{1,9}$/),
  duplicates: number('duplicates', values.duplicates, 1, /^[0-9]*\.?[0-9]+$/),
  blankPhone: values['blank-phone'],
};
const to = positionals[0] === undefined ? process.stdout : createWriteStream(positionals[0]);
try {
  // A pipeline waits for a slow reader, so the rows never stand in memory.
  await pipeline(Readable.from(pieces(options)), to);
} catch (error) {
  // A reader that has seen enough (`| head`) is no fault.
  if (error.code !== 'EPIPE') {
    process.stderr.write(`cannot write: ${error.message}\n`);
    process.exitCode = 1;
  }
}
