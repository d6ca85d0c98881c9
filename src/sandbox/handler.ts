import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Account } from './account/account.ts';
import type { WriteParts } from './account/update.ts';
import { answerControl, CONTROL_PREFIX } from './control.ts';
import type { ApplyDueEdits } from './edits/edits.ts';
import type { ShiftList } from './edits/list-shift.ts';
import type { Operation } from './endpoints.ts';
import { type FaultKind, playFault } from './faults/fault-kinds.ts';
import type { FaultChooser } from './faults/faults.ts';
import type { Gate } from './faults/gate.ts';
import { applyListFaults, type ListFaults } from './faults/list-faults.ts';
import { type Body, NO_BODY, readBody } from './http/body.ts';
import { refuseForeign } from './http/foreign.ts';
import { failure, type Reply } from './http/reply.ts';
import { sendReply } from './http/send.ts';
import type { OpenRecord, Recorder } from './recorder.ts';
import type { BulkOrders } from './resources/bulk-orders.ts';
import { findRoute, isNotImitated, type Route } from './routes.ts';

/** What the handler works with. `schedule` calls its function after that many milliseconds, at once for 0. */
type HandlerParts = {
  account: Account;
  gate: Gate;
  applyDueEdits: ApplyDueEdits;
  chooseFault: FaultChooser;
  chooseReadFault: FaultChooser;
  /** Played for every request under /v2, before the gate. */
  everyAnswer: FaultKind | null;
  listFaults: ListFaults;
  shiftList: ShiftList;
  bulk: BulkOrders;
  recorder: Recorder;
  schedule: (ms: number, callback: () => void) => void;
  latencyMs: number;
  quoteKey: boolean;
};

/** A request that has passed the gate. `body` is empty for a read by GET. */
type Received = {
  method: string;
  url: string;
  path: string;
  route: Route | null;
  query: URLSearchParams;
  body: Body;
  record: OpenRecord;
};

const ADMITTED = { refusal: null, headers: {} };

/** The request listener. Each request is recorded, checked at the gate, preceded by due edits, and answered. */
export function createHandler(parts: HandlerParts): RequestListener {
  const { gate, recorder } = parts;
  let receivedCount = 0;
  let apiCount = 0;
  let answeredCount = 0;

  return (request: IncomingMessage, response: ServerResponse) => {
    const atMs = performance.now();
    const { method = '', url = '' } = request;
    receivedCount += 1;
    const headers = { 'x-request-id': `sandbox-${String(receivedCount).padStart(8, '0')}` };
    const foreign = refuseForeign(request.headers);
    if (foreign !== null) return void sendReply(response, foreign, headers);
    if (url.startsWith(CONTROL_PREFIX)) return answerControl({ request, response, headers }, parts);

    const [path, query] = splitUrl(url);
    const route = findRoute(path);
    const record = recorder.add(atMs, method, url, route?.numberId ?? null);
    const { authorization } = request.headers;
    const isApi = path.startsWith('/v2/');
    if (isApi) apiCount += 1;
    const nth = isApi ? apiCount : 0; // other requests may arrive before the body of this one is complete
    const admission = isApi && parts.everyAnswer === null ? gate(authorization, atMs, answeredCount) : ADMITTED;

    const answer = (reply: Reply) =>
      parts.schedule(parts.latencyMs + (reply.delayMs ?? 0), () => {
        if (response.destroyed) return; // the client disconnected and got no answer
        const finalReply = parts.quoteKey ? withQuotedKey(reply, authorization) : reply;
        const rateHeaders = reply.withoutRateHeaders ? {} : admission.headers;
        record.status = sendReply(response, finalReply, { ...headers, ...rateHeaders });
        if (record.status !== null) answeredCount += 1;
      });

    const received = { method, url, path, route, query: new URLSearchParams(query), record };
    if (method === 'GET') {
      parts.applyDueEdits(nth);
      parts.bulk.carryOutDue();
      answer(admission.refusal ?? replyTo(parts, { ...received, body: NO_BODY }));
    } else {
      readBody(request, (body) => {
        recorder.addBody(record, body.text);
        parts.applyDueEdits(nth);
        parts.bulk.carryOutDue();
        answer(admission.refusal ?? replyTo(parts, { ...received, body }));
      });
    }
  };
}

/** The answer to an admitted request: a fault if one is due, else what the operation answers. */
function replyTo(parts: HandlerParts, received: Received): Reply {
  const { method, url, route, query, body, record } = received;
  const operation = route?.endpoint.operations[method];
  const run = (by: Operation | undefined, written?: WriteParts): Reply => {
    if (route === null || by === undefined) return refuseOperation(method, received.path, route);
    const { name } = route.endpoint;
    if (name === 'numbers') parts.shiftList(query);
    const refusal = applyListFaults(parts.listFaults, name, query);
    return refusal ?? by.run(parts.account, { id: route.id, query, body, bulk: parts.bulk, parts: written });
  };
  const choose = operation?.effect === 'write' ? parts.chooseFault : parts.chooseReadFault;
  const chosen = route && operation ? choose(route.numberId ?? url, route.endpoint.name) : null;
  const fault = parts.everyAnswer ?? chosen;
  if (fault === null) return run(operation);
  record.fault = fault;
  return playFault(fault, {
    write: (written) => run(operation, written),
    read: () => run(route?.endpoint.operations.GET ?? operation, { kept: 'nothing', shown: 'nothing' }),
    body: body.value,
  });
}

/** The error answer to a request that no operation answers. */
function refuseOperation(method: string, path: string, route: Route | null): Reply {
  if (isNotImitated(method, path)) {
    const detail = `The sandbox does not imitate ${method} ${path}. Its README lists what it answers.`;
    return failure(501, '10099', { detail });
  }
  if (route === null) return failure(404, '10005');
  return { ...failure(405, '10030'), headers: { allow: Object.keys(route.endpoint.operations).join(', ') } };
}

function splitUrl(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function withQuotedKey(reply: Reply, authorization = 'nothing'): Reply {
  if (reply.errors === undefined) return reply;
  const quote = ` The Authorization header was: ${authorization}`;
  return { ...reply, errors: reply.errors.map((error) => ({ ...error, detail: error.detail + quote })) };
}
