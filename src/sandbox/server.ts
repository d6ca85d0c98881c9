import { createServer, type Server } from 'node:http';
import { openAccount, snapshotOf } from './account/account.ts';
import type { AccountEdit, Edit } from './account/edit-forms.ts';
import { editNow, scheduleEdits } from './account/edits.ts';
import { makeState, type NumberInput, type ProfileInput } from './account/generate.ts';
import type { SandboxState } from './account/state.ts';
import { createFaultChooser, type Fault } from './faults/faults.ts';
import { createGate } from './faults/gate.ts';
import { createHandler } from './handler.ts';
import { createRecorder, type ReceivedRequest } from './recorder.ts';

export { type AccountEdit, type Edit, parseEdit } from './account/edit-forms.ts';
export type { NumberInput, ProfileInput } from './account/generate.ts';
export { exampleIds, type SandboxState } from './account/state.ts';
export { FAULT_KINDS } from './faults/fault-kinds.ts';
export { type Fault, parseFault } from './faults/faults.ts';
export { NOT_IMITATED } from './not-imitated.ts';
export type { ReceivedRequest } from './recorder.ts';

export type SandboxOptions = {
  /** Default 0: any free port. The address is always 127.0.0.1. */
  port?: number | undefined;
  /** How many to make, or the numbers themselves. Default 1000. */
  numbers?: number | Iterable<NumberInput> | undefined;
  /** How many to make, or the profiles themselves. Default 3. */
  profiles?: number | Iterable<ProfileInput> | undefined;
  /** Requests allowed in any stretch of `rateWindowMs`. Default: no limit. */
  rateLimit?: number | undefined;
  /** Default 1000. */
  rateWindowMs?: number | undefined;
  /** Waited before every answer under /v2. Default 0. */
  latencyMs?: number | undefined;
  /** Drives the faults that have a probability. Default 1. */
  seed?: number | undefined;
  /** The only key that is accepted. Default: any that is not empty. */
  key?: string | undefined;
  /** From parseFault. They hit PATCH only. */
  faults?: Fault[] | undefined;
  /** From parseFault. They hit GET under /v2 only; those for an id hit the reads of that one number. */
  readFaults?: Fault[] | undefined;
  /** What somebody else does to the account while requests come in. */
  edits?: Edit[] | undefined;
  /** After so many answered requests, every further one is answered 401. Default: never. */
  revokeAfter?: number | undefined;
  /** Error details quote the Authorization header, as careless servers do. Default false. */
  quoteKey?: boolean | undefined;
  /** An earlier snapshot to start from, instead of `numbers` and `profiles`. */
  state?: SandboxState | undefined;
  /** Default true; the last 200,000 are kept. */
  recordRequests?: boolean | undefined;
};

export type Sandbox = {
  /** http://127.0.0.1:PORT/v2 */
  url: string;
  port: number;
  /** Drops every open connection. May be called again. */
  close(): Promise<void>;
  /** A copy of the account as it is now, as plain JSON data. */
  snapshot(): SandboxState;
  /** What arrived under /v2 and elsewhere, control routes excepted, oldest first. */
  requests(): ReceivedRequest[];
  /** What somebody else does to the account, at once. Throws RangeError for an edit that cannot be carried out. */
  edit(edit: AccountEdit): void;
};

const KEEP_ALIVE_MS = 65_000;

/**
 * Starts a stand-in of the messaging API on this machine. Rejects when the port cannot be had (the error of `listen`)
 * and with a RangeError for a count, a limit, a window or an edit that makes no sense.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { numbers = 1000, profiles = 3, faults = [], readFaults = [], edits = [], seed = 1 } = options;
  const account = openAccount(options.state ?? makeState(numbers, profiles));
  const recorder = createRecorder(options.recordRequests ?? true);
  const timers = createTimers();
  const handler = createHandler({
    account,
    recorder,
    gate: createGate(options),
    editsDue: scheduleEdits(account, edits),
    chooseFault: createFaultChooser(faults, seed),
    chooseReadFault: createFaultChooser(readFaults, seed),
    later: timers.later,
    latencyMs: options.latencyMs ?? 0,
    quoteKey: options.quoteKey ?? false,
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handler);
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}/v2`,
    port,
    close: () =>
      new Promise((resolve) => {
        timers.clear();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    snapshot: () => snapshotOf(account),
    requests: () => recorder.list(),
    edit: (edit) => editNow(account, edit),
  };
}

/** Delays that can all be dropped at once, so that closing never waits for a slow answer. */
function createTimers() {
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, act: () => void) => {
    if (ms <= 0) {
      act();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };
  const clear = () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  return { later, clear };
}

function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : wanted);
    });
  });
}
