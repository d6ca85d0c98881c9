import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { valuesOf } from '../../support/program/account.ts';
import { run } from '../../support/program/run.ts';
import { lastRun, runDirs, workDirectory, writeLines } from '../../support/program/workspace.ts';
import { type Case, DEFAULT_ROWS, sandboxOf } from './cases.ts';

type Line = Record<string, string>;

/** What a case has left behind, without times and ids. */
export type Result = {
  exits: (number | null)[];
  /** The files of every run, oldest first. */
  runs: { results: Line[]; failed: string; held: string; summary: Record<string, unknown> }[];
  account: string[];
  /** Which of the runs was handed over. */
  handedOver: boolean[];
};

const HEADER = 'phone_number_id,messaging_profile_id,messaging_product';
const FLAGS = ['--rate', 'off', '--concurrency', '4', '--retry-base', '1ms', '--retry-max', '2ms'];

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** results.csv without the columns that are different in every run. */
function resultsOf(dir: string): Line[] {
  const lines = parse(textOf(join(dir, 'results.csv')), { columns: true }) as Line[];
  return lines.map(({ duration_ms: _duration, request_id: _request, finished_at: _at, ...line }) => line);
}

/** summary.json without times, ids and addresses. Of the next command, what it does to which run. */
function comparable(dir: string): Record<string, unknown> {
  const summary = JSON.parse(textOf(join(dir, 'summary.json')) || '{}') as Record<string, unknown>;
  const { rate: _rate, files: _files, input: _input, next_command: next, ...rest } = summary;
  for (const name of ['run_id', 'started_at', 'finished_at', 'duration_ms']) delete rest[name];
  const verb = /cli\.js (\w+)/.exec(String(next))?.[1] ?? null;
  return JSON.parse(
    JSON.stringify({ ...rest, verb })
      .replace(/\d{8}T\d{6}Z-[\w-]+/g, 'RUN')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
  );
}

/** The flags of a case come after the common ones, in whose place they stand. */
function flagsOf({ flags = [] }: Case): string[] {
  const given = new Set(flags);
  const common = FLAGS.flatMap((flag, at) => (at % 2 === 0 && !given.has(flag) ? [flag, FLAGS[at + 1] as string] : []));
  return [...common, ...flags];
}

/** Of a run that stops at a moment that is not exact, only how it ended. */
function endOf({ exits, runs }: Pick<Result, 'exits' | 'runs'>): unknown {
  return {
    exits,
    runs: runs.map(({ summary, results }) => {
      const { state, exit_code: code, exit_name: name, verb, sum_ok: isComplete } = summary;
      return { state, code, name, verb, isComplete, rows: results.length };
    }),
  };
}

/** What must be the same for both executors. */
export function sameOf({ isExact = true }: Case, { handedOver: _handedOver, ...result }: Result): unknown {
  return isExact ? result : endOf(result);
}

/** Carries out a case on an account of its own. `env` says by which executor. */
export async function carryOut(one: Case, env: Record<string, string>): Promise<Result> {
  const sandbox = await startSandbox(sandboxOf(one));
  const cwd = workDirectory();
  writeLines(cwd, [HEADER, ...(one.rows ?? DEFAULT_ROWS)]);
  const exits: (number | null)[] = [];
  for (const step of one.steps ?? [['apply', 'numbers.csv']]) {
    if ('edit' in step) {
      sandbox.edit(step.edit);
      continue;
    }
    const [command, target = '', ...rest] = step;
    const isNew = target === 'numbers.csv';
    const common = isNew ? ['--base-url', sandbox.url, ...flagsOf(one)] : [];
    const args = [command as string, isNew ? target : lastRun(cwd), ...common, ...rest];
    const yes = command === 'apply' && isNew ? ['--yes'] : [];
    const isSending = command !== 'plan';
    exits.push((await run(cwd, [...args, ...yes], isSending ? { env } : {})).exit);
  }
  const runs = runDirs(cwd).map((name) => {
    const dir = join(cwd, name);
    const [failed, held] = [textOf(join(dir, 'failed.csv')), textOf(join(dir, 'held.csv'))];
    return { results: resultsOf(dir), failed, held, summary: comparable(dir) };
  });
  const account = valuesOf(sandbox.snapshot());
  const handedOver = runDirs(cwd).map((dir) =>
    textOf(join(cwd, dir, 'ledger.ndjson')).includes('"type":"handed_over"'),
  );
  await sandbox.close();
  return { exits, runs, account, handedOver };
}
