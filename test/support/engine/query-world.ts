import type { Settings } from '../../../src/core/settings/schema.ts';
import type { ExecutorEvent } from '../../../src/engine/ports.ts';
import { createAccountQuery } from '../../../src/engine/reading/account-query.ts';
import { createControl, createPipeline } from '../../../src/engine/sending/pipeline.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { settings } from './fake-world.ts';
import { virtualClock } from './virtual-clock.ts';

/** What reads the account in a test: at 50 requests a second of a virtual clock. */
export function queryWorld(changes: Partial<Settings> = {}) {
  const clock = virtualClock();
  const stop = createStop();
  const events: ExecutorEvent[] = [];
  const onEvent = (event: ExecutorEvent) => void events.push(event);
  const limits = settings({ rate: 50, ...changes });
  const control = createControl(limits);
  const pipeline = createPipeline({ ports: { clock, onEvent }, limits, control, stop, othersAtWork: () => false });
  return { clock, stop, events, control, pipeline, query: createAccountQuery(pipeline, onEvent) };
}
