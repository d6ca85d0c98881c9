import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Account } from './account/account.ts';
import type { EditsDue } from './account/edits.ts';
import { updateNumber } from './account/update.ts';
import { CONTROL_PREFIX, control } from './control.ts';
import { playFault } from './faults/fault-kinds.ts';
import type { FaultChooser } from './faults/faults.ts';
import type { Gate } from './faults/gate.ts';
import { type Body, readBody } from './http/body.ts';
import { failure, type Reply } from './http/reply.ts';
import { sendReply } from './http/send.ts';
import type { OpenRecord, Recorder } from './recorder.ts';
import { findRoute, type Route } from './routes.ts';

/** What answering takes. `later` runs its function after so many milliseconds, at once for 0. */
type HandlerParts = {
  account: Account;
  gate: Gate;
  editsDue: EditsDue;
  chooseFault: FaultChooser;
  chooseReadFault: FaultChooser;
  recorder: Recorder;
  later: (ms: number, act: () => void) => void;
  latencyMs: number;
  quoteKey: boolean;
};

/** The request listener: record, gate, body, edits, fault, route, answer, in this order. */
export function createHandler(parts: HandlerParts): RequestListener {
  const { account, gate, recorder } = parts;
  let received = 0;
  let underApi = 0;
  let answered = 0;

  return (request: IncomingMessage, response: ServerResponse) => {
    const atMs = performance.now();
    const { method = '', url = '' } = request;
    received += 1;
    const headers = { 'x-request-id': `sandbox-${String(received).padStart(8, '0')}` };
    if (url.startsWith(CONTROL_PREFIX)) return control(request, response, account, recorder, headers);

    const [path, query] = splitUrl(url);
    const route = findRoute(path);
    const record = recorder.arrived(atMs, method, url, route?.id ?? null);
    const { authorization } = request.headers;
    const isApi = path.startsWith('/v2/');
    if (isApi) underApi += 1;
    const nth = isApi ? underApi : 0; // kept until its body is there, whatever arrives meanwhile
    const admission = isApi ? gate(authorization, atMs, answered) : { refusal: null, headers: {} };

    const answer = (reply: Reply) =>
      parts.later(parts.latencyMs + (reply.delayMs ?? 0), () => {
        if (response.destroyed) return; // the client went away: nobody was answered
        const told = parts.quoteKey ? quoting(reply, authorization) : reply;
        const rateHeaders = reply.withoutRateHeaders ? {} : admission.headers;
        record.status = sendReply(response, told, { ...headers, ...rateHeaders });
        if (record.status !== null) answered += 1;
      });

    if (method === 'GET') {
      parts.editsDue(nth);
      answer(admission.refusal ?? replyToRead(parts, url, route, record, new URLSearchParams(query)));
    } else {
      readBody(request, (body) => {
        record.body = body.value;
        parts.editsDue(nth);
        answer(admission.refusal ?? replyToWrite(parts, method, route, record, body));
      });
    }
  };
}

function replyToRead(
  { account, chooseReadFault }: HandlerParts,
  url: string,
  route: Route | null,
  record: OpenRecord,
  query: URLSearchParams,
): Reply {
  if (route === null) return failure(404, '10005');
  const read = () => route.read(account, query);
  const fault = chooseReadFault(route.id ?? url);
  if (fault === null) return read();
  record.fault = fault;
  return playFault(fault, { write: read, read, asked: null });
}

function replyToWrite(
  { account, chooseFault }: HandlerParts,
  method: string,
  route: Route | null,
  record: OpenRecord,
  body: Body,
): Reply {
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
  return playFault(fault, { write, read, asked: body.value });
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function quoting(reply: Reply, authorization = 'nothing'): Reply {
  if (reply.errors === undefined) return reply;
  const quote = ` The Authorization header was: ${authorization}`;
  return { ...reply, errors: reply.errors.map((error) => ({ ...error, detail: error.detail + quote })) };
}
