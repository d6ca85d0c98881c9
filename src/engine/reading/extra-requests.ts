import type { Contact } from '../contact.ts';
import type { OutageWatch } from '../outage/outage-watch.ts';
import { shortRetries } from '../pacing/extra-throttle.ts';
import type { Pipeline } from '../sending/pipeline.ts';
import type { RequestContext } from '../sending/request.ts';
import { createStop } from '../stop.ts';

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

/**
 * The pipeline for requests that only inform: at its pace, but whatever answers them ends only these requests. They have
 * a stop of their own, and change nothing that is known about the API.
 */
export function createExtraRequests(pipeline: Pipeline): RequestContext {
  const stop = createStop();
  pipeline.stop.onAsked(() => stop.ask('signal', 'the command ends'));
  return {
    ...pipeline,
    stop,
    throttle: pipeline.extraThrottle(stop),
    limits: shortRetries(pipeline.limits),
    contact: CONTACT,
    outages: OUTAGES,
    // None is the first request of a command, which may say that nothing can work.
    answered: 1,
  };
}
