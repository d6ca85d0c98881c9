import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withPart } from '../scripts/docs/markdown.ts';
import {
  exitCodesTable,
  fileErrorsTable,
  reasonsTable,
  rejectionsTable,
  settingsTables,
  stopReasonsTable,
} from '../scripts/docs/tables.ts';
import { generated } from '../scripts/docs.ts';
import { LAYERS } from '../scripts/layers.ts';
import { readCommandLine } from '../src/cli/parser.ts';
import { COMMAND_NAMES } from '../src/cli/registry.ts';
import { SANDBOX_FLAGS } from '../src/cli/sandbox-flags.ts';
import { STATUSES } from '../src/core/attempt/outcome.ts';
import { STOP_REASONS } from '../src/core/attempt/stop-reason.ts';
import { FILE_ERRORS, REJECTIONS } from '../src/core/input/rejection.ts';
import { REASONS } from '../src/core/plan/reason.ts';
import { FAILED_COLUMNS, HELD_COLUMNS } from '../src/core/results/input-table.ts';
import { RESULTS_COLUMNS } from '../src/core/results/rows.ts';
import { EXIT } from '../src/core/run/exit-codes.ts';
import { STATES } from '../src/core/run/manifest.ts';
import { flagOf } from '../src/core/settings/flags.ts';
import { resolveSettings } from '../src/core/settings/resolve.ts';
import { SETTING_NAMES, SETTINGS } from '../src/core/settings/schema.ts';
import { runFiles } from '../src/io/run/directory.ts';
import { parseFault } from '../src/sandbox/server.ts';
import { codeInTables, commandsOf, DOCUMENTS, ROOT, read } from './docs/documents.ts';

const MENTIONING = [...DOCUMENTS, ...readdirSync(join(ROOT, 'jobs')).map((name) => `jobs/${name}`)];

const commands = DOCUMENTS.flatMap((path) => commandsOf(path).map((words) => [path, words.join(' '), words] as const));
const ours = commands.filter(([, , words]) => words[0] === 'telnyx-reassign');

describe('parts made from the code', () => {
  it('are fresh: `npm run docs` writes them again', () => {
    for (const [path, text] of Object.entries(generated(read))) expect(read(path), path).toBe(text);
  });

  it('have a row for every rejection and every error of a file', () => {
    const codesOf = (text: string) => [...text.matchAll(/^\| `([a-z_]+)` /gm)].map((match) => match[1]);
    expect(codesOf(rejectionsTable())).toEqual(Object.keys(REJECTIONS));
    expect(codesOf(reasonsTable())).toEqual(Object.keys(REASONS));
    expect(codesOf(stopReasonsTable())).toEqual(Object.keys(STOP_REASONS));
    expect(codesOf(fileErrorsTable())).toEqual(Object.keys(FILE_ERRORS));
  });

  it('have a row for every setting and every exit code', () => {
    const settings = [...settingsTables().matchAll(/^\| `--([a-z-]+)/gm)].map((match) => match[1]);
    expect(settings).toEqual(SETTING_NAMES.map(flagOf));
    const codes = [...exitCodesTable().matchAll(/^\| ([0-9, ]+) \|/gm)].flatMap((match) => match[1]?.split(', '));
    expect(codes.map(Number)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });

  it('need their markers in the document, once', () => {
    const marked = 'a\n<!-- x -->\n\nold\n\n<!-- /x -->\nb\n';
    expect(withPart(marked, 'x', 'new $1')).toBe('a\n<!-- x -->\n\nnew $1\n\n<!-- /x -->\nb\n');
    expect(() => withPart(marked, 'y', 'new')).toThrow('the markers of y');
    expect(() => withPart(marked + marked, 'x', 'new')).toThrow('the markers of x');
  });
});

describe('commands in the documents', () => {
  it('are there to be checked', () => {
    expect(ours.length).toBeGreaterThan(40);
  });

  it.each(ours)('%s: %s', async (_path, _command, words) => {
    // A digest is 64 digits, and differs from plan to plan.
    const typed = words.slice(1).map((word) => (word === 'DIGEST' ? '0'.repeat(64) : word));
    const typing = await readCommandLine(typed, 80);
    if (typing.command === 'sandbox') {
      for (const fault of [typing.flags.fault ?? []].flat()) expect(parseFault(String(fault))).toBeTruthy();
      return;
    }
    if (typing.command === 'done') throw new Error('it only prints help');
    const resolved = resolveSettings([{ source: 'flag', raw: typing.flags }], typing.command);
    expect(resolved).not.toHaveProperty('errors');
  });

  it('of npm, npx and node exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const argumentsOf = (program: string) =>
      commands.filter(([, , words]) => words[0] === program).map(([, , words]) => words.slice(1));
    const npm = argumentsOf('npm');
    expect(npm.map((words) => words.join(' '))).toEqual(expect.arrayContaining(['ci', 'run demo', 'test']));
    for (const [verb, ...words] of npm) {
      if (verb === 'run') expect(scripts).toHaveProperty(words.find((word) => !word.startsWith('-')) as string);
      else expect(['ci', 'test', 'pack', 'install', 'version', 'publish']).toContain(verb);
    }
    for (const [program = ''] of argumentsOf('npx')) {
      expect(existsSync(join(ROOT, 'node_modules', '.bin', program)), program).toBe(true);
    }
    for (const path of [...argumentsOf('npx'), ...argumentsOf('node')].flat()) {
      if (/^(test|samples|scripts|src|dist)\//.test(path)) expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
  });
});

describe('what the documents name', () => {
  const generator = [...read('samples/generate.mjs').matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1] as string);
  const sandbox = SANDBOX_FLAGS.map(({ name }) => name);
  const known = new Set([...SETTING_NAMES.map(flagOf), ...sandbox, ...generator, 'help', 'version']);

  it.each(MENTIONING)('%s names only flags that exist', (path) => {
    const text = read(path).replace(/^.*\b(npm|npx|useradd|crontab|systemctl|redis-server) .*$/gm, '');
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

  it('docs/results.md explains every status, every column and every file of a run', () => {
    const text = read('docs/results.md');
    const files = Object.entries(runFiles('.')).flatMap(([role, path]) => (role === 'sandbox' ? [] : [path]));
    const inTables = new Set(codeInTables(text));
    expect([...STATUSES, ...RESULTS_COLUMNS, ...files].filter((name) => !inTables.has(name))).toEqual([]);
    expect([...FAILED_COLUMNS, ...HELD_COLUMNS].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('docs/many-hosts.md names tests that exist', () => {
    const rows = read('docs/many-hosts.md').split('## What happens when something dies')[1]?.split('\n\n')[1] ?? '';
    const named = new Set([...rows.matchAll(/`([a-z]+\/[a-z]+)`/g)].map((match) => match[1]));
    const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
    const has = (name = '') => tests.some((path) => new RegExp(`/${name}(\\.slow)?\\.test\\.ts$`).test(path));
    const missing = [...named].filter((name) => !has(name));
    expect([named.size > 5, missing]).toEqual([true, []]);
  });

  it('docs/workflow.md has a row for every command', () => {
    const commands = codeInTables(read('docs/workflow.md')).map((usage) => usage.split(' ')[0] as string);
    expect([...new Set(commands)].sort()).toEqual([...COMMAND_NAMES].sort());
  });

  it('docs/glossary.md names every state of a run', () => {
    const text = read('docs/glossary.md');
    expect(STATES.filter((state) => !text.includes(`\`${state}\``))).toEqual([]);
  });

  it('docs/troubleshooting.md names the limits that hold by default as they are', () => {
    const text = read('docs/troubleshooting.md');
    for (const name of [
      'max_failures',
      'max_same_error',
      'outage_patience',
      'max_attempts',
      'timeout',
      'max_server_wait',
    ] as const) {
      expect(text).toContain(`(\`--${flagOf(name)} ${SETTINGS[name].default}\`)`);
    }
  });

  it('docs/troubleshooting.md says when a run that has begun ends with which exit code', () => {
    const named = new Set(
      read('docs/troubleshooting.md')
        .split(/\. |\n/)
        .filter((sentence) => /exit/i.test(sentence))
        .flatMap((sentence) => (sentence.match(/\b[0-9]+\b/g) ?? []).map(Number)),
    );
    const missing = Object.entries(EXIT).flatMap(([name, code]) =>
      ['ok', 'input', 'usage'].includes(name) || named.has(code) ? [] : [name],
    );
    expect(missing).toEqual([]);
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
