import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Account } from './account/account.ts';
import type { ApplyDueEdits } from './account/edits.ts';
import { updateNumber, type WriteParts } from './account/update.ts';
import { answerControl, CONTROL_PREFIX } from './control.ts';
import { type FaultKind, playFault } from './faults/fault-kinds.ts';
import type { FaultChooser } from './faults/faults.ts';
import type { Gate } from './faults/gate.ts';
import { applyListCap, type ListCap } from './faults/list-cap.ts';
import { type Body, readBody } from './http/body.ts';
import { failure, type Reply } from './http/reply.ts';
import { sendReply } from './http/send.ts';
import type { OpenRecord, Recorder } from './recorder.ts';
import { findRoute, type Route } from './routes.ts';

/** What the handler works with. `schedule` calls its function after that many milliseconds, at once for 0. */
type HandlerParts = {
  account: Account;
  gate: Gate;
  applyDueEdits: ApplyDueEdits;
  chooseFault: FaultChooser;
  chooseReadFault: FaultChooser;
  /** Played for every request under /v2, before the gate. */
  everyAnswer: FaultKind | null;
  listCap: ListCap | null;
  recorder: Recorder;
  schedule: (ms: number, callback: () => void) => void;
  latencyMs: number;
  quoteKey: boolean;
};

/** A request that has passed the gate. */
type Call = { method: string; url: string; route: Route | null; record: OpenRecord };

const ADMITTED = { refusal: null, headers: {} };

/** The request listener. Each request is recorded, checked at the gate, preceded by due edits, and answered. */
export function createHandler(parts: HandlerParts): RequestListener {
  const { account, gate, recorder } = parts;
  let receivedCount = 0;
  let apiCount = 0;
  let answeredCount = 0;

  return (request: IncomingMessage, response: ServerResponse) => {
    const atMs = performance.now();
    const { method = '', url = '' } = request;
    receivedCount += 1;
    const headers = { 'x-request-id': `sandbox-${String(receivedCount).padStart(8, '0')}` };
    if (url.startsWith(CONTROL_PREFIX)) return answerControl({ request, response, headers }, { account, recorder });

    const [path, query] = splitUrl(url);
    const route = findRoute(path);
    const record = recorder.add(atMs, method, url, route?.id ?? null);
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

    const call = { method, url, route, record };
    if (method === 'GET') {
      parts.applyDueEdits(nth);
      answer(admission.refusal ?? replyToRead(parts, call, new URLSearchParams(query)));
    } else {
      readBody(request, (body) => {
        record.body = body.value;
        parts.applyDueEdits(nth);
        answer(admission.refusal ?? replyToWrite(parts, call, body));
      });
    }
  };
}

function replyToRead(parts: HandlerParts, call: Call, query: URLSearchParams): Reply {
  const { account, listCap } = parts;
  const { route, record, url } = call;
  const read = () =>
    route === null ? failure(404, '10005') : ((listCap && applyListCap(listCap, query)) ?? route.read(account, query));
  const fault = parts.everyAnswer ?? (route === null ? null : parts.chooseReadFault(route.id ?? url));
  if (fault === null) return read();
  record.fault = fault;
  return playFault(fault, { write: read, read, body: null });
}

function replyToWrite(parts: HandlerParts, call: Call, body: Body): Reply {
  const { account } = parts;
  const { route, record } = call;
  const id = route?.id ?? null;
  const refusal = refuseMethod(call);
  const write = (written?: WriteParts) => refusal ?? updateNumber(account, id ?? '', body, written);
  const fault = parts.everyAnswer ?? (refusal === null && id !== null ? parts.chooseFault(id) : null);
  if (fault === null) return write();
  record.fault = fault;
  const read = () => refusal ?? route?.read(account, new URLSearchParams()) ?? failure(404, '10005');
  return playFault(fault, { write, read, body: body.value });
}

/** The error answer to a write of something that cannot be written, or null. */
function refuseMethod({ route, method }: Call): Reply | null {
  if (route === null) return failure(404, '10005');
  if (method === 'PATCH' && route.id !== null) return null;
  return { ...failure(405, '10030'), headers: { allow: route.id === null ? 'GET' : 'GET, PATCH' } };
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
