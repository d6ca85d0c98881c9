import { describe, expect, it } from 'vitest';
import { parseState, type SandboxState } from '../../../src/sandbox/server.ts';
import { call, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';

const HEALTH = { message_count: 7, inbound_outbound_ratio: 0.5, success_ratio: 0.75, spam_ratio: 0.1 };

describe('the health of a number', () => {
  it('is that of the number, null, or that of the example', async () => {
    const to = await sandbox({ numbers: [{ id: 'a', health: HEALTH }, { id: 'b', health: null }, { id: 'c' }] });
    expect((await read(to, 'a')).health).toEqual(HEALTH);
    expect((await read(to, 'b')).health).toBeNull();
    expect((await read(to, 'c')).health.success_ratio).toBe(0.98);
    expect((await call(to, '/phone_numbers/messaging')).json.data[0].health).toEqual(HEALTH);
  });
});

describe('hidden fields', () => {
  it('are in no answer, and writes change them nevertheless', async () => {
    const hidden_fields = ['messaging_profile_id', 'health'];
    const to = await sandbox({ numbers: [{ id: 'a', hidden_fields }] });
    const { json } = await patch(to, 'a', { messaging_profile_id: profile(2) });
    for (const shown of [json.data, await read(to, 'a')]) {
      expect(Object.keys(shown).filter((name) => hidden_fields.includes(name))).toEqual([]);
      expect(shown.messaging_product).toBe('A2P');
    }
    expect(to.snapshot().numbers[0]).toMatchObject({ messaging_profile_id: profile(2), hidden_fields });
  });
});

/** Why a value is no state; null if it is one. */
function problemOf(state: unknown): string | null {
  const parsed = parseState(JSON.stringify(state));
  return typeof parsed === 'string' ? parsed : null;
}

describe('a state', () => {
  const state = async (change: (number: Record<string, unknown>) => void) => {
    const kept = JSON.parse(JSON.stringify((await sandbox({ numbers: 1 })).snapshot())) as SandboxState;
    change(kept.numbers[0] as Record<string, unknown>);
    return problemOf(kept);
  };

  it('may have health, hidden fields and a campaign', async () => {
    const good = { health: HEALTH, hidden_fields: ['type'], campaign: { id: 'C1', status: 'ASSIGNED' } };
    expect(await state((number) => Object.assign(number, good))).toBeNull();
    expect(await state((number) => Object.assign(number, { health: null, campaign: null }))).toBeNull();
  });

  it.each([
    ['health', { ...HEALTH, success_ratio: '0.9' }],
    ['health', {}],
    ['hidden_fields', 'type'],
    ['campaign', { id: 'C1', status: 'GONE' }],
    ['campaign', 'C1'],
  ])('is refused with this %s: %j', async (name, value) => {
    expect(await state((number) => Object.assign(number, { [name]: value }))).toContain(`${name} of numbers[0]`);
  });

  it.each([
    ['hosted_numbers', [{ id: '1' }]],
    ['alphanumeric_senders', [{ id: '1', alphanumeric_sender_id: 'X' }]],
    ['keyword_answers', [{ id: '1', messaging_profile_id: profile(1), op: 'stop', keywords: 'STOP' }]],
  ])('is refused with such %s', (list, rows) => {
    expect(problemOf({ numbers: [], profiles: [], [list]: rows })).toContain(`${list}[0] is missing`);
  });
});
