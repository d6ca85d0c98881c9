import type { Stats } from 'node:fs';
import { isAlias, isMap, isScalar, Lexer, LineCounter, type Pair, parseDocument, type YAMLError } from 'yaml';
import type { JobKey } from '../core/settings/job.ts';
import { count, printable } from '../core/text/text.ts';
import { NotText, readTextFile } from './text-file.ts';

/** Far more than any job needs. Reading YAML costs much time and memory for each word of it. */
const MAX_BYTES = 1_048_576;
const MAX_TOKENS = 20_000;
const MAX_KEYS = 1000;
const MAX_NAME_CHARACTERS = 60;

const NO_TAGS = 'tags such as !name are not supported; values are plain text';

/** What is wrong, by the code of an error of the YAML library, and by its text if a code has several meanings. */
const SENTENCES: readonly [code: string, text: RegExp, sentence: string][] = [
  ['MULTIPLE_DOCS', /./, 'a second YAML document starts here (---); a job file holds only one'],
  ['TAB_AS_INDENT', /./, 'a tab is not allowed as indentation; use spaces'],
  ['MISSING_CHAR', /quote/, 'the closing quote is missing'],
  ['MISSING_CHAR', /need to be followed|Missing : /, 'a colon and a value are missing after the name'],
  ['MISSING_CHAR', /same line/, 'the line --- must hold nothing else'],
  ['MISSING_CHAR', /./, 'a bracket, a comma, a colon or a space is missing here'],
  ['BAD_INDENT', /^Flow/, 'a bracket before this place is open; close it, or put the value in quotes'],
  ['BAD_INDENT', /./, 'the indentation is not that of the lines around it'],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    /./,
    'a value that contains ": " must be in quotes, and the next line must not be indented',
  ],
  ['BLOCK_IN_FLOW', /./, 'a bracket before this place is open; close it, or put the value in quotes'],
  ['MULTILINE_IMPLICIT_KEY', /./, 'a line must be `name: value`; the colon is missing'],
  ['KEY_OVER_1024_CHARS', /./, 'a name is longer than 1,024 characters'],
  ['BAD_SCALAR_START', /./, 'a value that starts with this character must be in quotes'],
  ['BAD_DQ_ESCAPE', /./, 'a backslash in double quotes starts an escape; use single quotes'],
  ['BAD_ALIAS', /./, 'a value that starts with * or & must be in quotes'],
  ['ALIAS_PROPS', /./, 'a value that starts with * or & must be in quotes'],
  ['MULTIPLE_ANCHORS', /./, 'a value that starts with & must be in quotes'],
  ['MULTIPLE_TAGS', /./, 'a value that starts with ! must be in quotes'],
  ['BAD_PROP_ORDER', /./, 'a value that starts with & or ! must be in quotes'],
  ['TAG_RESOLVE_FAILED', /./, NO_TAGS],
  ['BAD_DIRECTIVE', /./, 'a line that starts with % is a directive of YAML; put the text in quotes'],
  ['RESOURCE_EXHAUSTION', /./, 'the values are nested too deeply; a job file is a list of `name: value` lines'],
  ['UNEXPECTED_TOKEN', /./, 'unexpected text; a value with special characters must be in quotes'],
];

/** Tags of YAML itself that do not change what a value says. */
const STANDARD_TAG = /^tag:yaml\.org,2002:(?:int|float|bool|null|str|map)$/;

function sentenceOf({ code, message }: YAMLError): string {
  const known = SENTENCES.find(([name, text]) => name === code && text.test(message));
  return known?.[2] ?? `this is not YAML (${printable(message.split('\n')[0] ?? code, 200)})`;
}

/** Reads the keys of a YAML text. `fail` throws with a place. */
function keysOf(text: string, placeOf: (offset: number) => string, counter: LineCounter): JobKey[] {
  const fail = (offset: number | undefined, why: string): never => {
    throw new NotText(`${placeOf(offset ?? 0)}: ${why}`);
  };
  const options = { lineCounter: counter, schema: 'failsafe', uniqueKeys: false, prettyErrors: false } as const;
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error !== undefined) return fail(error.pos[0], sentenceOf(error));
  const checkTag = (node: unknown, offset: number) => {
    const { tag } = node as { tag?: string };
    if (tag !== undefined && !STANDARD_TAG.test(tag)) fail(offset, NO_TAGS);
  };
  const root = document.contents;
  if (!isMap(root)) return fail(root?.range?.[0], 'a job file is a list of `name: value` lines');
  checkTag(root, 0);
  const offsetOf = (node: unknown) => (node as { range?: [number, number, number] | null } | null)?.range?.[0];
  let keys = 0;
  /** The names and values of a mapping. */
  const entriesOf = (items: readonly Pair[], notPlain: (pair: Pair) => never) => {
    const seen = new Map<string, string>();
    return items.map((pair) => {
      const offset = offsetOf(pair.key);
      keys += 1;
      if (keys > MAX_KEYS) fail(offset, `this is more than ${count(MAX_KEYS, 'key')}; a job file has a few dozen`);
      if (!isScalar(pair.key)) return notPlain(pair);
      const name = String(pair.key.value);
      const place = placeOf(offset ?? 0);
      const first = seen.get(name);
      if (first !== undefined)
        fail(offset, `${printable(name, MAX_NAME_CHARACTERS)} is there twice; it is at ${first} too`);
      seen.set(name, place);
      return { name, place, pair, valueOffset: offsetOf(pair.value) ?? offset ?? 0 };
    });
  };
  const plain = (node: unknown, offset: number): string | null => {
    if (isAlias(node)) return fail(offset, 'aliases such as *name are not supported; repeat the value');
    if (node !== null) checkTag(node, offset);
    if (!isScalar(node)) return null;
    const value = String(node.value);
    return value.includes('\uFFFD') ? fail(offset, 'this is not UTF-8; save the file as UTF-8') : value;
  };
  const names = entriesOf(root.items, (pair) => fail(offsetOf(pair.key), 'a name must be a plain word'));
  return names.map(({ name: key, place, pair, valueOffset }) => {
    const text = plain(pair.value, valueOffset);
    if (text !== null) return { key, place, value: { text, place: placeOf(valueOffset) } };
    const name = printable(key, MAX_NAME_CHARACTERS);
    if (!isMap(pair.value)) return fail(valueOffset, `${name} must have a plain value`);
    const notPlain = (inner: Pair) => fail(offsetOf(inner.key), `${name} must hold plain names and values`);
    const value = entriesOf(pair.value.items, notPlain).map((inner) => {
      const column = plain(inner.pair.value, inner.valueOffset) ?? notPlain(inner.pair);
      return { text: `${inner.name}=${column}`, place: placeOf(inner.valueOffset) };
    });
    return { key, place, value };
  });
}

/**
 * Reads a job file: a YAML mapping of names to plain values, or to mappings of plain values. Values stay text, because
 * YAML would turn `name: 0123` into a number. Every value has its place, `shown` with line and column. Throws NotText
 * with the whole message, and what the file system throws.
 */
export function readJobFile(path: string, shown: string): { keys: JobKey[]; stats: Stats } {
  let file: ReturnType<typeof readTextFile>;
  try {
    file = readTextFile(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof NotText) throw new NotText(`job file ${shown} ${error.message}`);
    throw error;
  }
  const { text, stats } = file;
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MAX_TOKENS)
      throw new NotText(`job file ${shown} has more than 20,000 words and signs; a job file has a few dozen lines`);
  }
  const counter = new LineCounter();
  const placeOf = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return `${shown}:${line}:${col}`;
  };
  return { keys: keysOf(text, placeOf, counter), stats };
}
