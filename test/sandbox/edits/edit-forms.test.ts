import { describe, expect, it } from 'vitest';
import { type Edit, parseEdit } from '../../../src/sandbox/server.ts';

describe('parseEdit', () => {
  const uuid = 'dd50eba1-a0c0-4563-9925-b25e842a7cb6';

  it.each<[string, Edit]>([
    [`3:129=${uuid}`, { atRequest: 3, id: '129', messaging_profile_id: uuid }],
    [`3:129=${uuid.toUpperCase()}`, { atRequest: 3, id: '129', messaging_profile_id: uuid }],
    ['1:a-b_c=UNASSIGN', { atRequest: 1, id: 'a-b_c', messaging_profile_id: null }],
    ['1:a=unassign', { atRequest: 1, id: 'a', messaging_profile_id: null }],
    ['20:129=P2P', { atRequest: 20, id: '129', messaging_product: 'P2P' }],
    ['2:129=CAMPAIGN:none', { atRequest: 2, id: '129', campaign: null }],
    ['2:129=campaign:failed_assignment', { atRequest: 2, id: '129', campaign: { status: 'FAILED_ASSIGNMENT' } }],
    ['2:129=SUCCESS:0.5', { atRequest: 2, id: '129', health: { success_ratio: 0.5 } }],
    ['20:129=REMOVE', { atRequest: 20, id: '129', remove: true }],
  ])('reads %s', (text, edit) => {
    expect(parseEdit(text)).toEqual(edit);
  });

  it.each([
    ['', 'does not say before which request'],
    ['129=P2P', 'does not say before which request'],
    ['0:129=P2P', "'0' is not the number of a request"],
    ['x:129=P2P', "'x' is not the number of a request"],
    [':129=P2P', "'' is not the number of a request"],
    ['1:129', 'does not say what'],
    ['1:=P2P', "'' is not the id of a number"],
    ['1:a/b=P2P', "'a/b' is not the id of a number"],
    ['1:129=', "'' is not a profile, UNASSIGN, a product, CAMPAIGN:..., SUCCESS:... or REMOVE"],
    ['1:129=CAMPAIGN:', 'is not a profile'],
    ['1:129=CAMPAIGN:GONE', 'is not a profile'],
    ['1:129=SUCCESS:1.5', 'is not a profile'],
    ['1:129=SUCCESS:half', 'is not a profile'],
    ['1:129=HEALTH:1', 'is not a profile'],
    ['1:129=A 2 P', "'A 2 P' is not"],
    [`1:129=${uuid.slice(1)}`, 'is not a profile'],
    [`1:129=${uuid.replaceAll('-', '')}`, 'is not a profile'],
  ])('refuses %j and lists the forms', (text, reason) => {
    expect(() => parseEdit(text)).toThrow(reason);
    for (const form of [
      'N:ID=PROFILE_UUID',
      'N:ID=UNASSIGN',
      'N:ID=PRODUCT',
      'N:ID=CAMPAIGN:',
      'N:ID=SUCCESS:',
      'N:ID=REMOVE',
    ]) {
      expect(() => parseEdit(text)).toThrow(form);
    }
  });
});
