import { createServer, type Server } from 'node:http';
import { openAccount, snapshotOf } from './account/account.ts';
import { makeState, type NumberInput, type ProfileInput } from './account/generate.ts';
import type { SandboxState } from './account/state.ts';
import type { AccountEdit, Edit } from './edits/edit-forms.ts';
import { editNow, scheduleEdits } from './edits/edits.ts';
import { createListShift } from './edits/list-shift.ts';
import type { BulkFault } from './faults/bulk-faults.ts';
import type { FaultKind } from './faults/fault-kinds.ts';
import { createFaultChooser, type Fault } from './faults/faults.ts';
import { createGate, type RetryAfterForm } from './faults/gate.ts';
import type { ListCap } from './faults/list-faults.ts';
import { createHandler } from './handler.ts';
import { createRecorder, type ReceivedRequest } from './recorder.ts';
import { openBulkOrders } from './resources/bulk-orders.ts';

export type { NumberInput, ProfileInput } from './account/generate.ts';
export { exampleIds, type SandboxState } from './account/state.ts';
export { parseState } from './account/state-problem.ts';
export { type AccountEdit, type Edit, parseEdit } from './edits/edit-forms.ts';
export { parseEndpoint } from './endpoints.ts';
export { BULK_FAULT_FORMS, parseBulkFault } from './faults/bulk-faults.ts';
export { FAULT_KINDS } from './faults/fault-kinds.ts';
export { type Fault, parseFault, parseFaultKind } from './faults/faults.ts';
export { RETRY_AFTER_FORMS } from './faults/gate.ts';
export { type ListCap, parseListCap } from './faults/list-faults.ts';
export { NOT_IMITATED } from './not-imitated.ts';
export type { ReceivedRequest } from './recorder.ts';

export type SandboxOptions = {
  /** Default 0: any free port. The address is always 127.0.0.1. */
  port?: number | undefined;
  /** The count of made numbers, or the numbers themselves. Default 1000. */
  numbers?: number | Iterable<NumberInput> | undefined;
  /** The count of made profiles, or the profiles themselves. Default 3. */
  profiles?: number | Iterable<ProfileInput> | undefined;
  /** Requests allowed in any window of `rateWindowMs`. Default: no limit. */
  rateLimit?: number | undefined;
  /** Default 1000. */
  rateWindowMs?: number | undefined;
  /** How a 429 of the rate limit says in `retry-after` how long to wait. Default: in seconds. */
  retryAfter?: RetryAfterForm | undefined;
  /** Delay before every answer. Default 0. */
  latencyMs?: number | undefined;
  /** Seed of the faults with a probability. Default 1. */
  seed?: number | undefined;
  /** The only accepted key. Default: any key that is not empty. */
  key?: string | undefined;
  /** From parseFault. They apply to PATCH only. */
  faults?: Fault[] | undefined;
  /** From parseFault. They apply to GET under /v2 only. A fault with an id applies to reads of that number only. */
  readFaults?: Fault[] | undefined;
  /** From parseBulkFault. What goes wrong with bulk orders, besides `faults` and `readFaults`. */
  bulkFaults?: BulkFault[] | undefined;
  /** A kind of fault for every request under /v2, whatever its method, path and key. Default: none. */
  everyAnswer?: FaultKind | undefined;
  /** From parseListCap. Default: a list request may name any count of phone numbers. */
  listCap?: ListCap | undefined;
  /** From parseListCap. Default: a page of campaigns may have up to 500 records. */
  campaignCap?: ListCap | undefined;
  /** Names of endpoints that ignore the filters of a request, or `all`. Default: none. */
  ignoreFilters?: string[] | undefined;
  /** In how many pages of the numbers the list shifts (see list-shift.ts). Default 0. */
  listShift?: number | undefined;
  /** Whether answers spell types as a guide does, `long_code`, and not `long-code`. Default false. */
  guideSpelling?: boolean | undefined;
  /** Edits by another client while requests come in. */
  edits?: Edit[] | undefined;
  /** After this many answered requests, every further one is answered 401. Default: never. */
  revokeAfter?: number | undefined;
  /** Whether error details quote the Authorization header, as careless servers do. Default false. */
  quoteKey?: boolean | undefined;
  /** A snapshot to start from instead of `numbers` and `profiles`. */
  state?: SandboxState | undefined;
  /** Default true. The last 200,000 are kept, with at most 32 MiB of paths and bodies. */
  recordRequests?: boolean | undefined;
};

export type Sandbox = {
  /** http://127.0.0.1:PORT/v2 */
  url: string;
  port: number;
  /** Closes every open connection. May be called more than once. */
  close(): Promise<void>;
  /** A copy of the current account as plain JSON data. */
  snapshot(): SandboxState;
  /** All received requests except those to control routes, oldest first. */
  requests(): ReceivedRequest[];
  /** Carries out all that bulk orders have still to do. */
  carryOutOrders(): void;
  /** Applies an edit by another client at once. Throws RangeError for an edit that cannot be applied. */
  edit(edit: AccountEdit): void;
};

const KEEP_ALIVE_MS = 65_000;

/**
 * Starts the sandbox: a local imitation of the messaging API. Rejects with the error of `listen` if the port is not
 * available, and with RangeError for an invalid count, limit, window or edit.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { numbers = 1000, profiles = 3, faults = [], readFaults = [], edits = [], seed = 1 } = options;
  const account = openAccount(options.state ?? makeState(numbers, profiles), options.guideSpelling);
  const bulk = openBulkOrders(account, options.bulkFaults ?? [], seed);
  const recorder = createRecorder(options.recordRequests ?? true);
  const timers = createTimers();
  const handler = createHandler({
    account,
    recorder,
    gate: createGate(options),
    applyDueEdits: scheduleEdits(account, edits),
    chooseFault: createFaultChooser(faults, seed),
    chooseReadFault: createFaultChooser(readFaults, seed),
    everyAnswer: options.everyAnswer ?? null,
    listFaults: {
      cap: options.listCap ?? null,
      campaignCap: options.campaignCap ?? null,
      unfiltered: options.ignoreFilters ?? [],
    },
    shiftList: createListShift(account, options.listShift ?? 0),
    bulk,
    schedule: timers.schedule,
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
    snapshot: () => {
      bulk.carryOutDue();
      return snapshotOf(account);
    },
    carryOutOrders: () => bulk.carryOutAll(),
    requests: () => recorder.list().map((show) => show()),
    edit: (edit) => editNow(account, edit),
  };
}

/** Timers that can all be cleared at once, so that closing never waits for a slow answer. */
function createTimers() {
  const timers = new Set<NodeJS.Timeout>();
  const schedule = (ms: number, callback: () => void) => {
    if (ms <= 0) {
      callback();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms);
    timers.add(timer);
  };
  const clear = () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  return { schedule, clear };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
