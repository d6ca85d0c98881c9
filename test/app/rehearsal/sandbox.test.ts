import { symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/app/errors.ts';
import { copySandboxState, startSandboxFor } from '../../../src/app/rehearsal/sandbox.ts';
import { profileRef } from '../../../src/core/input/target.ts';
import { PLAN_COLUMNS, type PlanEntry, planCells } from '../../../src/core/plan/entry.ts';
import { createCsvWriter } from '../../../src/io/csv/writer.ts';
import { readJson, runFiles } from '../../../src/io/run/directory.ts';
import type { SandboxState } from '../../../src/sandbox/server.ts';
import { id, profile } from '../../support/app/plans.ts';
import { entry } from '../../support/io/servers.ts';
import { tempDir } from '../../support/temp.ts';

const phone = (n: number) => `+1800555000${n}`;

/** The account that a sandbox makes from the rows of a plan, as the next command finds it. */
async function madeOf(rows: Partial<PlanEntry>[]): Promise<SandboxState> {
  const dir = tempDir();
  const writer = createCsvWriter(runFiles(dir).plan, PLAN_COLUMNS);
  const blank = { profileTarget: '', productTarget: '' };
  for (const [at, row] of rows.entries())
    writer.write(planCells(entry({ row: at + 1, line: at + 2, ...blank, ...row })));
  writer.close();
  await (await startSandboxFor(dir)).close();
  return readJson(runFiles(dir).sandbox) as SandboxState;
}

const numbersOf = ({ numbers }: SandboxState) => numbers.map((number) => [number.id, number.phone_number]);
const profilesOf = ({ profiles }: SandboxState) => profiles.map(({ id, name }) => [id, name]);
const BEFORE = ['00000000-0000-4000-8000-00000000ffff', 'Before'];

describe('the sandbox of a plan', () => {
  it('has the numbers that its rows name, on a profile that is no target, and the products that they want', async () => {
    const made = await madeOf([
      { id: id(1), phoneNumber: phone(1), profileTarget: profile(1), productTarget: 'RCS' },
      { id: id(2), profileTarget: 'UNASSIGN' },
      { id: id(3), action: 'rejected', profileTarget: profile(3) },
    ]);
    expect(made.numbers).toMatchObject([
      {
        id: id(1),
        phone_number: phone(1),
        messaging_profile_id: BEFORE[0],
        messaging_product: 'A2P',
        eligible_messaging_products: ['A2P', 'P2P', 'RCS'],
      },
      { id: id(2), messaging_profile_id: BEFORE[0], eligible_messaging_products: ['A2P', 'P2P'] },
    ]);
    expect(profilesOf(made)).toEqual([BEFORE, [profile(1), 'Target 1']]);
  });

  it('makes ids for numbers that are named by their phone numbers, other than those that are named', async () => {
    const made = await madeOf([{ id: '', phoneNumber: phone(1) }, { id: id(1) }, { id: '', phoneNumber: phone(2) }]);
    const [first, ...others] = made.numbers.map((number) => number.id);
    expect(first).toBe(id(1));
    expect(new Set([first, ...others]).size).toBe(3);
    expect(made.numbers.slice(1).map(({ phone_number }) => phone_number)).toEqual([phone(1), phone(2)]);
    expect(others.every((made) => /^[1-9][0-9]{17}1$/.test(made))).toBe(true);
  });

  it('has one number for rows that name it by id and by phone number', async () => {
    const made = await madeOf([
      { id: '', phoneNumber: phone(1) },
      { id: id(7), phoneNumber: phone(1) },
      { id: id(7) },
      { id: '', phoneNumber: phone(1) },
    ]);
    expect(numbersOf(made)).toEqual([[id(7), phone(1)]]);
  });

  it('has no two numbers with the same phone number', async () => {
    const made = await madeOf([
      { id: id(1), phoneNumber: phone(1) },
      { id: id(2), phoneNumber: phone(1) },
    ]);
    expect(made.numbers.map((number) => number.id)).toEqual([id(1), id(2)]);
    expect(made.numbers[0]?.phone_number).toBe(phone(1));
    expect(made.numbers[1]?.phone_number).not.toBe(phone(1));
  });

  it('has the profiles that its rows name by id, by name, and by both, each once', async () => {
    const made = await madeOf([
      { id: id(1), profileTarget: profile(1) },
      { id: id(2), profileTarget: profileRef(profile(1), 'Sales, "EU"') },
      { id: id(3), profileTarget: profileRef('', 'Sales, "EU"') },
      { id: id(4), profileTarget: profileRef('', 'Support') },
      { id: id(5), profileTarget: profile(2) },
      { id: id(6), profileTarget: profileRef('', 'support') },
      { id: id(7), profileTarget: profileRef('', 'Support') },
    ]);
    expect(profilesOf(made)).toEqual([
      BEFORE,
      [profile(1), 'Sales, "EU"'],
      [profile(2), 'Target 2'],
      [expect.stringMatching(/^[0-9a-f-]{36}$/), 'Support'],
      [expect.stringMatching(/^[0-9a-f-]{36}$/), 'support'],
    ]);
    expect(new Set(made.profiles.map((one) => one.id)).size).toBe(5);
  });

  it('goes on as an earlier command has left it', async () => {
    const dir = tempDir();
    const writer = createCsvWriter(runFiles(dir).plan, PLAN_COLUMNS);
    writer.write(planCells(entry({ id: id(1), profileTarget: profile(1), productTarget: '' })));
    writer.close();
    for (const revision of [1, 2]) {
      const { target, close } = await startSandboxFor(dir);
      const { status } = await fetch(`${target.baseUrl}/phone_numbers/${id(1)}/messaging`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${target.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ messaging_profile_id: revision === 1 ? profile(1) : '' }),
      });
      await close();
      expect(status).toBe(200);
      const state = readJson(runFiles(dir).sandbox) as SandboxState;
      expect(state.numbers[0]?.messaging_profile_id).toBe(revision === 1 ? profile(1) : null);
      expect(state.revision).toBe(revision);
    }
  });
});

describe('the state that an earlier command left', () => {
  const number = {
    id: id(1),
    phone_number: phone(1),
    type: 'longcode',
    country_code: 'US',
    messaging_profile_id: null,
    messaging_product: 'A2P',
    eligible_messaging_products: null,
    updated_at: '2026-01-01T00:00:00.000Z',
  };
  const order = { order_id: 'o', messaging_profile_id: null, success: [], pending: [], failed: [], reads_left: null };
  const start = async (text: string) => {
    const dir = tempDir();
    writeFileSync(runFiles(dir).sandbox, text);
    const opened = await startSandboxFor(dir);
    await opened.close();
    return readJson(runFiles(dir).sandbox);
  };

  it('is used, with fields of a newer version too', async () => {
    const state = { numbers: [number], profiles: [{ id: profile(1), name: 'A', enabled: true }], newer: 1 };
    expect(await start(JSON.stringify(state))).toMatchObject({ numbers: [number] });
    expect(await start('{"numbers":[],"profiles":[]}')).toMatchObject({ numbers: [], profiles: [], revision: 0 });
  });

  it.each<[string, unknown]>([
    ['it is not JSON', '{broken'],
    ['it is not JSON', ''],
    ['it is not a JSON object', 5],
    ['it is not a JSON object', []],
    ['numbers is not a list', {}],
    ['numbers is not a list', { numbers: 5, profiles: [] }],
    ['profiles is not a list', { numbers: [] }],
    ['numbers[0] is not an object', { numbers: [null], profiles: [] }],
    ['id of numbers[1] is missing', { numbers: [number, { ...number, id: 1 }], profiles: [] }],
    ['tags of numbers[0] is missing', { numbers: [{ ...number, tags: 'x' }], profiles: [] }],
    ['campaign of numbers[0] is missing', { numbers: [{ ...number, campaign: {} }], profiles: [] }],
    ['enabled of profiles[0] is missing', { numbers: [], profiles: [{ id: 'a', name: 'a' }] }],
    ['opt_outs is not a list', { numbers: [], profiles: [], opt_outs: 5 }],
    ['pending of bulk_orders[0] is missing', { numbers: [], profiles: [], bulk_orders: [{ ...order, pending: [1] }] }],
    ['reads_left of bulk_orders[0]', { numbers: [], profiles: [], bulk_orders: [{ ...order, reads_left: -1 }] }],
    ['revision is not a count', { numbers: [], profiles: [], revision: '1' }],
    ['organization_id is not a text', { numbers: [], profiles: [], organization_id: 1 }],
  ])('is refused with the file and the remedy: %s', async (problem, state) => {
    const refused = start(typeof state === 'string' ? state : JSON.stringify(state));
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(`sandbox.json is not the state of a sandbox: ${problem}`);
    await expect(refused).rejects.toThrow('Fix: remove the file;');
  });

  it('is refused if it cannot be read or is not a plain file', async () => {
    const dir = tempDir();
    symlinkSync('/dev/zero', runFiles(dir).sandbox);
    await expect(startSandboxFor(dir)).rejects.toThrow(UsageError);
    await expect(copySandboxState(dir, tempDir())).rejects.toThrow(UsageError);
  });
});
