import type { StopCause } from '../../core/attempt/stop-reason.ts';
import type { WaveStep } from '../../core/ledger/entry.ts';
import { countEndedAs, hasOutcome, type LedgerIndex } from '../../core/ledger/replay.ts';
import { localTime } from '../../core/settings/finish-by.ts';
import type { Limit } from '../../core/settings/table/definition.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { createCleaner } from '../../core/text/redact.ts';
import { count } from '../../core/text/text.ts';
import { nextStep } from '../../core/waves/next-step.ts';
import { createWaves, type Waves } from '../../core/waves/waves.ts';
import type { Clock } from '../../engine/ports.ts';
import { Stopped, Unread } from '../../engine/reading/account-query.ts';
import { newSeries, type Series } from '../../engine/sending/session.ts';
import type { Steering } from '../../engine/steering.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Ledger } from '../../io/run/ledger-file.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import { accessThrough } from '../account/access.ts';
import type { Transport } from '../account/connect.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { indexLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import type { RunWatch } from '../watching/watch-run.ts';
import { checkWave } from './check-wave.ts';
import { askGate } from './gate.ts';
import { untilResumed } from './until-resumed.ts';

/** How rows had their turn: `stopped` says why some are left, `failure` is what was thrown. */
export type Turn = { stopped: StopCause | null; failure: unknown };

/** The rows of one session. */
export type Part = {
  index: LedgerIndex;
  isTaken: (row: number) => boolean;
  total: number;
  series: Series;
  started: { wave?: number; continued?: true };
  what: string;
};

/** What a run at work lends to its waves. */
export type WaveRun = {
  run: Run;
  invocation: KeyedInvocation;
  client: Transport;
  ledger: Ledger;
  logger: Logger;
  clock: Clock;
  stop: Stop;
  steering: Steering;
  /** What all phases of the command know of the API, and when the last of them ended. */
  reading: { get: () => Run['reading']; onEnded: () => void };
  /** Shows what the run is busy with. */
  watch: Pick<RunWatch, 'phase' | 'look'>;
  /** Sends rows as one session of the ledger. */
  session: (part: Part) => Promise<Turn>;
};

/** The waves of a run at work, and what its sessions share. */
type Course = { on: WaveRun; waves: Waves; series: Series; hasSent: boolean };

const DONE: Turn = { stopped: null, failure: null };
const stoppedBy = (stopped: StopCause | null): Turn => ({ stopped, failure: null });

async function divide({ run }: WaveRun, list: readonly Limit[]): Promise<Waves> {
  const waves = createWaves(run.manifest.input.rows, list);
  for await (const batch of readPlan(runFiles(run.dir).plan)) for (const entry of batch) waves.add(entry);
  return waves.divided();
}

function say({ on, waves }: Course, wave: number, text: string): void {
  printProgress(on.invocation, `Wave ${wave} of ${waves.sizes.length}: ${text}\n`);
}

/** Records that a wave has come this far. */
async function record({ on, waves }: Course, wave: number, step: WaveStep): Promise<void> {
  const { ledger, clock, logger } = on;
  const rows = waves.sizes[wave - 1] ?? 0;
  const at = new Date(clock.wallNow()).toISOString();
  await ledger.record({ type: 'wave', at, wave, waves: waves.sizes.length, rows, step });
  const level = step === 'not_kept' || step === 'refused' ? 'error' : 'info';
  logger.log(level, `wave.${step}`, `wave ${wave} of ${waves.sizes.length}: ${step.replace('_', ' ')}`, { wave, rows });
}

/** Sends the rows of a wave, and those of earlier ones that were left, such as rows of a profile that was held. */
async function send(course: Course, wave: number, index: LedgerIndex): Promise<Turn> {
  const { on, waves, series } = course;
  const last = waves.sizes.length;
  if (index.wave?.wave !== wave) await record(course, wave, 'started');
  // A row that was at its target and is sent all the same goes with the last wave.
  const isTaken = (row: number) => (waves.waveOf[row] || last) <= wave;
  let total = wave === last ? index.unchangedButSent.size : 0;
  const rows = waves.sizes[wave - 1] ?? 0;
  let done = rows;
  for (let row = 1; row < waves.waveOf.length; row++) {
    const own = waves.waveOf[row] as number;
    if (own === 0 || own > wave || hasOutcome(index.rowStates[row] as number)) continue;
    total += 1;
    if (own === wave) done -= 1;
  }
  say(course, wave, `${count(total, 'row')} to send`);
  on.watch.phase('sending', { wave: { wave, waves: last, rows, before: index.ended - done } });
  const isContinued = course.hasSent;
  course.hasSent = true;
  series.held = isContinued ? [...index.heldProfiles.keys()] : [];
  series.hasNext = wave < last;
  const started = isContinued ? { wave, continued: true as const } : { wave };
  const turn = await on.session({ index, isTaken, total, series, started, what: `wave ${wave} of ${last}` });
  if (turn.stopped === null) await record(course, wave, 'sent');
  return turn;
}

/** Reads the rows of a wave. `step` is what it has reached if all of them are at their targets. */
async function check(course: Course, wave: number, index: LedgerIndex, step: 'kept' | 'soaked'): Promise<Turn> {
  const { on, waves } = course;
  const { run, invocation, client, ledger, logger, clock, stop, steering, reading } = on;
  const of = `wave ${wave} of ${waves.sizes.length}`;
  const rows = waves.sizes[wave - 1] ?? 0;
  on.watch.phase('checking', { wave: { wave, waves: waves.sizes.length, rows, before: index.ended - rows } });
  const through = { client, ledger, logger, clock, stop, steering };
  const access = await accessThrough({ ...run, reading: reading.get() }, through, invocation);
  try {
    const checked = await checkWave({ run, index, wave, access, record: ledger.record, clock, stop });
    const { read, missed, named } = checked;
    if (missed > 0) {
      await record(course, wave, 'not_kept');
      const more = missed > named.length ? `; and ${count(missed - named.length, 'other')}` : '';
      const what = `${missed.toLocaleString('en-US')} of ${count(read, 'row')} of ${of} are not at their targets`;
      return stoppedBy({ reason: 'wave_not_kept', detail: `${what}: ${named.join('; ')}${more}` });
    }
    await record(course, wave, step);
    say(course, wave, `read back, ${read.toLocaleString('en-US')} of ${count(read, 'number')} at the target`);
    return DONE;
  } catch (error) {
    if (error instanceof Stopped) return stoppedBy(stop.asked());
    if (!(error instanceof Unread)) throw error;
    return stoppedBy({ reason: 'outage', detail: `the rows of ${of} could not be read back (${error.message})` });
  } finally {
    await access.close();
    reading.onEnded();
  }
}

/** Waits for the rest of --soak after a wave, and reads its rows again. */
async function soak(course: Course, wave: number, index: LedgerIndex): Promise<Turn> {
  const { clock, stop, invocation, watch } = course.on;
  const soakMs = invocation.settings.soak;
  const isEmpty = !index.waveOf.includes(wave);
  if (soakMs === 0 || isEmpty) {
    await record(course, wave, isEmpty ? 'passed' : 'soaked');
    return DONE;
  }
  const now = clock.wallNow();
  const waitMs = Math.min(soakMs, Math.max(0, Date.parse(index.wave?.at ?? '') + soakMs - now));
  say(course, wave, `waiting ${formatDuration(waitMs)} (--soak), until ${localTime(now + waitMs)}`);
  watch.phase('soaking', { until: now + waitMs });
  await sleepOrStop(clock, stop, waitMs);
  await untilResumed(course.on.steering, stop);
  return stop.asked() === null ? check(course, wave, index, 'soaked') : stoppedBy(stop.asked());
}

/** Asks the gate whether the next wave may start. */
async function ask(course: Course, wave: number, index: LedgerIndex): Promise<Turn> {
  const { on, waves } = course;
  const { run, invocation, clock, stop, logger } = on;
  const { settings, context, key } = invocation;
  if (settings.gate !== null) {
    say(course, wave, 'asking the gate');
    on.watch.phase('gate');
    // The gate finds what is true now in status.json.
    on.watch.look();
    const question = {
      runDir: run.dir,
      statusFile: runFiles(run.dir).status,
      wave,
      waves: waves.sizes.length,
      updated: countEndedAs(index, 'updated'),
      failed: countEndedAs(index, 'failed'),
    };
    const { gate: command, gate_timeout: timeoutMs } = settings;
    const { cwd, env } = context;
    const refused = await askGate(question, {
      ...{ command, timeoutMs, cwd, env, clock, stop, logger },
      clean: createCleaner(key),
    });
    if (stop.asked() !== null) return stoppedBy(stop.asked());
    if (refused !== '') {
      await record(course, wave, 'refused');
      const detail = `the gate after wave ${wave} of ${waves.sizes.length} ${refused}`;
      return stoppedBy({ reason: 'gate_refused', detail });
    }
  }
  await record(course, wave, 'passed');
  return DONE;
}

/** Whether --stop-after has been reached with a wave, and others follow. */
function checkStopAfter({ on, series, waves }: Course, { wave }: LedgerIndex): void {
  const limit = on.invocation.settings.stop_after;
  if (limit === null || series.launched < limit || wave?.step !== 'kept' || wave.wave >= waves.sizes.length) return;
  on.stop.ask('stop_after', `--stop-after ${limit}: ${count(series.launched, 'row')} sent`);
}

/** What is left of a run whose waves are done, such as rows whose numbers could not be read. */
function sendRest({ on, series }: Course, index: LedgerIndex): Promise<Turn> {
  return on.session({ index, isTaken: () => true, total: 0, series, started: {}, what: 'what is left' });
}

/**
 * Sends the rows of a run in waves: after each one its rows are read back, then come --soak and --gate. Every step is in
 * the ledger, so a run that was stopped goes on with the step that comes next. Never throws.
 */
export async function runWaves(on: WaveRun, list: readonly Limit[]): Promise<Turn> {
  try {
    const waves = await divide(on, list);
    const course: Course = { on, waves, series: newSeries(), hasSent: false };
    const { ledger } = runFiles(on.run.dir);
    for (let isFirst = true; ; isFirst = false) {
      const index = await indexLedger(ledger, on.run.manifest.input.rows);
      const next = nextStep(index.wave, waves.sizes.length);
      if (next === null) return isFirst ? await sendRest(course, index) : DONE;
      checkStopAfter(course, index);
      // A pause holds every step: reading back, the gate, the next wave.
      await untilResumed(on.steering, on.stop);
      if (on.stop.asked() !== null) return stoppedBy(on.stop.asked());
      const { step, wave } = next;
      let turn: Turn;
      if (step === 'send') turn = await send(course, wave, index);
      else if (step === 'check') turn = await check(course, wave, index, 'kept');
      else if (step === 'recheck') turn = await check(course, wave, index, 'soaked');
      else if (step === 'soak') turn = await soak(course, wave, index);
      else turn = await ask(course, wave, index);
      if (turn.stopped !== null) return turn;
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { stopped: { reason: 'internal', detail }, failure: error };
  }
}
