import { isOutageAnswer } from '../../core/attempt/classify.ts';
import { expectedRate, timeNeeded } from '../../core/plan/plan-text.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { count } from '../../core/text/text.ts';
import { createContact } from '../../engine/contact.ts';
import { createPaceMemory } from '../../engine/pacing/pace-memory.ts';
import type { Clock, ExecutorEvent } from '../../engine/ports.ts';
import { createAccountQuery } from '../../engine/reading/account-query.ts';
import { createControl, createPipeline } from '../../engine/sending/pipeline.ts';
import type { Steering } from '../../engine/steering.ts';
import type { Stop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { KeyedInvocation, Reporting } from '../invocation.ts';
import { printProgress, wrapForTerminal } from '../output.ts';
import { createEventReporter } from '../run/events.ts';
import type { Run } from '../run/open.ts';
import { openReader, readGate, type Transport } from './connect.ts';

/** What a command reads the account through. */
export type Through = {
  client: Transport;
  stop: Stop;
  logger: Logger;
  clock: Clock;
  /** Of a run at work, whose operators change the pace of its reads too. */
  steering?: Steering | undefined;
  /** Prints something with the progress line out of the way. */
  above?: ((print: () => void) => void) | undefined;
};

/** Only a read that takes longer is announced. */
const ANNOUNCED_MS = 3000;

/** Events that may be explained. */
const ANNOUNCED_EVENTS: ReadonlySet<string> = new Set(['run.paused', 'concurrency.lowered', 'read.failed']);

/** Explains a long wait: the API does not answer, or asks to wait. `said`: what need not be said again. */
function announceWait(event: ExecutorEvent, reporting: Reporting, said: Set<string>): void {
  if (event.event === 'run.paused') {
    printProgress(reporting, `${event.why}: waiting ${formatDuration(event.waitMs)}\n`);
  }
  if (event.event === 'concurrency.lowered') {
    printProgress(reporting, `${event.why}\n`);
  }
  const patienceMs = reporting.settings.outage_patience;
  if (event.event !== 'read.failed' || event.retryInMs !== null || patienceMs === 0) return;
  if (event.isOptional || !isOutageAnswer(event.answer)) return;
  const patience = formatDuration(patienceMs);
  const text = `The API does not answer (${event.description}): trying for up to ${patience} (--outage-patience)\n`;
  if (!said.has(text)) printProgress(reporting, text);
  said.add(text);
}

/** Reads through a client and a log that are open and stay open. `before`: what earlier phases of the command have learned. */
export function readThrough(through: Through, invocation: KeyedInvocation, before?: Run['reading']) {
  const { context } = invocation;
  const { client, stop, logger, clock, steering } = through;
  const settings = steering?.live(invocation.settings) ?? invocation.settings;
  const control = before?.control ?? createControl(settings);
  const memory = before?.memory ?? createPaceMemory();
  const contact = before?.contact ?? createContact(settings.base_url);
  const logged = { logger, settings: { ...settings, quiet: true }, context, clock, control };
  const reporter = createEventReporter({ ...logged, total: 0, inFlight: client.inFlight });
  const said = new Set<string>();
  const onEvent = (event: ExecutorEvent) => {
    reporter.onEvent(event);
    // After a stop nothing is waited for.
    if (stop.asked() !== null || !ANNOUNCED_EVENTS.has(event.event)) return;
    const announce = () => announceWait(event, invocation, said);
    if (through.above === undefined) announce();
    else through.above(announce);
  };
  const gate = readGate(invocation, stop);
  const ports = { clock, onEvent, ...gate.port };
  const pipeline = createPipeline({
    ports,
    limits: settings,
    control,
    stop,
    steering,
    memory,
    contact,
    othersAtWork: () => false,
  });
  /** Says what is read, and with about how many requests. */
  const announce = (what: string, requests: number) => {
    if ((requests / expectedRate(settings.rate)) * 1000 < ANNOUNCED_MS) return;
    const time = timeNeeded(requests, settings.rate);
    const text = `Reading ${what}: ${count(requests, 'request')}, ${time}\n`;
    printProgress(invocation, wrapForTerminal(invocation.context.stderr, text));
  };
  return {
    announce,
    query: createAccountQuery(pipeline, onEvent),
    pipeline,
    client,
    control,
    memory,
    contact,
    concurrency: concurrencyOf(settings),
    /** Announces how the numbers are going to be read, and with about how many requests. */
    onChoice: (by: string, requests: number) => announce(`the numbers ${by}`, requests),
    end() {
      pipeline.end();
      gate.end();
      reporter.stop();
    },
  };
}

/** Opens the account for a command without a run, at the rate of its settings. `close` ends the reading. */
export async function openReading(
  invocation: KeyedInvocation & { key: string },
  parts: Pick<Through, 'stop' | 'logger' | 'above'>,
) {
  const target = { baseUrl: invocation.settings.base_url, key: invocation.key };
  const client = await openReader(target, invocation);
  const reading = readThrough({ ...parts, client, clock: realClock }, invocation);
  return {
    ...reading,
    close() {
      reading.end();
      client.close();
    },
  };
}
