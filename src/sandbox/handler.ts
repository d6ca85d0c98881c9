import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Account } from './account/account.ts';
import type { ApplyDueEdits } from './account/edits.ts';
import { updateNumber } from './account/update.ts';
import { answerControl, CONTROL_PREFIX } from './control.ts';
import { playFault } from './faults/fault-kinds.ts';
import type { FaultChooser } from './faults/faults.ts';
import type { Gate } from './faults/gate.ts';
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
  recorder: Recorder;
  schedule: (ms: number, callback: () => void) => void;
  latencyMs: number;
  quoteKey: boolean;
};

/** A request that has passed the gate. */
type Call = { method: string; url: string; route: Route | null; record: OpenRecord };

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
    const admission = isApi ? gate(authorization, atMs, answeredCount) : { refusal: null, headers: {} };

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

function replyToRead({ account, chooseReadFault }: HandlerParts, call: Call, query: URLSearchParams): Reply {
  const { route, record, url } = call;
  if (route === null) return failure(404, '10005');
  const read = () => route.read(account, query);
  const fault = chooseReadFault(route.id ?? url);
  if (fault === null) return read();
  record.fault = fault;
  return playFault(fault, { write: read, read, body: null });
}

function replyToWrite({ account, chooseFault }: HandlerParts, call: Call, body: Body): Reply {
  const { route, record, method } = call;
  if (route === null) return failure(404, '10005');
  const { id } = route;
  if (method !== 'PATCH' || id === null) {
    return { ...failure(405, '10030'), headers: { allow: id === null ? 'GET' : 'GET, PATCH' } };
  }
  const write = () => updateNumber(account, id, body);
  const fault = chooseFault(id);
  if (fault === null) return write();
  record.fault = fault;
  const read = () => route.read(account, new URLSearchParams());
  return playFault(fault, { write, read, body: body.value });
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
