import { describe, expect, it } from 'vitest';
import { FILE_ERRORS, REJECTIONS } from '../../../src/core/input/rejection.ts';

const codesFor = (needs: string) =>
  Object.entries(REJECTIONS).flatMap(([code, definition]) => (definition.needs === needs ? [code] : []));

describe('the codes of rejections', () => {
  it('are those of the contract, by what must be read to find them', () => {
    expect(codesFor('row')).toEqual([
      ...['missing_id', 'bad_id', 'id_in_scientific_notation', 'id_looks_rounded', 'id_is_a_phone_number'],
      ...['bad_profile_id', 'bad_product', 'bad_phone_number', 'ambiguous_cell', 'nothing_to_change'],
      ...['unassign_not_allowed', 'wrong_number_of_cells'],
    ]);
    expect(codesFor('file')).toEqual(['repeated_header', 'conflict']);
    expect(codesFor('account')).toEqual([
      ...['not_found', 'phone_number_mismatch', 'not_eligible', 'unknown_profile', 'profile_disabled'],
      'ambiguous_profile_name',
    ]);
  });
});

describe('the codes of errors of a file', () => {
  it('are those of the contract', () => {
    expect(Object.keys(FILE_ERRORS)).toEqual([
      ...['not_csv', 'bad_encoding', 'bad_quoting', 'no_header', 'missing_column', 'second_header', 'duplicate_column'],
    ]);
  });
});
