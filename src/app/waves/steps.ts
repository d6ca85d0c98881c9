import { countEndedAs, hasOutcome } from '../../core/ledger/replay.ts';
import { localTime } from '../../core/settings/finish-by.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { createCleaner } from '../../core/text/redact.ts';
import { count, thousands } from '../../core/text/text.ts';
import { Stopped, Unread } from '../../engine/reading/account-query.ts';
import { sleepOrStop } from '../../engine/stop.ts';
import { runFiles } from '../../io/run/directory.ts';
import { accessThrough } from '../account/access.ts';
import { checkWave } from './check-wave.ts';
import { type Course, DONE, record, say, stoppedBy, type Turn } from './course.ts';
import { askGate } from './gate.ts';
import { untilResumed } from './until-resumed.ts';

/** Sends the rows of a wave, and those of earlier ones that were left, such as rows of a profile that was held. */
export async function send(course: Course, wave: number): Promise<Turn> {
  const { on, waves, series, index } = course;
  const last = waves.sizes.length;
  if (index.wave?.wave !== wave) await record(course, wave, 'started');
  // A row that was at its target and is sent all the same goes with the last wave.
  const isTaken = (row: number) => (waves.waveOf[row] || last) <= wave;
  let total = wave === last ? index.unchangedButSent.size : 0;
  const rows = waves.sizes[wave - 1] ?? 0;
  let done = rows;
  let earlier = 0;
  for (let row = 1; row < waves.waveOf.length; row++) {
    const own = waves.waveOf[row] as number;
    if (own === 0 || own > wave || hasOutcome(index.rowStates[row] as number)) continue;
    total += 1;
    if (own === wave) done -= 1;
    else earlier += 1;
  }
  const left = earlier > 0 ? `, ${thousands(earlier)} of them left from earlier waves` : '';
  say(course, wave, `${count(total, 'row')} to send${left}`);
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
export async function check(course: Course, wave: number, step: 'kept' | 'soaked'): Promise<Turn> {
  const { on, waves, index } = course;
  const { run, invocation, client, ledger, logger, clock, stop, steering, reading } = on;
  const of = `wave ${wave} of ${waves.sizes.length}`;
  const rows = waves.sizes[wave - 1] ?? 0;
  on.watch.phase('checking', { wave: { wave, waves: waves.sizes.length, rows, before: index.ended - rows } });
  const through = { client, ledger, logger, clock, stop, steering };
  const access = await accessThrough({ ...run, reading: reading.get() }, through, invocation);
  try {
    const onMissed = () => record(course, wave, 'not_kept');
    const checked = await checkWave({ run, index, wave, access, record: ledger.record, onMissed, clock, stop });
    const { read, missed, named } = checked;
    if (missed > 0) {
      const more = missed > named.length ? `; and ${count(missed - named.length, 'other')}` : '';
      const what = `${thousands(missed)} of ${count(read, 'row')} of ${of} are not at their targets`;
      return stoppedBy({ reason: 'wave_not_kept', detail: `${what}: ${named.join('; ')}${more}` });
    }
    await record(course, wave, step);
    say(course, wave, `read back, ${thousands(read)} of ${count(read, 'number')} at the target`);
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
export async function soak(course: Course, wave: number): Promise<Turn> {
  const { index, on } = course;
  const { clock, stop, invocation, watch, steering } = on;
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
  await untilResumed(steering, stop);
  return stop.asked() === null ? check(course, wave, 'soaked') : stoppedBy(stop.asked());
}

/** Asks the gate whether the next wave may start. */
export async function ask(course: Course, wave: number): Promise<Turn> {
  const { on, waves, index } = course;
  const { run, invocation, clock, stop, logger } = on;
  const { settings, context, key } = invocation;
  if (settings.gate !== null) {
    say(course, wave, 'asking the gate');
    on.watch.phase('gate');
    // The gate finds what is true now in status.json.
    await on.watch.save();
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
