import type { Contact } from '../contact.ts';
import type { OutageWatch } from '../outage/outage-watch.ts';
import { createPaceMemory } from '../pacing/pace-memory.ts';
import type { Pacer } from '../pacing/pacer.ts';
import { createThrottle, type ThrottleLimits } from '../pacing/throttle.ts';
import type { Ports } from '../ports.ts';
import { createStop } from '../stop.ts';
import type { RequestContext } from './request.ts';

/** No command waits longer than this for what only informs. */
const MAX_WAIT_MS = 30_000;
const MAX_RETRY_BASE_MS = 1000;
const MAX_RETRY_MS = 5000;

/** Their answers say nothing about who answers at the base URL. */
const CONTACT: Contact = {
  isProven: () => true,
  isDoubtful: () => false,
  isUnreached: () => false,
  nothingFound: () => ({ reason: 'not_this_api', detail: '' }),
  observe: () => null,
};

/** Their failures are no outage. */
const OUTAGES: OutageWatch = {
  onSent: () => undefined,
  onResponse: () => undefined,
  onWriteShown: () => undefined,
  mayGiveUp: async () => true,
  onRowEnd: () => undefined,
};

export type ExtraRequests = RequestContext & { end: () => void };

type Shared = {
  pacer: Pacer;
  ports: Pick<Ports, 'clock' | 'onEvent'>;
  limits: RequestContext['limits'] & ThrottleLimits;
};

/**
 * The pipeline for requests that only inform: at its pace, but whatever answers them ends only these
 * requests. They have a stop of their own, and change neither the learned rate nor what is known about the API. A long
 * wait that the server asks of them is theirs, because an endpoint may have a limit of its own.
 */
export function createExtraRequests(context: RequestContext, { pacer, ports, limits: given }: Shared): ExtraRequests {
  const stop = createStop();
  const removeCallback = context.stop.onAsked(() => stop.ask('signal', 'the command ends'));
  const limits = {
    ...given,
    max_server_wait: Math.min(given.max_server_wait, MAX_WAIT_MS),
    retry_base: Math.min(given.retry_base, MAX_RETRY_BASE_MS),
    retry_max: Math.min(given.retry_max, MAX_RETRY_MS),
  };
  const pause: Pacer['pause'] = (ms, isThrottled) => ms <= limits.max_server_wait && pacer.pause(ms, isThrottled);
  const throttle = createThrottle({
    ports,
    pacer: { ...pacer, pause },
    control: () => null,
    stop,
    limits,
    memory: createPaceMemory(),
  });
  return {
    ...context,
    stop,
    limits,
    throttle,
    contact: CONTACT,
    outages: OUTAGES,
    // None is the first request of a command, which may say that nothing can work.
    answered: 1,
    end() {
      throttle.end();
      removeCallback();
    },
  };
}
