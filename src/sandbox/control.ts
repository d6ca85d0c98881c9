import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Account, snapshotOf } from './account/account.ts';
import { type AccountEdit, editProblem } from './account/edit-forms.ts';
import { applyEdit } from './account/edits.ts';
import { type Body, readBody, refuseBody } from './http/body.ts';
import { failure, type Reply } from './http/reply.ts';
import { sendReply } from './http/send.ts';
import type { Recorder } from './recorder.ts';

/** Paths under this prefix steer the sandbox itself. They take no key, no place in the rate limit, and are not recorded. */
export const CONTROL_PREFIX = '/_sandbox/';

const PIECE = 1000;

const ROUTES = ['GET requests', 'GET state', 'POST edit', 'POST reset-requests'];

/** Answers a control request: what was received, what the account holds, an edit, or forgetting what was received. */
export function control(
  request: IncomingMessage,
  response: ServerResponse,
  account: Account,
  recorder: Recorder,
  headers: Record<string, string>,
): void {
  const { method, url = '' } = request;
  const asked = `${method} ${url.split('?', 1)[0]}`;
  if (asked === `GET ${CONTROL_PREFIX}requests`) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', ...headers });
    pump(response, ndjson(recorder.list()));
  } else if (asked === `GET ${CONTROL_PREFIX}state`) {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
    pump(response, stateJson(account));
  } else if (asked === `POST ${CONTROL_PREFIX}reset-requests`) {
    recorder.clear();
    response.writeHead(204, headers).end();
  } else if (asked === `POST ${CONTROL_PREFIX}edit`) {
    readBody(request, (body) => {
      const refusal = edited(account, body);
      if (refusal === null) response.writeHead(204, headers).end();
      else sendReply(response, refusal, headers);
    });
  } else {
    const detail = `There are ${ROUTES.map((route) => route.replace(' ', ` ${CONTROL_PREFIX}`)).join(', ')}.`;
    sendReply(response, failure(404, '10005', { detail }), headers);
  }
}

/** Carries out the edit in a body, or gives the answer that says why it was not. */
function edited(account: Account, body: Body): Reply | null {
  const unread = refuseBody(body);
  if (unread !== null) return unread;
  const problem = editProblem(body.value);
  if (problem !== null) return failure(400, '10015', { detail: `Bad edit: ${problem}.` });
  const refusal = applyEdit(account, body.value as AccountEdit);
  if (refusal === null) return null;
  const detail = `Bad edit: ${refusal.text}.`;
  return refusal.reason === 'unknown' ? failure(404, '10005', { detail }) : failure(400, '10015', { detail });
}

function* ndjson(rows: readonly unknown[]): Generator<string> {
  for (const piece of pieces(rows)) yield piece.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** The snapshot in pieces: a million numbers in one string would come near the longest string there can be. */
function* stateJson(account: Account): Generator<string> {
  const { numbers, ...others } = snapshotOf(account);
  yield `${JSON.stringify(others).slice(0, -1)},"numbers":[`;
  let separator = '';
  for (const piece of pieces(numbers)) {
    yield separator + JSON.stringify(piece).slice(1, -1);
    separator = ',';
  }
  yield ']}';
}

function* pieces<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += PIECE) yield rows.slice(start, start + PIECE);
}

/** Writes as fast as the client reads, and stops where it goes away. */
function pump(response: ServerResponse, texts: Iterator<string, unknown>): void {
  for (let next = texts.next(); !next.done; next = texts.next()) {
    if (response.destroyed) return;
    if (!response.write(next.value)) {
      response.once('drain', () => pump(response, texts));
      return;
    }
  }
  response.end();
}
