#!/usr/bin/env node
// Writes an input CSV of any size for rehearsals, to standard output or to a file. Ids and phone numbers are those of
// `telnyx-reassign sandbox --numbers N`, and the targets are its first three profiles.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';

const USAGE = `node samples/generate.mjs [FILE] [options]

Writes an input CSV to FILE, or to standard output.

  --rows N          data rows, 0 to 9999999 (default 1000)
  --seed N          selects the targets (default 1)
  --duplicates P    share of rows that repeat an earlier row, 0 to 1 (default 0)
  --blank-phone     leave the phone_number column empty
`;

const MAX_ROWS = 9_999_999; // the id has seven digits for the row
const ROWS_PER_CHUNK = 1000;
const PROFILES = 3;

/** A pseudorandom whole number from 0 to 2^32-1, the same for the same arguments (the finalizer of murmur3). */
function randomOf(seed, index) {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ index;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function row(index, { seed, blankPhone }) {
  const chance = randomOf(seed, index);
  const number = String(index).padStart(7, '0');
  const phone = blankPhone ? '' : `+1800${number}`;
  const profile = `00000000-0000-4000-8000-${String((chance % PROFILES) + 1).padStart(12, '0')}`;
  // One row in eight has a product too. Every number of the sandbox is eligible for A2P.
  const product = (chance >>> 8) % 8 === 0 ? 'A2P' : '';
  // The last digit is 1, because an id that ends in zeros looks rounded by a spreadsheet.
  return `12933842610${number}1,${phone},${profile},${product}\n`;
}

/** The file in chunks of 1000 rows. A repeated row is an exact copy of an earlier one. */
function* chunks(options) {
  const { rows, seed, duplicates } = options;
  let chunk = 'phone_number_id,phone_number,messaging_profile_id,messaging_product\n';
  let made = 0;
  for (let at = 1; at <= rows; at++) {
    const chance = randomOf(seed + 1, at);
    const repeats = made > 0 && chance / 2 ** 32 < duplicates;
    if (!repeats) made += 1;
    chunk += row(repeats ? (randomOf(seed + 2, at) % made) + 1 : made, options);
    if (at % ROWS_PER_CHUNK === 0) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}

function fail(text) {
  process.stderr.write(`${text}\n\n${USAGE}`);
  process.exit(2);
}

function number(name, text, { max, pattern }) {
  if (!pattern.test(text) || Number(text) > max) fail(`--${name} must be a number from 0 to ${max}, not "${text}"`);
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
if (positionals.length > 1) fail(`Expected at most one FILE, got ${positionals.length}`);
const options = {
  rows: number('rows', values.rows, { max: MAX_ROWS, pattern: /^[0-9]{1,9}$/ }),
  seed: number('seed', values.seed, { max: 999_999_999, pattern: /^[0-9]{1,9}$/ }),
  duplicates: number('duplicates', values.duplicates, { max: 1, pattern: /^[0-9]*\.?[0-9]+$/ }),
  blankPhone: values['blank-phone'],
};
const output = positionals[0] === undefined ? process.stdout : createWriteStream(positionals[0]);
try {
  // A pipeline waits for a slow reader, so the rows are never all in memory.
  await pipeline(Readable.from(chunks(options)), output);
} catch (error) {
  // A reader that stops early (`| head`) is not an error.
  if (error.code !== 'EPIPE') {
    process.stderr.write(`Could not write: ${error.message}\n`);
    process.exitCode = 1;
  }
}
