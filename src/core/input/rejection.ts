/** `meaning` completes "the row is rejected because". Nothing in the account is checked with --offline. */
type RejectionDefinition = { meaning: string; needs: 'row' | 'file' | 'account' };

/** Every code with which a row is rejected. The documents and their tests are made from this table. */
export const REJECTIONS = {
  missing_id: { meaning: 'the id is empty', needs: 'row' },
  bad_id: {
    meaning:
      'the id has characters other than letters, digits, `-` and `_`, or over 64; or, without the account, no digit',
    needs: 'row',
  },
  id_in_scientific_notation: {
    meaning: 'a spreadsheet turned the id into a number such as `1.29338E+18`',
    needs: 'row',
  },
  id_looks_rounded: {
    meaning: 'the id was saved as a number, which keeps about 16 digits: zeros from the 16th on, `.0`, digit groups',
    needs: 'row',
  },
  id_is_a_phone_number: { meaning: 'there is a phone number where the id belongs', needs: 'row' },
  bad_profile_id: { meaning: 'the profile is neither a UUID nor `UNASSIGN`', needs: 'row' },
  bad_product: { meaning: 'the product is not 1 to 64 letters, digits, `_`, `.` and `-`', needs: 'row' },
  bad_phone_number: { meaning: 'the phone number is not in the form `+18005550001`', needs: 'row' },
  ambiguous_cell: { meaning: 'a cell holds `null` or the like', needs: 'row' },
  nothing_to_change: { meaning: 'both targets are blank', needs: 'row' },
  unassign_not_allowed: { meaning: '`UNASSIGN` is given without `--allow-unassign`', needs: 'row' },
  wrong_number_of_cells: { meaning: 'the row has more or fewer cells than the header', needs: 'row' },
  repeated_header: { meaning: 'it is the header again, as in files that were joined', needs: 'file' },
  conflict: { meaning: 'the same number has other targets in another row; each such row is rejected', needs: 'file' },
  not_found: { meaning: 'the account has no such number', needs: 'account' },
  phone_number_mismatch: { meaning: 'the account has another phone number under this id', needs: 'account' },
  not_eligible: { meaning: 'the number may not have this product', needs: 'account' },
  unknown_profile: { meaning: 'the account has no such profile', needs: 'account' },
  profile_disabled: { meaning: 'the profile is disabled', needs: 'account' },
  ambiguous_profile_name: {
    meaning: 'several profiles have this name, or the profile columns name different profiles',
    needs: 'account',
  },
} as const satisfies Record<string, RejectionDefinition>;

export type RejectionCode = keyof typeof REJECTIONS;

/** Why a row is not sent: a stable code, and a text for people. */
export type Rejection = { code: RejectionCode; text: string };

/** Why a cell is rejected: the text continues a sentence that starts with the cell. Or why a row is. */
export function rejected(code: RejectionCode, text: string): Rejection {
  return { code, text };
}

/** Every code with which a whole file is refused, and what completes "the file is refused because". */
export const FILE_ERRORS = {
  not_csv: 'its first block shows a workbook, an archive, a web page or the like',
  bad_encoding: 'it has bytes that are neither UTF-8 nor UTF-16 with a byte order mark',
  bad_quoting: 'a quote opens and is not closed, or is closed lines below inside a cell, or a row is over 1 MiB',
  no_header: 'it is empty, or its first line names none of the columns',
  missing_column: 'no column names the number, or none names a target, or `--map` names a column that it lacks',
  second_header: 'a header follows further down, with the fields in other columns',
  duplicate_column: 'two columns name the same field, or `--map` gives one column to two fields',
} as const;

export type FileErrorCode = keyof typeof FILE_ERRORS;

/**
 * Why a whole file is refused: no row of it is read until it is fixed. `map`: the values of --map with which the header
 * would be accepted, if that can be guessed.
 */
export type FileError = { code: FileErrorCode; text: string; line: number | null; map?: string[] | null };
