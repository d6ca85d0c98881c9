import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAccount } from '../../../src/app/account/check-account.ts';
import { keyDigest } from '../../../src/app/run/state-directory.ts';
import { resolveForCommand } from '../../../src/app/settings.ts';
import { id, profile } from '../../support/app/plans.ts';
import { KEY, refusalOf, sourceOf } from '../../support/app/sources.ts';
import { httpServer } from '../../support/io/servers.ts';

// The first row is one that is not sent: the number that is read is the first of those that are.
const INPUT = `id,profile_id\nx y,${profile(1)}\n${id(7)},${profile(1)}\n${id(8)},${profile(1)}\n`;
const OTHER = 'KEY9876543210_another';

/** What a server answers to a read, as [status, body]. */
type Answer = [number, object | string];
const shown = (organization: string | undefined): Answer => [200, { data: { organization_id: organization } }];

/** Checks a run of organization org-1 that was started with KEY. The first `refusals` reads are answered with 429. */
async function check(
  answer: Answer,
  key: string | null,
  recorded: { organization?: string | null; key?: string | null },
  refusals = 0,
) {
  const seen: IncomingMessage[] = [];
  const server = await httpServer((request, response) => {
    seen.push(request);
    if (seen.length <= refusals) return response.writeHead(429).end('{"errors":[{"code":"10011"}]}');
    response.writeHead(answer[0]);
    response.end(typeof answer[1] === 'string' ? answer[1] : JSON.stringify(answer[1]));
  });
  const base = { base_url: server.url, rate: 'off', retry_base: '20ms', max_server_wait: '50ms' };
  const { dir, manifest, context } = await sourceOf(INPUT, {
    changes: {
      settings: base,
      state: 'interrupted',
      organization_id: recorded.organization === undefined ? 'org-1' : recorded.organization,
      key_sha256: recorded.key === undefined ? keyDigest(server.url, KEY) : recorded.key,
    },
  });
  const run = { dir, shown: dir, manifest };
  const checked = checkAccount(run, { ...resolveForCommand(base, context, 'apply'), key }).then(() => 0);
  return { checked, seen, dir };
}

describe('a run can continue', () => {
  it.each<[string, string | null, Parameters<typeof check>[2], number]>([
    ['by the key that it was started with', KEY, {}, 0],
    ['by the key that it was started with, whose account it has not seen', KEY, { organization: null }, 0],
    ['by any key, when it has not had an answer yet', OTHER, { organization: null, key: null }, 0],
    ['by the sandbox, which has no key', null, {}, 0],
    ['by another key of the same organization', OTHER, {}, 1],
  ])('%s', async (_, key, recorded, reads) => {
    const { checked, seen } = await check(shown('org-1'), key, recorded);
    expect(await checked).toBe(0);
    expect(seen.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual(
      Array.from({ length: reads }, () => ['GET', `/v2/phone_numbers/${id(7)}/messaging`, `Bearer ${key}`]),
    );
  });
});

it('another key is read again after a 429, and refused if there is nothing else for --max-server-wait', async () => {
  const once = await check(shown('org-1'), OTHER, {}, 1);
  expect(await once.checked).toBe(0);
  expect(once.seen).toHaveLength(2);
  const always = await check(shown('org-1'), OTHER, {}, 1000);
  expect(await refusalOf(always.checked)).toMatchObject({ exit: 7, code: 'account_not_read' });
  expect(always.seen.length).toBeLessThanOrEqual(3);
});

describe('another key is refused with exit 7', () => {
  it.each<[string, Answer, string, RegExp]>([
    ['of another organization', shown('org-2'), 'other_account', /that of this key is org-2/],
    [
      'that does not see the number',
      [404, { errors: [{ code: '10005' }] }],
      'other_account',
      /does not have .* its numbers/,
    ],
    ['whose answer names no organization', shown(undefined), 'other_account', /does not show its numbers/],
    ['whose answer is none', [200, 'x'], 'other_account', /does not show its numbers/],
    [
      'that is refused itself',
      [401, { errors: [{ code: '10009' }] }],
      'key_refused',
      /refused the key \(HTTP 401\).* run the same command again/,
    ],
    ['while the API is down', [503, ''], 'account_not_read', /could not be read .*\(HTTP 503\)/],
    ['when it is sent elsewhere', [302, ''], 'account_not_read', /could not be read .*\(HTTP 302\)/],
  ])('%s', async (_, answer, code, text) => {
    const { checked, seen } = await check(answer, OTHER, {});
    const refused = await refusalOf(checked);
    expect(refused).toMatchObject({ exit: 7, code, message: expect.stringMatching(text) });
    expect(refused.message).toContain('nothing was sent');
    expect(refused.message).not.toContain(OTHER);
    expect(seen).toHaveLength(answer[0] === 404 ? 2 : 1);
  });

  it('if the run has recorded a key and no account, without a request', async () => {
    const { checked, seen } = await check(shown('org-1'), OTHER, { organization: null });
    expect(await refusalOf(checked)).toMatchObject({ exit: 7, code: 'other_account' });
    expect(seen).toEqual([]);
  });

  it('and no file is named that is not there, as failed.csv after a crash', async () => {
    const { checked, dir } = await check(shown('org-2'), OTHER, {});
    const { message } = await refusalOf(checked);
    expect(existsSync(join(dir, 'failed.csv'))).toBe(false);
    expect(message).not.toContain(join(dir, 'failed.csv'));
  });
});
