import { concurrencyOf } from '../../core/settings/resolve.ts';
import { createCleaner } from '../../core/text/redact.ts';
import { TOOL } from '../../core/text/tool.ts';
import type { Stop } from '../../engine/stop.ts';
import { createAgents, proxyFor } from '../../io/http/agents.ts';
import type { TelnyxClient } from '../../io/http/client.ts';
import type { SharedConnections } from '../../io/http/shared-connections.ts';
import { UsageError } from '../errors.ts';
import type { Invocation, KeyedInvocation, Reporting } from '../invocation.ts';
import { warn } from '../output.ts';
import { startSandboxFor } from '../rehearsal/sandbox.ts';

/** Where the requests go, and with which key. */
export type Target = { baseUrl: string; key: string };

/** A client of the API with connections of its own, which `close` ends. `resize`: the number of requests that may be in flight. */
export type Transport = TelnyxClient & { close: () => void; resize: (connections: number) => void };

/**
 * Reads the key from the environment. The sandbox needs none: a real key is not even read for it. Throws UsageError if
 * there is no key, or if the proxy settings are wrong.
 */
export function requireKey(reporting: Reporting): string | null {
  const { settings, context } = reporting;
  if (settings.sandbox) return null;
  try {
    proxyFor(new URL(settings.base_url), context.env);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const found = context.findKey();
  if ('error' in found) throw new UsageError(found.error);
  if (found.key === null) {
    const empty = found.empty.length === 0 ? '' : ` (${found.empty.join(' and ')} set, but empty)`;
    throw new UsageError(
      `no API key${empty}: set TELNYX_API_KEY, or TELNYX_API_KEY_FILE to a file that holds it (apply --sandbox, which rehearses, and plan --offline, which checks a file alone, need none)`,
    );
  }
  for (const warning of found.warnings) warn(reporting, warning);
  return found.key;
}

/** The invocation with the key from the environment. Throws UsageError like `requireKey`. */
export function withKey(invocation: Invocation): KeyedInvocation {
  return { ...invocation, key: requireKey(invocation) };
}

/** Starts the sandbox of a run if there is no key. `close` stops it. */
export async function openTarget(dir: string, { settings, key }: KeyedInvocation) {
  if (key === null) return startSandboxFor(dir);
  return { target: { baseUrl: settings.base_url, key }, close: async () => undefined };
}

/** Of a worker: connections that clients of several accounts share, and whether a request of this one may leave. */
export type Fenced = { connections: SharedConnections; mayLeave: () => boolean };

/** Opens a client. Loads the HTTP library only here, because commands without requests start faster without it. */
export async function openTransport(
  target: Target,
  { settings, context }: Pick<Reporting, 'settings' | 'context'>,
  fenced?: Fenced,
): Promise<Transport> {
  const { createTelnyxClient } = await import('../../io/http/client.ts');
  const agents = fenced?.connections ?? createAgents(target.baseUrl, concurrencyOf(settings), context.env);
  const client = createTelnyxClient({
    baseUrl: target.baseUrl,
    key: target.key,
    timeoutMs: settings.timeout,
    agents,
    clean: createCleaner(target.key),
    userAgent: `${TOOL}/${context.version}`,
    mayLeave: fenced?.mayLeave,
    inTurn: fenced?.connections.inTurn,
  });
  // Shared connections outlive a client.
  const none = () => undefined;
  const { destroy: close, resize } = fenced === undefined ? agents : { destroy: none, resize: none };
  return { ...client, close, resize };
}

/** A read arrives sooner than this. It must not do so when another host may send. */
const READ_ARRIVES_MS = 5000;

/** Opens a client for reads. With a lease of the account, a read leaves only while it is held. */
export async function openReader(target: Target, invocation: KeyedInvocation): Promise<Transport> {
  const { held, context } = invocation;
  const lease = held !== undefined && 'lease' in held ? held.lease : null;
  if (lease === null) return openTransport(target, invocation);
  const { createSharedConnections } = await import('../../io/http/shared-connections.ts');
  const connections = createSharedConnections(target.baseUrl, context.env);
  const mayLeave = () => lease.mayLeave(READ_ARRIVES_MS);
  return { ...(await openTransport(target, invocation, { connections, mayLeave })), close: connections.destroy };
}

/** Waits until a read may leave; asks for a stop if none may again. `end` ends that. */
export function readGate({ held }: KeyedInvocation, stop: Stop) {
  const lease = held !== undefined && 'lease' in held ? held.lease : null;
  if (lease === null) return { port: {}, end: () => undefined };
  const end = lease.onLost(() => stop.ask('queue_lost', 'the queue did not answer, and another host may send now'));
  return { port: { untilMayLeave: () => lease.untilMayLeave(READ_ARRIVES_MS) }, end };
}
