import type { StopCause } from '../../core/attempt/stop-reason.ts';
import type { Limit } from '../../core/settings/table/definition.ts';
import { count } from '../../core/text/text.ts';
import { nextStep } from '../../core/waves/next-step.ts';
import { createWaves, type Waves } from '../../core/waves/waves.ts';
import { newSeries } from '../../engine/sending/session.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { type Course, DONE, record, stoppedBy, type Turn, type WaveRun } from './course.ts';
import { ask, check, send, soak } from './steps.ts';
import { untilResumed } from './until-resumed.ts';

async function divide({ run }: WaveRun, list: readonly Limit[]): Promise<Waves> {
  const waves = createWaves(run.manifest.input.rows, list);
  for await (const batch of readPlan(runFiles(run.dir).plan)) for (const entry of batch) waves.add(entry);
  return waves.divided();
}

/** Whether --stop-after has been reached with a wave, and others follow. */
function checkStopAfter({ on, series, waves, index: { wave } }: Course): void {
  const limit = on.invocation.settings.stop_after;
  if (limit === null || series.launched < limit || wave?.step !== 'kept' || wave.wave >= waves.sizes.length) return;
  on.stop.ask('stop_after', `--stop-after ${limit}: ${count(series.launched, 'row')} sent`);
}

/**
 * The stop of a command that was killed before it could say that a wave is not kept; else null. Once that was said, the
 * rest of the wave is checked as if it had just been sent.
 */
async function untoldStop(course: Course): Promise<StopCause | null> {
  const { on, waves, index } = course;
  if (index.wave?.step !== 'not_kept') return null;
  const { wave } = index.wave;
  if (on.run.manifest.stop?.reason === 'wave_not_kept') {
    await record(course, wave, 'sent');
    return null;
  }
  const which = `wave ${wave} of ${waves.sizes.length}`;
  const detail = `rows of ${which} were not at their targets, and the program was ended before it could say so`;
  return { reason: 'wave_not_kept', detail };
}

/** What is left of a run whose waves are done, such as rows whose numbers could not be read. */
function sendRest({ on, series, index }: Course): Promise<Turn> {
  return on.session({ index, isTaken: () => true, total: 0, series, started: {}, what: 'what is left' });
}

/**
 * Sends the rows of a run in waves: after each one its rows are read back, then come --soak and --gate. Every step is in
 * the ledger, so a run that was stopped goes on with the step that comes next. Never throws.
 */
export async function runWaves(on: WaveRun, list: readonly Limit[]): Promise<Turn> {
  try {
    const waves = await divide(on, list);
    const readLedger = () => indexLedger(runFiles(on.run.dir).ledger, on.run.manifest.input.rows);
    const course: Course = { on, waves, index: await readLedger(), series: newSeries(), hasSent: false };
    const untold = await untoldStop(course);
    if (untold !== null) return stoppedBy(untold);
    for (let isFirst = true; ; isFirst = false) {
      const next = nextStep(course.index.wave, waves.sizes.length);
      if (next === null) return isFirst ? await sendRest(course) : DONE;
      checkStopAfter(course);
      // A pause holds every step: reading back, the gate, the next wave.
      await untilResumed(on.steering, on.stop);
      if (on.stop.asked() !== null) return stoppedBy(on.stop.asked());
      const { step, wave } = next;
      let turn: Turn;
      if (step === 'send') turn = await send(course, wave);
      else if (step === 'check') turn = await check(course, wave, 'kept');
      else if (step === 'recheck') turn = await check(course, wave, 'soaked');
      else if (step === 'soak') turn = await soak(course, wave);
      else turn = await ask(course, wave);
      if (turn.stopped !== null) return turn;
      // Only sending changes what the ledger says of rows, if nothing stops the run.
      if (step === 'send') course.index = await readLedger();
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { stopped: { reason: 'internal', detail }, failure: error };
  }
}
