import { describe, expect, it } from 'vitest';
import { guessMap } from '../../../src/core/input/guess-map.ts';

describe('guessMap', () => {
  it.each<[string, Record<string, string>, string[] | null]>([
    ['Telnyx ID,Target profile', {}, ['phone_number_id=Telnyx ID', 'messaging_profile_id=Target profile']],
    ['Record UUID,product', {}, ['phone_number_id=Record UUID']],
    ['id,New Profile,New Product', {}, ['messaging_profile_id=New Profile', 'messaging_product=New Product']],
    ['id,Profile Names,x', {}, ['messaging_profile_name=Profile Names']],
    ['Phone,product', {}, ['phone_number=Phone']],
    // A column that --map names and the header has not is left out of the next command.
    ['id,product', { phone_number_id: 'Gone' }, []],
    ['My ID,product', { phone_number_id: 'Gone' }, ['phone_number_id=My ID']],
    ['A,product', { phone_number_id: 'a' }, ['phone_number_id=a']],
    ['A,New Product', { phone_number_id: 'a' }, ['phone_number_id=a', 'messaging_product=New Product']],
    ['id,Phone,New Product', { phone_number: '' }, ['phone_number=', 'messaging_product=New Product']],
    // Two that look alike, or none: no guess.
    ['Old ID,New ID,product', {}, null],
    ['A,B,C', {}, null],
    ['Telnyx\u200b ID,product', {}, null],
    ['id,id,product', {}, null],
  ])('of %j with %j is %j', (header, map, expected) => {
    expect(guessMap(header.split(','), map, { online: true })).toEqual(expected);
  });

  it('leaves out the targets that flags give to every row', () => {
    const header = ['Telnyx ID', 'Target profile'];
    const constants = { messaging_profile_name: 'Support' };
    expect(guessMap(header, {}, { online: true, constants })).toEqual(['phone_number_id=Telnyx ID']);
  });
});
