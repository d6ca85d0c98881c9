import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  exitCodesTable,
  fileErrorsTable,
  generated,
  rejectionsTable,
  settingsTable,
  withPart,
} from '../scripts/docs.ts';
import { LAYERS } from '../scripts/layers.ts';
import { readCommandLine } from '../src/cli/parser.ts';
import { SANDBOX_FLAGS } from '../src/commands/sandbox.ts';
import { STATUSES } from '../src/core/attempt/outcome.ts';
import { FILE_ERRORS, REJECTIONS } from '../src/core/input/rejection.ts';
import { FAILED_COLUMNS, RESULTS_COLUMNS } from '../src/core/results/rows.ts';
import { EXIT } from '../src/core/run/exit-codes.ts';
import { resolveSettings } from '../src/core/settings/resolve.ts';
import { flagOf, SETTING_NAMES, SETTINGS } from '../src/core/settings/schema.ts';
import { runFiles } from '../src/io/run/directory.ts';
import { parseFault } from '../src/sandbox/server.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const DOCUMENTS = ['README.md', 'jobs/README.md', 'samples/README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'];
const MENTIONING = [...DOCUMENTS, ...readdirSync(join(ROOT, 'jobs')).map((name) => `jobs/${name}`)];
const README = read('README.md');

/** The words of one simple shell command; quotes group, and nothing is expanded. */
function shellWords(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}

/** The commands of the blocks marked `sh`, one by one, without `sudo` and variables before them. */
function commandsOf(path: string): string[][] {
  return [...read(path).matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap((block) => (block[1] as string).replaceAll('\\\n', ' ').split(/\n|&&|\|/))
    .map((command) => command.trim())
    .filter((command) => command !== '' && !command.startsWith('#'))
    .map((command) => shellWords(command.replace(/^(sudo( -u \S+)? +|[A-Z_]+=\S* +)+/, '')));
}

const commands = DOCUMENTS.flatMap((path) => commandsOf(path).map((words) => [path, words.join(' '), words] as const));
const ours = commands.filter(([, , words]) => words[0] === 'telnyx-reassign');

describe('parts made from the code', () => {
  it('are fresh: `npm run docs` writes them again', () => {
    for (const [path, text] of Object.entries(generated(read))) expect(read(path), path).toBe(text);
  });

  it('have a row for every rejection and every error of a file', () => {
    const codesOf = (text: string) => [...text.matchAll(/^\| `([a-z_]+)` /gm)].map((match) => match[1]);
    expect(codesOf(rejectionsTable())).toEqual(Object.keys(REJECTIONS));
    expect(codesOf(fileErrorsTable())).toEqual(Object.keys(FILE_ERRORS));
  });

  it('have a row for every setting and every exit code', () => {
    const settings = [...settingsTable().matchAll(/^\| `--([a-z-]+)/gm)].map((match) => match[1]);
    expect(settings).toEqual(SETTING_NAMES.map(flagOf));
    const codes = [...exitCodesTable().matchAll(/^\| ([0-9, ]+) \|/gm)].flatMap((match) => match[1]?.split(', '));
    expect(codes.map(Number)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });

  it('need their marks in the document, once', () => {
    const marked = 'a\n<!-- x -->\n\nold\n\n<!-- /x -->\nb\n';
    expect(withPart(marked, 'x', 'new $1')).toBe('a\n<!-- x -->\n\nnew $1\n\n<!-- /x -->\nb\n');
    expect(() => withPart(marked, 'y', 'new')).toThrow('the marks of y');
    expect(() => withPart(marked + marked, 'x', 'new')).toThrow('the marks of x');
  });
});

describe('commands in the documents', () => {
  it('are there to be checked', () => {
    expect(ours.length).toBeGreaterThan(15);
  });

  it.each(ours)('%s: %s', async (_path, _command, words) => {
    const typing = await readCommandLine(words.slice(1), 80);
    if (typing.command === 'sandbox') {
      for (const fault of [typing.flags.fault ?? []].flat()) expect(parseFault(String(fault))).toBeTruthy();
      return;
    }
    if (typing.command === 'done') throw new Error('it only prints help');
    const resolved = resolveSettings([{ source: 'flag', typed: typing.flags }], typing.command);
    expect(resolved).not.toHaveProperty('faults');
  });

  it('of npm and node exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const npm = commands.filter(([, , words]) => words[0] === 'npm').map(([, , words]) => words.slice(1));
    expect(npm.map((words) => words.join(' '))).toEqual(expect.arrayContaining(['ci', 'run demo', 'test']));
    for (const [verb, name = ''] of npm) {
      if (verb === 'run') expect(scripts).toHaveProperty(name);
      else expect(['ci', 'test', 'pack', 'install']).toContain(verb);
    }
    for (const [, , words] of commands.filter(([, , words]) => words[0] === 'node')) {
      expect(existsSync(join(ROOT, words[1] as string)), words[1]).toBe(true);
    }
  });
});

describe('what the documents name', () => {
  const generator = [...read('samples/generate.mjs').matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1] as string);
  const known = new Set([...SETTING_NAMES.map(flagOf), ...SANDBOX_FLAGS.map(({ name }) => name), ...generator, 'help']);

  it.each(MENTIONING)('%s names only flags that exist', (path) => {
    const text = read(path).replace(/^.*\b(npm|useradd|crontab|systemctl) .*$/gm, '');
    const flags = [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map((match) => match[1] as string);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });

  it.each(MENTIONING)('%s names only commands that exist', async (path) => {
    // As code: between backticks or at the start of a line, where a sentence would go on with any word.
    const code = [...read(path).matchAll(/(?:`[^`\n]*|^[^a-z\n]*)telnyx-reassign ([a-z]+)\b/gm)].map(
      (match) => match[1] as string,
    );
    for (const verb of new Set(code)) {
      if (verb === 'completion') continue; // prints its script
      await expect(readCommandLine([verb], 80), verb).resolves.toMatchObject({ command: verb });
    }
  });

  it.each(DOCUMENTS)('%s links to files that exist', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] as string);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
  });

  it('README.md explains every status, every result column, every rejection and every file of a run', () => {
    const inTable = new Set(
      [...README.matchAll(/^\| (`[^|]*`) /gm)].flatMap((match) =>
        [...(match[1] as string).matchAll(/`([^`]+)`/g)].map((name) => name[1]),
      ),
    );
    const files = Object.entries(runFiles('.')).flatMap(([role, path]) => (role === 'sandbox' ? [] : [path]));
    const codes = [...Object.keys(REJECTIONS), ...Object.keys(FILE_ERRORS)];
    const wanted = [...STATUSES, ...RESULTS_COLUMNS, ...codes, ...files];
    expect(wanted.filter((name) => !inTable.has(name))).toEqual([]);
    expect(FAILED_COLUMNS).toHaveLength(3); // "with your own columns and the reason"
  });

  it('README.md names every reason that a row can end with', () => {
    const endings = [
      'engine/sending/send-row',
      'engine/sending/row-outcome',
      'app/account/drift',
      'core/results/rows',
      'core/followup/undo',
    ];
    const ended = endings.map((path) => read(`src/${path}.ts`)).join('');
    const reasons = [
      ...[...ended.matchAll(/reason: '([a-z_]+)'/g)].map((match) => match[1] as string),
      ...[...ended.matchAll(/held\(\w+, '([a-z_]+)'/g)].map((match) => match[1] as string),
      ...[...read('src/core/attempt/classify.ts').matchAll(/kind: 'failed', reason: '([a-z_]+)'/g)].map(
        (match) => match[1] as string,
      ),
    ];
    expect(new Set(reasons).size).toBeGreaterThan(14);
    const statuses = README.slice(README.indexOf('| status '), README.indexOf('## What if'));
    expect(reasons.filter((reason) => !statuses.includes(`\`${reason}\``))).toEqual([]);
  });

  it('README.md names the limits that hold by default as they are', () => {
    const whatIf = README.slice(README.indexOf('## What if'), README.indexOf('## From cron and systemd'));
    for (const name of [
      'max_failures',
      'max_same_error',
      'outage_patience',
      'max_attempts',
      'timeout',
      'max_server_wait',
    ] as const) {
      expect(whatIf).toContain(`(\`--${flagOf(name)} ${SETTINGS[name].default}\`)`);
    }
  });

  it('README.md says when a run that has begun ends with which exit code', () => {
    const whatIf = README.slice(README.indexOf('## What if'), README.indexOf('## From cron and systemd'));
    const named = new Set(
      whatIf
        .split('. ')
        .filter((sentence) => /exit/i.test(sentence))
        .flatMap((sentence) => (sentence.match(/\b[0-9]+\b/g) ?? []).map(Number)),
    );
    const told = Object.entries(EXIT).flatMap(([name, code]) =>
      ['ok', 'input', 'usage'].includes(name) || named.has(code) ? [] : [name],
    );
    expect(told).toEqual([]);
  });

  it('ARCHITECTURE.md names every folder of src', () => {
    const text = read('ARCHITECTURE.md');
    expect(LAYERS.filter((layer) => !text.includes(`\`${layer}/\``))).toEqual([]);
  });

  it('CHANGELOG.md has the version of package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(read('CHANGELOG.md')).toMatch(new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - [0-9-]{10}$`, 'm'));
  });
});
