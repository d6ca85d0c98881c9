import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Account, snapshotOf } from './account/account.ts';
import type { AccountEdit } from './edits/edit-forms.ts';
import { editProblem } from './edits/edit-problem.ts';
import { applyEdit } from './edits/edits.ts';
import { type Body, readBody, refuseBody } from './http/body.ts';
import { failure, type Reply } from './http/reply.ts';
import { sendReply } from './http/send.ts';
import type { Recorder } from './recorder.ts';
import type { BulkOrders } from './resources/bulk-orders.ts';

/** Paths with this prefix control the sandbox itself. They need no key, have no rate limit and are not recorded. */
export const CONTROL_PREFIX = '/_sandbox/';

const ROWS_PER_CHUNK = 1000;
const ROUTES = ['GET requests', 'GET state', 'POST edit', 'POST carry-out', 'POST reset-requests'];

/** A request and its response. `headers` are those that every answer has. */
type Exchange = { request: IncomingMessage; response: ServerResponse; headers: Record<string, string> };

/** Answers a control request: lists or clears the received requests, shows the account, edits it, or carries out orders. */
export function answerControl(
  { request, response, headers }: Exchange,
  { account, recorder, bulk }: { account: Account; recorder: Recorder; bulk: BulkOrders },
): void {
  const { method, url = '' } = request;
  const route = `${method} ${url.split('?', 1)[0]}`;
  if (route === `GET ${CONTROL_PREFIX}requests`) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', ...headers });
    writeAll(response, ndjson(recorder.list()));
  } else if (route === `GET ${CONTROL_PREFIX}state`) {
    bulk.carryOutDue();
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
    writeAll(response, stateJson(account));
  } else if (route === `POST ${CONTROL_PREFIX}reset-requests`) {
    recorder.clear();
    response.writeHead(204, headers).end();
  } else if (route === `POST ${CONTROL_PREFIX}carry-out`) {
    bulk.carryOutAll();
    response.writeHead(204, headers).end();
  } else if (route === `POST ${CONTROL_PREFIX}edit`) {
    readBody(request, (body) => {
      const refusal = applyEditBody(account, body);
      if (refusal === null) response.writeHead(204, headers).end();
      else sendReply(response, refusal, headers);
    });
  } else {
    const routes = ROUTES.map((text) => text.replace(' ', ` ${CONTROL_PREFIX}`)).join(', ');
    sendReply(response, failure(404, '10005', { detail: `Expected one of ${routes}, got ${route}.` }), headers);
  }
}

/** Applies the edit in a body. Returns the error answer if it cannot be applied. */
function applyEditBody(account: Account, body: Body): Reply | null {
  const unreadable = refuseBody(body);
  if (unreadable !== null) return unreadable;
  const problem = editProblem(body.value);
  if (problem !== null) return failure(400, '10015', { detail: `Invalid edit: ${problem}.` });
  const refusal = applyEdit(account, body.value as AccountEdit);
  if (refusal === null) return null;
  const detail = `Invalid edit: ${refusal.text}.`;
  return refusal.reason === 'unknown' ? failure(404, '10005', { detail }) : failure(400, '10015', { detail });
}

function* ndjson(rows: readonly (() => unknown)[]): Generator<string> {
  for (const chunk of chunksOf(rows)) yield chunk.map((show) => `${JSON.stringify(show())}\n`).join('');
}

/** The snapshot in chunks: a million numbers in one string would come close to the maximum string length. */
function* stateJson(account: Account): Generator<string> {
  const { numbers, ...others } = snapshotOf(account);
  yield `${JSON.stringify(others).slice(0, -1)},"numbers":[`;
  let separator = '';
  for (const chunk of chunksOf(numbers)) {
    yield separator + JSON.stringify(chunk).slice(1, -1);
    separator = ',';
  }
  yield ']}';
}

function* chunksOf<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_CHUNK) yield rows.slice(start, start + ROWS_PER_CHUNK);
}

/** Writes as fast as the client reads. Stops if the client disconnects. */
function writeAll(response: ServerResponse, texts: Iterator<string, unknown>): void {
  for (let next = texts.next(); !next.done; next = texts.next()) {
    if (response.destroyed) return;
    if (!response.write(next.value)) {
      response.once('drain', () => writeAll(response, texts));
      return;
    }
  }
  response.end();
}
