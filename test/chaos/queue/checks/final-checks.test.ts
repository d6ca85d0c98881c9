import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkAccount,
  checkCopies,
  checkLedger,
  checkResults,
  type Reference,
  referenceOf,
} from '../../checks/final-state.ts';
import type { Fail } from '../../checks/violations.ts';
import { type ChaosServer, startServer } from '../../server/server.ts';
import { runSession } from '../../trial/program.ts';
import { applyArgs, makeTestBed, newTrial, runOf, type Trial } from '../../trial/trial.ts';

/** The checks of a finished run find what is broken on purpose. */
describe('the checks at the end of a run', () => {
  let dir: string;
  let server: ChaosServer;
  let trial: Trial;
  let reference: Reference;

  beforeAll(async () => {
    const bed = makeTestBed();
    dir = bed.dir;
    server = await startServer();
    const setup = { rows: 20, rate: Number.POSITIVE_INFINITY, seed: 1, online: true, ambiguousShare: 0 };
    trial = newTrial({ ...bed, server }, setup);
    await runSession(trial, applyArgs(trial));
    reference = referenceOf(trial);
  });
  afterAll(async () => {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  function violations(): string[] {
    const found: string[] = [];
    const fail: Fail = (kind, text) => found.push(`${kind}: ${text}`);
    checkAccount(trial, fail);
    checkLedger(trial, fail);
    checkResults(trial, reference, () => true, fail);
    checkCopies(trial, reference, fail);
    return found;
  }

  /** Changes a file of the run for the time of a check. */
  function withFile(name: string, change: (text: string) => string): string[] {
    const path = join(runOf(trial), name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, change(text));
    const found = violations();
    writeFileSync(path, text);
    return found;
  }

  it('find nothing in a good run', () => {
    expect(violations()).toEqual([]);
  });

  it('find a row with another value in the account', () => {
    const { id } = trial.rows[0] as Trial['rows'][number];
    const settings = server.settingsOf(id);
    server.edit(id, { profile: null, product: 'OTHER' });
    expect(violations()).toEqual([`wrong: number ${id} (row 1) has null, OTHER at the end`]);
    server.edit(id, settings as NonNullable<typeof settings>);
  });

  it('find a row that has no outcome, two outcomes or none but an intent', () => {
    const isOutcome = (line: string) => line.includes('"type":"outcome"') && line.includes('"row":1,');
    const without = withFile('ledger.ndjson', (text) =>
      text
        .split('\n')
        .filter((line) => !isOutcome(line))
        .join('\n'),
    );
    expect(without).toEqual(['loss: row 1 has 0 outcomes in the ledger', 'loss: 1 rows have an intent and no outcome']);
    const twice = withFile('ledger.ndjson', (text) => `${text}${text.split('\n').find(isOutcome)}\n`);
    expect(twice).toEqual(['other: row 1 has 2 outcomes in the ledger']);
  });

  it('find a row with another result, and one that is missing', () => {
    const other = withFile('results.csv', (text) => text.replace(',updated,', ',failed,'));
    expect(other).toContain('wrong: results.csv, row 1: status is "failed", not "updated"');
    const missing = withFile('results.csv', (text) => text.split('\n').slice(0, -2).join('\n'));
    expect(missing).toContain('loss: results.csv has 19 rows, not 20');
    const failed = withFile('failed.csv', () => '');
    expect(failed).toEqual(['wrong: failed.csv differs from that of the unkilled run']);
  });
});
