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
    ['1:129=', "'' is not a profile, UNASSIGN, a product or REMOVE"],
    ['1:129=A 2 P', "'A 2 P' is not"],
    [`1:129=${uuid.slice(1)}`, 'is not a profile'],
    [`1:129=${uuid.replaceAll('-', '')}`, 'is not a profile'],
  ])('refuses %j and lists the forms', (text, reason) => {
    expect(() => parseEdit(text)).toThrow(reason);
    for (const form of ['N:ID=PROFILE_UUID', 'N:ID=UNASSIGN', 'N:ID=PRODUCT', 'N:ID=REMOVE']) {
      expect(() => parseEdit(text)).toThrow(form);
    }
  });
});
