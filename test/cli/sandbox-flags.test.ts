import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/app/errors.ts';
import type { Flags } from '../../src/app/invocation.ts';
import { readCommandLine } from '../../src/cli/parser.ts';
import { sandboxCommand } from '../../src/commands/sandbox.ts';
import { contextOf } from '../support/app/contexts.ts';
import { tempDir } from '../support/temp.ts';

/** The first number and profile that the sandbox makes. */
const ID = '1293384261000000011';
const PROFILE = '00000000-0000-4000-8000-000000000003';

async function flagsOf(...words: string[]): Promise<Flags> {
  const typing = await readCommandLine(['sandbox', '--port', '0', '--numbers=5', ...words], 80);
  if (typing.command !== 'sandbox') throw new Error('expected the sandbox command');
  return typing.flags;
}

/** Runs the command while `visit` uses it, and then sends it a SIGTERM. */
async function whileItRuns(flags: Flags, visit: (url: string) => Promise<void>): Promise<string> {
  const context = contextOf();
  const done = sandboxCommand(undefined, flags, context);
  const output = context.stdout as unknown as PassThrough;
  let text = '';
  while (!text.includes('Ctrl-C')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    text += output.read()?.toString() ?? '';
  }
  try {
    await visit(/http:\S+\/v2/.exec(text)?.[0] as string);
  } finally {
    context.signals.emit('SIGTERM', 'SIGTERM');
    expect(await done).toBe(0);
    expect(context.signals.listenerCount('SIGTERM')).toBe(0);
  }
  return text;
}

async function numberAt(url: string): Promise<{ status: number; data?: Record<string, unknown> }> {
  const response = await fetch(`${url}/phone_numbers/${ID}/messaging`, { headers: { authorization: 'Bearer any' } });
  return { status: response.status, ...((await response.json()) as object) };
}

describe('--edit and --read-fault', () => {
  it('may be repeated, and are applied', async () => {
    const edits = ['--edit', `2:${ID}=${PROFILE}`, `--edit=2:${ID}=P2P`, '--edit', `4:${ID}=REMOVE`];
    const flags = await flagsOf(...edits, '--read-fault', `500@${ID}*1`, '--read-fault=wrong-number*1');
    const text = await whileItRuns(flags, async (url) => {
      expect((await numberAt(url)).status).toBe(500);
      const changed = { phone_number: '+18889999999', messaging_profile_id: PROFILE, messaging_product: 'P2P' };
      expect((await numberAt(url)).data).toMatchObject(changed);
      expect((await numberAt(url)).data).toMatchObject({ phone_number: '+18000000001' });
      expect((await numberAt(url)).status).toBe(404);
    });
    expect(text).toContain('POST /_sandbox/edit');
  });

  it('may be given once', async () => {
    await whileItRuns(await flagsOf('--edit', `1:${ID}=UNASSIGN`), async (url) => {
      expect((await numberAt(url)).data).toMatchObject({ messaging_profile_id: null });
    });
  });

  it.each([
    ['--edit', `${ID}=P2P`, 'N:ID=PRODUCT'],
    ['--edit', `1:${ID}`, 'N:ID=REMOVE'],
    ['--read-fault', '500', 'KIND@ID*2'],
    ['--read-fault', 'nonsense=1', "no kind 'nonsense'"],
    ['--fault', '500', 'KIND@ID*2'],
    ['--retry-after', 'soon', 'expected seconds, date, none'],
    ['--list-cap', '0', 'N:silent'],
    ['--list-cap', '5:500', 'N:414'],
    ['--campaign-cap', '0', 'N:silent'],
    ['--ignore-filters', 'everything', 'Endpoints: all, numbers'],
    ['--state', '/nowhere/state.json', 'Could not read the account in /nowhere/state.json'],
    ['--state', '/dev/null', 'is not the state of a sandbox: it is not JSON'],
  ])('%s %s is refused with the possible forms', async (flag, value, reason) => {
    const refused = sandboxCommand(undefined, await flagsOf(flag, value), contextOf());
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(`${flag}: `);
    await expect(refused).rejects.toThrow(reason);
  });

  it('--state starts with the account of a file', async () => {
    const path = join(tempDir(), 'state.json');
    await whileItRuns(await flagsOf('--edit', `1:${ID}=P2P`), async (url) => {
      await numberAt(url);
      writeFileSync(path, await (await fetch(new URL('/_sandbox/state', url))).text());
    });
    const { numbers: _, ...flags } = await flagsOf('--state', path, '--list-shift', '2', '--campaign-cap=5');
    await whileItRuns(flags, async (url) => {
      expect((await numberAt(url)).data).toMatchObject({ messaging_product: 'P2P' });
    });
    const both = sandboxCommand(undefined, { ...flags, profiles: '3' }, contextOf());
    await expect(both).rejects.toThrow('leave out --numbers and --profiles');
    writeFileSync(path, '{"numbers":[]}');
    const refused = sandboxCommand(undefined, flags, contextOf());
    await expect(refused).rejects.toThrow('is not the state of a sandbox: profiles is not a list');
  });

  it('--every-answer is refused with the possible kinds', async () => {
    const refused = sandboxCommand(undefined, await flagsOf('--every-answer', '999'), contextOf());
    await expect(refused).rejects.toThrow("--every-answer: there is no kind of fault '999'. Kinds: 402, 404");
  });

  it('of an unknown number are refused, not reported as a port that is in use', async () => {
    const refused = sandboxCommand(undefined, await flagsOf('--edit', '1:unknown=P2P'), contextOf());
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow("'unknown'");
    await expect(refused).rejects.not.toThrow('Could not listen');
  });
});
