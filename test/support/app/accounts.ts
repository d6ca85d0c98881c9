import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyedInvocation } from '../../../src/app/invocation.ts';
import { copyInput, type InputSource, inputSourceOf } from '../../../src/app/planning/input-source.ts';
import { type PlannedRun, planRun } from '../../../src/app/planning/plan-run.ts';
import { newRun } from '../../../src/app/run/create.ts';
import type { Run } from '../../../src/app/run/open.ts';
import { resolveForCommand } from '../../../src/app/settings.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';
import { createStop, type Stop } from '../../../src/engine/stop.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { scanLedger } from '../../../src/io/run/ledger-file.ts';
import { readPlan } from '../../../src/io/run/plan-file.ts';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/server.ts';
import { openSandbox } from '../sandbox/open.ts';
import { tempDir } from '../temp.ts';
import { contextOf, type TestContext } from './contexts.ts';
import { id, profile } from './plans.ts';
import { KEY } from './sources.ts';

/** A sandbox as the account, and a working directory for commands. */
export type Place = {
  sandbox: Sandbox;
  context: TestContext;
  stop: Stop;
  /** A command that sends to the account as fast as it can. */
  invoke: (flags?: RawSettings) => KeyedInvocation;
  /** Plans an input of these contents. */
  plan: (
    content: string,
    flags?: RawSettings,
    origin?: Partial<InputSource>,
    signal?: AbortSignal,
  ) => Promise<PlannedRun>;
  /** How often the account was asked, by method. */
  asked: () => { GET: number; PATCH: number };
};

/** Numbers on the second of three profiles, but for the changes: the account of these tests. */
export function numbersOf(many: number, profileOf: (n: number) => string | null = () => profile(2)) {
  return Array.from({ length: many }, (_, at) => ({ id: id(at + 1), messaging_profile_id: profileOf(at + 1) }));
}

export async function accountOf(options: SandboxOptions = {}): Promise<Place> {
  const sandbox = await openSandbox({ numbers: numbersOf(10), ...options });
  const cwd = tempDir();
  const context = contextOf({ TELNYX_API_KEY: KEY }, cwd);
  const stop = createStop();
  const invoke = (flags: RawSettings = {}): KeyedInvocation => {
    const fast = { rate: 'off', retry_base: '1ms', retry_max: '2ms', max_attempts: '2', outage_patience: '0s' };
    const given = { base_url: sandbox.url, runs_dir: join(cwd, 'runs'), ...fast, ...flags };
    const invocation = resolveForCommand(given, context, 'plan');
    return { ...invocation, key: invocation.settings.sandbox ? null : KEY };
  };
  return {
    sandbox,
    context,
    stop,
    invoke,
    async plan(content, flags = {}, changes = {}, signal = new AbortController().signal) {
      writeFileSync(join(cwd, 'numbers.csv'), content);
      const invocation = invoke(flags);
      const origin = { ...inputSourceOf('numbers.csv', context), ...changes };
      const run = await copyInput(await newRun(origin, 'plan', invocation), origin, signal);
      return planRun(run, origin, invocation, { signal, stop });
    },
    asked() {
      const methods = sandbox.requests().map(({ method }) => method);
      const times = (name: string) => methods.filter((method) => method === name).length;
      return { GET: times('GET'), PATCH: times('PATCH') };
    },
  };
}

/** An input that moves these numbers to a profile, the first one if no other is named. */
export function moves(numbers: readonly number[], target = profile(1)): string {
  return `id,profile_id\n${numbers.map((n) => `${id(n)},${target}\n`).join('')}`;
}

export async function entriesOf({ dir }: Pick<Run, 'dir'>): Promise<PlanEntry[]> {
  const entries: PlanEntry[] = [];
  for await (const batch of readPlan(runFiles(dir).plan)) entries.push(...batch);
  return entries;
}

export async function ledgerOf({ dir }: Pick<Run, 'dir'>): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  await scanLedger(runFiles(dir).ledger, (entry) => entries.push(entry));
  return entries;
}
