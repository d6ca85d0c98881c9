import { describe, expect, it } from 'vitest';
import type { FileError } from '../../../src/core/input/rejection.ts';
import { createDraft, type InputLine } from '../../../src/core/plan/draft.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { numberId as id, profileId as profile } from '../../support/ids.ts';

type How = { online?: boolean; delimiter?: string; map?: Record<string, string> };

/** The lines of a text, split at each delimiter; a text without a line end at its end is unended. */
function linesOf(text: string, delimiter: string): InputLine[] {
  const texts = text.split('\n');
  const last = texts.pop() as string;
  const lines: InputLine[] = texts.map((line, at) => ({ line: at + 1, cells: line.split(delimiter) }));
  return last === '' ? lines : [...lines, { line: lines.length + 1, cells: last.split(delimiter), isUnended: true }];
}

function draftOf(lines: string | InputLine[], { online = false, delimiter = ',', map = {} }: How = {}) {
  const allowed = { unassign: false, roundedIds: false, online, sandbox: false };
  const draft = createDraft({ map, allowed, delimiter });
  const given = typeof lines === 'string' ? linesOf(lines, delimiter) : lines;
  const entries: PlanEntry[] = [];
  let error: FileError | null = null;
  for (let at = 0; at < given.length && error === null; at++) {
    const read = draft.read(given, at);
    if (read === null) continue;
    if ('conflict' in read) throw new Error(read.conflict);
    if ('code' in read) error = read;
    else entries.push(read);
  }
  return {
    entries,
    error: error ?? draft.end(),
    cutLine: draft.cutLine,
    blankLines: draft.blankLines,
    ignored: draft.ignoredColumn,
  };
}

/** `reason: note` of each row; `ok` for one that is accepted. */
function rowsOf(text: string | InputLine[], how: How = {}): string[] {
  const { entries, error } = draftOf(text, how);
  if (error !== null) return [`${error.code} in line ${error.line}: ${error.text}`];
  return entries.map(({ action, reason, note }) => (action === 'change' ? 'ok' : `${reason}: ${note}`));
}

const HEADER = 'id,profile_id,product\n';
const good = (n: number) => `${id(n)},${profile(1)},A2P`;
const AGAIN = 'repeated_header: the header again, as in files that were joined; delete the line';
const COUNT = (have: number, want: number) =>
  `wrong_number_of_cells: ${have} ${have === 1 ? 'cell' : 'cells'} where the header has ${want}; `;

describe('targets of every row', () => {
  const read = (header: string) => {
    const allowed = {
      unassign: false,
      roundedIds: false,
      online: true,
      constants: { messaging_profile_name: 'Support' },
    };
    return createDraft({ map: {}, allowed, delimiter: ',' }).read([{ line: 1, cells: header.split(',') }], 0);
  };

  it('fit a header without such a column, and no other', () => {
    expect(read('id,note')).toBeNull();
    expect(read('id,profile_id')).toEqual({
      conflict: expect.stringContaining('the file has the column "profile_id"'),
    });
  });

  it('make a line of a file without a header a row of numbers', () => {
    const text = expect.stringMatching(/line 1 is a row already: add a header above, such as phone_number$/);
    expect(read('+13125550001')).toMatchObject({ code: 'no_header', text });
  });
});

describe('files that were joined', () => {
  it.each([
    ['the same header', 'id,profile_id,product'],
    ['in another case and spelling', 'ID,Profile-Id, PRODUCT'],
    ['with blank cells behind', 'id,profile_id,product,,'],
    ['by other known names', 'number_id,target_messaging_profile_id,product'],
    ['with more columns', 'id,profile_id,product,note'],
    ['with fewer columns', 'id,profile_id'],
  ])('have a repeated header: %s', (_, header) => {
    expect(rowsOf(`${HEADER}${good(1)}\n${header}\n${good(2)}\n`)).toEqual(['ok', AGAIN, 'ok']);
  });

  it('have a repeated header in columns that --map names, with digits in their names', () => {
    const map = { phone_number_id: 'No. 1', messaging_product: 'Sorte' };
    expect(rowsOf(`No. 1,Sorte\n${id(1)},A2P\nNo. 1,Sorte\n`, { map })).toEqual(['ok', AGAIN]);
  });

  it('have a repeated header of phone numbers', () => {
    const text = 'note,phone_number,product\nx,+18005550001,A2P\nnote,phone_number,product\nx\n';
    expect(rowsOf(text, { online: true })).toEqual(['ok', AGAIN, expect.stringContaining('1 cell where')]);
  });

  it.each(['sep=,', 'sep=;', 'SEP=,'])('have a line %s again', (sep) => {
    expect(rowsOf(`id,product\n${id(1)},A2P\n${sep}\n`)[1]).toMatch(/^repeated_header: a line that names the delim/);
  });

  it('may have the end of a file in DOS between or behind them', () => {
    expect(rowsOf(`${HEADER}${good(1)}\n\x1a${good(2)}\n\x1a`)).toEqual(['ok', 'ok']);
  });

  it('are refused if the fields of the second header are in other columns', () => {
    for (const header of ['profile_id,id,product', 'id,product,profile_id', 'note,id,profile_id,product']) {
      expect(rowsOf(`${HEADER}${good(1)}\n${header}\n${good(2)}\n`)).toEqual([
        'second_header in line 3: another header, with the fields in other columns, as in files that were joined; split the file here',
      ]);
    }
  });

  it('without a line end between them name what follows in the line', () => {
    const how = 'in the same line, as in files that were joined without a line end; break the line there';
    expect(rowsOf(`${HEADER}${good(1)}id,profile_id,product\n`)).toEqual([
      `${COUNT(5, 3)}the header of another file follows ${how}`,
    ]);
    expect(rowsOf(`${HEADER}${good(1)}${good(2)}\n`)).toEqual([`${COUNT(5, 3)}another row follows ${how}`]);
    expect(rowsOf('product,phone_number\nA2P,+18005550001A2P,+18005550002\n', { online: true })).toEqual([
      `${COUNT(3, 2)}another row follows ${how}`,
    ]);
    const [odd] = rowsOf(`id,product\n${id(1)},A2P,x\n`);
    expect(odd).toBe(`${COUNT(3, 2)}a cell with the delimiter in it must be in quotes`);
  });

  it('of another delimiter name both', () => {
    expect(rowsOf(`${HEADER}${good(1).replaceAll(',', ';')}\n`)).toEqual([
      `${COUNT(1, 3)}its delimiter is semicolon and that of the header comma; use one`,
    ]);
  });

  it('do not make a header of a row with names as values', () => {
    expect(rowsOf(`${HEADER}product,${profile(1)},A2P\n${id(1)},,id\n`, { online: true })).toEqual(['ok', 'ok']);
    expect(rowsOf(`id,a,b,product\nabc,x,y,A2P\n`, { online: true })).toEqual(['ok']);
  });
});

describe('the number of cells', () => {
  it('may be higher by blank cells, in rows and in the header', () => {
    expect(rowsOf(`${HEADER}${good(1)},\n${good(2)},, ,\t\n`)).toEqual(['ok', 'ok']);
    expect(rowsOf(`id,profile_id,product,,\n${good(1)}\n${good(2)},x,y\n${good(3)},x,y,\n`)).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
  });

  it('too few and too many have texts of their own', () => {
    expect(rowsOf(`${HEADER}${id(1)},${profile(1)}\n`)).toEqual([
      `${COUNT(2, 3)}add the cells that are missing, also if they are empty`,
    ]);
    expect(rowsOf(`${HEADER}${good(1)},x\n`)).toEqual([
      `${COUNT(4, 3)}a cell with the delimiter in it must be in quotes`,
    ]);
    expect(rowsOf(`id,product\n${id(1)}\n`)).toEqual([
      `${COUNT(1, 2)}add the cells that are missing, also if they are empty`,
    ]);
  });

  it('of a row from failed.csv says how to fix it', () => {
    expect(rowsOf(`${HEADER}${id(1)},,,too few cells\n`)).toEqual([
      `${COUNT(4, 3)}add the cells that are missing, and remove the last one, which says so`,
    ]);
    // A spreadsheet that has saved the file has padded its header.
    expect(rowsOf(`id,profile_id,product,,,\n${id(1)},,,too few cells,,\n`)).toEqual([
      `${COUNT(4, 3)}add the cells that are missing, and remove the last one, which says so`,
    ]);
  });

  it('is one if the whole line is in quotes', () => {
    expect(
      rowsOf([
        { line: 1, cells: HEADER.trim().split(',') },
        { line: 2, cells: [good(1)] },
      ]),
    ).toEqual([`${COUNT(1, 3)}the whole line is in quotes; remove those at its start and end`]);
  });

  it('is not checked against columns without a name beyond the 256th', () => {
    const header = `id,product${','.repeat(1000)}`;
    expect(rowsOf(`${header}\n${id(1)},A2P\n${id(2)},A2P${','.repeat(2000)}\n`)).toEqual(['ok', 'ok']);
  });
});

describe('files that were cut off', () => {
  it.each([
    ['an empty last cell', `${HEADER}${good(1)}\n${id(2)},${profile(1)},`, 3],
    ['a blank last cell', `${HEADER}${id(2)},${profile(1)}, `, 2],
    ['a line end', `${HEADER}${id(2)},${profile(1)},\n`, null],
    ['a last cell', `${HEADER}${good(1)}`, null],
    ['blank cells behind the last column', `${HEADER}${good(1)},`, null],
    ['a header alone', 'id,product,', null],
    ['a product that is shorter than the others', `${HEADER}${good(1)}\n${good(2)}\n${id(3)},${profile(1)},A2`, 4],
    ['an id that is shorter than the others', `product,id\nA2P,${id(1)}\nP2P,${id(2).slice(0, 9)}`, 3],
    ['a short id among ids of several lengths', 'product,id\nA2P,9\nA2P,10\nA2P,1', null],
    ['a short id alone', 'product,id\nA2P,1', null],
    ['a short note', 'id,product,note\n1,A2P,abc\n2,A2P,a', null],
    ['too few cells', `${HEADER}${good(1)}\n${id(2)}`, 3],
  ])('in the last line, with %s', (_, text, line) => {
    const { cutLine, error } = draftOf(text);
    expect([error, cutLine]).toEqual([null, line]);
  });

  it('say so in the rejection of the last row', () => {
    const cut = 'the file ends in this row without a line end, so it may have been cut off';
    expect(rowsOf(`${HEADER}${id(1)},00000`)).toEqual([`${COUNT(2, 3)}${cut}`]);
    const [row] = rowsOf(`id,product,profile_id\n${id(1)},,00000000-0000`);
    expect(row).toMatch(new RegExp(`^bad_profile_id: .*; ${cut}$`));
    expect(rowsOf(`id,product,profile_id\n${id(1)},,00000000-0000\n`)[0]).not.toContain(cut);
    expect(rowsOf(`${HEADER}${id(1)},UNASSIGN,A2P`)[0]).not.toContain(cut);
  });
});

describe('the start of a file', () => {
  const texts = (text: string, how: How = {}) => {
    const { error } = draftOf(text, how);
    return `${error?.code} ${error?.line} ${error?.text}`;
  };
  const LOOKS = 'looks like the header: delete the lines above';

  it.each([
    ['a title', `Numbers to move\n\n\n${HEADER}${good(1)}\n`, `line 4 ${LOOKS}`],
    ['a title with cells', `Export,2026-01-01,\n${HEADER}`, `line 2 ${LOOKS}`],
    ['comments', `# exported\n# by a script\n${HEADER}`, `line 3 ${LOOKS}`],
    ['a title that is a known name', `Number\n${HEADER}`, `line 2 ${LOOKS}`],
    ['a group header', `Number,Number,Profile\n${HEADER}`, `line 2 ${LOOKS}`],
    ['a header of another delimiter below', `Numbers\nid;profile_id;product\n`, `line 2 ${LOOKS}`],
    ['rows above the header', `${good(1)}\n${HEADER}`, `line 2 ${LOOKS}`],
  ])('%s names the header', (_, text, hint) => {
    expect(texts(text)).toMatch(new RegExp(`; ${hint}$`));
    expect(texts(text)).toContain(' 1 ');
  });

  it.each([
    [
      'a row',
      `${good(1)}\n${good(2)}\n`,
      'line 1 is a row already: add a header above, such as phone_number_id,messaging_profile_id,messaging_product',
    ],
    ['a row with a note', `x,${id(1)},P2P\n`, 'such as note,phone_number_id,messaging_product'],
    ['a row without targets', `${id(1)}\n`, 'such as phone_number_id,messaging_profile_id'],
    ['two profiles', `${id(1)},${profile(1)},${profile(2)}\n`, 'such as phone_number_id,messaging_profile_id'],
    ['a comment alone', '# nothing\n', 'lines that begin with # are not skipped'],
    ['a header behind #', `# id,product\n${id(1)},A2P\n`, 'remove the # at the start of line 1'],
  ])('%s', (_, text, hint) => {
    expect(texts(text)).toMatch(new RegExp(`; .*${hint}$`));
  });

  it('is quoted as a whole', () => {
    const lines = [
      { line: 1, cells: [HEADER.trim()] },
      { line: 2, cells: [good(1)] },
    ];
    expect(draftOf(lines).error?.text).toMatch(
      /; line 1 is in quotes as a whole, so it is one cell: remove those at the start and end of each line$/,
    );
  });

  it.each([
    ['a title in quotes', [['Numbers, all'], ['id', 'product']], `line 2 ${LOOKS}`],
    ['other quotes', [["'id'", "'product'"]], 'its cells are in other quotes than '],
    ['typographic quotes', [['\u201cid\u201d', '\u201cproduct\u201d']], 'its cells are in other quotes than '],
    ['another separator', [['id:product:x']], 'its columns are separated by ":"'],
    ['another separator with spaces', [['"id" ^ "product"']], 'its columns are separated by " ^ "'],
    ['a comma of another script', [['id\uff0cproduct']], String.raw`its columns are separated by "\uff0c"`],
    ['a mark in another encoding', [['\u00ef\u00bb\u00bfid', 'product']], 'a byte order mark that was saved as text'],
  ])('may have %s', (_, lines, hint) => {
    const { error } = draftOf(lines.map((cells, at) => ({ line: at + 1, cells })));
    expect(error?.text).toContain(hint);
  });

  it.each(['a:b', 'id:b', `id:product:${'x'.repeat(5000)}`, '\u00ef\u00bb\u00bfa'])('%s has no such cause', (name) => {
    expect(texts(`${name}\nx\n`)).toMatch(/\(see --map\)$/);
  });

  it.each(['\u2028', '\u0085', '\v'])('with the line end %j is all of the file', (end) => {
    const hint = /; the line ends are of another kind \("\\.*"\): save the file with LF or CRLF$/;
    expect(texts(`id,product${end}1,A2P${end}`)).toMatch(hint);
    expect(texts(`id,product,note${end}1,A2P,x${end}`)).toMatch(hint);
    expect(rowsOf(`id,product,a${end}b\n1,A2P,\n`)).toEqual(['ok']);
  });

  it('says nothing more of other names, and looks at 50 lines', () => {
    expect(texts('Rufnummer,Ziel\nx,y\n')).toMatch(/\(see --map\)$/);
    expect(texts('A2P,x\n')).toMatch(/\(see --map\)$/);
    expect(texts(`x\n${'y\n'.repeat(60)}${HEADER}`)).toMatch(/\(see --map\)$/);
  });

  it('may be blank; a file of blank lines is empty', () => {
    expect(draftOf(`\n ,\n${HEADER}\n${good(1)}\n`)).toMatchObject({ error: null, blankLines: 1 });
    expect(texts('\n,\n')).toBe('no_header null the file is empty');
    expect(texts('')).toBe('no_header null the file is empty');
  });

  it('lists at most 20 names, each shortened', () => {
    const names = Array.from({ length: 100_000 }, (_, at) => `${'x'.repeat(100)}${at}`);
    expect(texts(`${names.join(',')}\n`)).toMatch(/and 99,980 others \(see --map\)$/);
    expect(texts(`${names.join(',')}\n`).length).toBeLessThan(2000);
    expect(texts(`${'id,'.repeat(1000)}product\n`).length).toBeLessThan(500);
  });
});

describe('a column named number', () => {
  const header = 'Number,id,product\n';

  it.each([
    ['a count', `${header}1,1,A2P\n2,2,A2P\n`, ['ok', 'ok'], 'Number'],
    ['words', `${header}Main line,1,A2P\n`, ['ok'], 'Number'],
    ['a count after blank cells', `${header},1,A2P\n7,2,A2P\n`, ['ok', 'ok'], 'Number'],
    ['nothing, in a row that is too short', 'id,product,number\n1,A2P\n', [expect.stringMatching(/^wrong/)], null],
    ['phone numbers', `${header}+18005550001,1,A2P\n`, ['ok'], null],
    ['nothing', `${header},1,A2P\n`, ['ok'], null],
  ])('of %s beside ids', (_, text, rows, ignored) => {
    expect(rowsOf(text)).toEqual(rows);
    expect(draftOf(text).ignored).toBe(ignored);
  });

  it('is not ignored if rows have no ids, the column has another name, or the first cell is a phone number', () => {
    const bad = expect.stringMatching(/^bad_phone_number/);
    expect(rowsOf('number,product\n1,A2P\n', { online: true })).toEqual([bad]);
    expect(rowsOf('phone_number,id,product\n1,1,A2P\n')).toEqual([bad]);
    expect(rowsOf(`${header}+18005550001,1,A2P\n7,2,A2P\n`)).toEqual(['ok', bad]);
    expect(rowsOf(`${header}NULL,1,A2P\n`)).toEqual([bad]);
  });
});

describe('a long column name', () => {
  it('is in no message whole', () => {
    const long = `i${'_'.repeat(100_000)}d`;
    const [row = ''] = rowsOf(`${long},product\n+18005550001,A2P\n`);
    expect(row).toContain('--map phone_number=COLUMN');
    expect(row.length).toBeLessThan(500);
    const { error } = draftOf(`profile id of ${long},number id of it\nx,y\n`);
    expect(error).toMatchObject({ code: 'no_header', map: null });
  });
});

describe('comments', () => {
  it('are rows, and their rejection says so', () => {
    const hint = '; a comment is read as a row, so delete the line if it is one';
    for (const comment of ['# moved today', ' # a, b', '#,,']) {
      expect(rowsOf(`${HEADER}${good(1)}\n${comment}\n`)[1]).toMatch(new RegExp(`${hint}$`));
    }
    for (const error of ['#REF!', '#N/A', '#NAME?', '#DIV/0!']) {
      expect(rowsOf(`${HEADER}${error},${profile(1)},A2P\n`)[0]).not.toContain(hint);
    }
  });
});
