// Writes the parts of the documents that are made from the code: `npm run docs`. A test fails when they are stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FILE_ERRORS, REJECTIONS } from '../src/core/input/rejection.ts';
import { EXIT_TEXT } from '../src/core/run/exit-codes.ts';
import { jobJsonSchema } from '../src/core/settings/job.ts';
import { flagOf, SETTING_NAMES, type SettingName, settingDefinition } from '../src/core/settings/schema.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The line width of biome.json: an array that fits stays on its line. */
const LINE_WIDTH = 120;

/** A Markdown table as the formatter of this project leaves it: every column as wide as its widest cell. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, at) => Math.max(3, ...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(cells[0] as string[]), rule, ...cells.slice(1).map(line)].join('\n');
}

function settingRow(name: SettingName, jobKeys: ReadonlySet<string>): string[] {
  const shape = settingDefinition(name);
  const flag = `--${flagOf(name)}${shape.value === undefined ? '' : ` ${shape.value}`}`;
  const standard = shape.kind === 'boolean' ? 'off' : shape.default === null ? '' : `\`${shape.default}\``;
  const elsewhere = [...(shape.consent === true ? [] : ['variable']), ...(jobKeys.has(name) ? ['job'] : [])];
  return [`\`${flag}\``, standard, elsewhere.join(', '), shape.text];
}

/** The table of all settings, in the order and with the words of the help. */
export function settingsTable(): string {
  const jobKeys = new Set(Object.keys(jobJsonSchema().properties as object));
  return table(
    ['flag', 'default', 'also by', 'meaning'],
    SETTING_NAMES.map((name) => settingRow(name, jobKeys)),
  );
}

/** The table of exit codes. */
export function exitCodesTable(): string {
  return table(
    ['code', 'name', 'meaning', 'then'],
    EXIT_TEXT.map(([codes, name, meaning, again]) => [codes, `\`${name}\``, meaning, again]),
  );
}

const CHECKED_AGAINST = { row: 'the row', file: 'the other rows', account: 'the account' };

/** The table of the codes with which a row is rejected. */
export function rejectionsTable(): string {
  return table(
    ['code', 'the row is rejected because', 'checked against'],
    Object.entries(REJECTIONS).map(([code, { meaning, needs }]) => [`\`${code}\``, meaning, CHECKED_AGAINST[needs]]),
  );
}

/** The table of the codes with which a whole file is refused. */
export function fileErrorsTable(): string {
  return table(
    ['code', 'the file is refused because'],
    Object.entries(FILE_ERRORS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  );
}

/** JSON as the formatter of this project leaves it: lists of plain values on one line where they fit. */
function json(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item !== 'object');
    const line = `[${value.map((item) => json(item)).join(', ')}]`;
    if (plain && indent.length + line.length < LINE_WIDTH / 2) return line;
    return `[\n${value.map((item) => inner + json(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${json(item, inner)}`).join(',\n')}\n${indent}}`;
}

/** Puts text between `<!-- name -->` and `<!-- /name -->`. Throws where the marks are not there once each, in order. */
export function withPart(document: string, name: string, text: string): string {
  const marks = new RegExp(`(<!-- ${name} -->\n).*?(\n<!-- /${name} -->)`, 'gs');
  if (document.match(marks)?.length !== 1) throw new Error(`the marks of ${name} are not in the document once`);
  return document.replace(marks, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`);
}

/** The documents as they should be, by path from the root, made from what stands in them now. */
export function generated(read: (path: string) => string): Record<string, string> {
  let readme = withPart(read('README.md'), 'settings', settingsTable());
  readme = withPart(readme, 'exit-codes', exitCodesTable());
  readme = withPart(readme, 'rejections', rejectionsTable());
  readme = withPart(readme, 'file-errors', fileErrorsTable());
  return { 'README.md': readme, 'jobs/job.schema.json': `${json(jobJsonSchema())}\n` };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const documents = generated((path) => readFileSync(resolve(ROOT, path), 'utf8'));
  for (const [path, text] of Object.entries(documents)) writeFileSync(resolve(ROOT, path), text);
}
