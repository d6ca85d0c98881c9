import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { copyBytes, makePlan } from '../../../src/app/planning/make-plan.ts';
import { fileSha256 } from '../../../src/io/digest.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { id, planOf, profile } from '../../support/app/plans.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const never = new AbortController().signal;

describe('copyBytes', () => {
  it('keeps the exact bytes of a file and of a stream, for the owner alone', async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00, 0x0d, 0x0a, 0x80]);
    for (const from of [tempFile(bytes), Readable.from([bytes.subarray(0, 3), bytes.subarray(3)])]) {
      const dir = tempDir();
      expect(await copyBytes(from, dir, never)).toBe(sha256(bytes));
      const copy = runFiles(dir).input;
      expect(readFileSync(copy).equals(bytes)).toBe(true);
      expect(statSync(copy).mode & 0o777).toBe(0o600);
      expect(await fileSha256(copy)).toBe(sha256(bytes));
    }
  });

  it('ends with the reason of a signal, also while nothing comes', async () => {
    const controller = new AbortController();
    const silent = new Readable({ read: () => undefined });
    const copied = copyBytes(silent, tempDir(), controller.signal);
    controller.abort('SIGINT');
    await expect(copied).rejects.toThrow();
    expect(silent.destroyed).toBe(true);
  });

  it('throws what the file system throws', async () => {
    // A disk that is full halfway is not left full.
    async function* half() {
      yield Buffer.alloc(100_000);
      throw new Error('no space');
    }
    const dir = tempDir();
    await expect(copyBytes(half(), dir, never)).rejects.toThrow('no space');
    expect(readdirSync(dir)).toEqual([]);
    await expect(copyBytes('/nonexistent/in.csv', tempDir(), never)).rejects.toThrow('ENOENT');
    await expect(copyBytes(tempFile('x'), '/nonexistent', never)).rejects.toThrow('ENOENT');
  });
});

describe('makePlan', () => {
  it('has a line for every data row, in order, with the line number at which the row starts', async () => {
    const { entries, planned, dir } = await planOf(
      [
        'sep=;',
        'Note;Number ID;Profile ID;Product',
        `"two\r\nlines";${id(1)};${profile(1)};`,
        '',
        `;${id(2)};${profile(2).toUpperCase()};A2P`,
        ' ; ;;',
        `;="${id(3)}";;P2P`,
        `x;${id(1)};${profile(1)};`,
        `x;${id(4)};UNASSIGN;`,
        `x;${id(5)};`,
      ].join('\r\n'),
    );
    expect(entries.map((entry) => [entry.row, entry.line, entry.id, entry.action, entry.reason])).toEqual([
      [1, 3, id(1), 'change', ''],
      [2, 6, id(2), 'change', ''],
      [3, 8, id(3), 'change', ''],
      [4, 9, id(1), 'duplicate', ''],
      [5, 10, id(4), 'rejected', 'unassign_not_allowed'],
      [6, 11, id(5), 'rejected', 'wrong_number_of_cells'],
    ]);
    expect(entries.map((entry) => [entry.profileTarget, entry.productTarget]).slice(0, 3)).toEqual([
      [profile(1), ''],
      [profile(2), 'A2P'],
      ['', 'P2P'],
    ]);
    expect(entries[3]?.note).toContain('line 3');
    expect(planned.preview).toMatchObject({ rows: 6, blankLines: 2 });
    expect(planned.preview.actions).toEqual({ change: 3, unchanged: 0, rejected: 2, duplicate: 1, held: 0 });
    expect(planned.planSha256).toBe(await fileSha256(runFiles(dir).plan));
    expect(statSync(runFiles(dir).plan).mode & 0o777).toBe(0o600);
  });

  it('returns the digest of the final file, with and without repeated ids', async () => {
    for (const rows of [
      [`${id(1)},A2P`, `${id(2)},A2P`],
      [`${id(1)},A2P`, `${id(2)},"Zoë, ""x"""`, `${id(1)},P2P`],
    ]) {
      const { planned, dir } = await planOf(`id,product\n${rows.join('\n')}\n`);
      expect(planned.planSha256).toBe(sha256(readFileSync(runFiles(dir).plan)));
      expect(readdirSync(dir).sort()).toEqual(['input.csv', 'plan.csv']);
    }
  });

  it('rejects every row of a conflict, each naming the other lines, and counts them once', async () => {
    const { entries, planned } = await planOf(
      `id,profile_id,product\n${id(1)},${profile(1)},\n${id(2)},,A2P\n${id(1)},${profile(2)},\n${id(1)},,A2P\n`,
    );
    expect(entries.map(({ action, reason }) => [action, reason])).toEqual([
      ['rejected', 'conflict'],
      ['change', ''],
      ['rejected', 'conflict'],
      ['rejected', 'conflict'],
    ]);
    expect(entries[0]?.note).toContain('lines 4, 5');
    expect(entries[2]?.note).toContain('lines 2, 5');
    expect(planned.preview.actions).toMatchObject({ change: 1, rejected: 3, duplicate: 0 });
  });

  it('finds the columns that --map names, and lets pass what the flags allow', async () => {
    const rounded = '1293384261000000000';
    const text = `Nummer|Ziel|id\n${rounded}|unassign|x\n`;
    const map = { phone_number_id: 'nummer', messaging_profile_id: 'ZIEL' };
    const allowed = { allow_unassign: true, allow_rounded_ids: true };
    const { entries } = await planOf(text, { map, delimiter: '|', ...allowed });
    expect(entries).toMatchObject([{ id: rounded, profileTarget: 'UNASSIGN', action: 'change' }]);
    const strict = await planOf(text, { map, delimiter: '|' });
    expect(strict.entries).toMatchObject([{ action: 'rejected', reason: 'id_looks_rounded' }]);
  });

  it('rejects every long id of a file if all have been doubles, also those that repeat', async () => {
    const doubles = ['1293384261075731456', '1293384261075731712', '1293384261075731968'];
    const text = `id,product\n${[...doubles, doubles[0], '7', '7'].map((number) => `${number},A2P\n`).join('')}`;
    const { planned, entries } = await planOf(text);
    const rejected = ['rejected', 'id_looks_rounded'];
    const expected = [rejected, rejected, rejected, rejected, ['change', ''], ['duplicate', '']];
    expect(entries.map(({ action, reason }) => [action, reason])).toEqual(expected);
    expect(planned.preview.actions).toMatchObject({ change: 1, rejected: 4, duplicate: 1 });
    expect(planned.preview.rejections()).toHaveLength(4);
    const allowed = await planOf(text, { allow_rounded_ids: true });
    expect(allowed.planned.preview.actions).toMatchObject({ change: 4, rejected: 0, duplicate: 2 });
    const intact = await planOf(`${text}${id(1)},A2P\n`);
    expect(intact.planned.preview.actions).toMatchObject({ change: 5, rejected: 0, duplicate: 2 });
  });

  it('names the column of ids in the option for a column of phone numbers', async () => {
    const { entries } = await planOf('number id,product\n+18005550001,A2P\n');
    expect(entries[0]?.note).toContain("pass --map 'phone_number=number id'");
  });

  it.each([
    ['an empty file', '', 'no_header', null],
    ['blank lines only', '\n \r\n\n', 'no_header', null],
    ['no header', `\n${id(1)},${profile(1)}\n`, 'no_header', 2],
    ['no target column', `\n\nid,label\n${id(1)},x\n`, 'missing_column', 3],
    ['one column', `phone_number_id\n${id(1)}\n`, 'missing_column', 1],
    ['a column twice, by an alias', `id,product,Phone-Number ID\n`, 'duplicate_column', 1],
    ['a quote that is not closed', `id,product\n${id(1)},A2P\n${id(2)},"A2P\n`, 'bad_quoting', 3],
    ['zero bytes', `id,product\n${id(1)},A2P\n\0\n`, 'bad_encoding', 3],
  ])('%s is an error of the whole file, and leaves no plan', async (_, text, code, line) => {
    const { planned, dir, entries } = await planOf(text);
    expect(planned.fileError).toMatchObject({ code, line });
    expect(planned.planSha256).toBeNull();
    expect(planned.preview).toMatchObject({ rows: 0, blankLines: 0 });
    expect(entries).toEqual([]);
    expect(readdirSync(dir)).toEqual(['input.csv']);
  });

  it('a bad byte after twenty thousand rows is an error with its line, and leaves no plan', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => `${id(at)},A2P\n`).join('');
    const { planned, dir } = await planOf(
      Buffer.concat([Buffer.from(`id,product\n${rows}`), Buffer.from([0xff, 0x0a])]),
    );
    expect(planned.fileError).toMatchObject({ code: 'bad_encoding', line: 20_002 });
    expect(existsSync(runFiles(dir).plan)).toBe(false);
  });

  it('a header alone is a plan of no rows', async () => {
    const { planned, entries } = await planOf('\uFEFFphone_number_id;messaging_product\r\n');
    expect(planned).toMatchObject({ fileError: null, dialect: { encoding: 'utf-8', delimiter: ';' } });
    expect([planned.preview.rows, entries]).toEqual([0, []]);
  });

  it('writes nothing into the plan that would be a line of its own or a formula', async () => {
    const nasty = ['=1+1', '@x', 'a\r\nb', 'a\u2028', '"', '\u001b[2J', ',;|\t', '-2', "'x", 'b\u0085'];
    const rows = nasty.map((text) => `"${text.replaceAll('"', '""')}","${text.replaceAll('"', '""')}",,`);
    const { dir, entries } = await planOf(`id,phone_number,profile_id,product\n${rows.join('\n')}\n`);
    expect(entries).toHaveLength(nasty.length);
    expect(entries.every(({ action }) => action === 'rejected')).toBe(true);
    const text = readFileSync(runFiles(dir).plan, 'utf8');
    expect(text.split('\n')).toHaveLength(nasty.length + 2);
    for (const entry of entries)
      for (const cell of [entry.id, entry.phoneNumber]) expect(cell).not.toMatch(/^\s*[=@-]/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u0085\u2028]/);
  });

  it('stops for a signal with its reason, and leaves no plan', async () => {
    const dir = tempDir();
    await copyBytes(tempFile(`id,product\n${`${id(1)},A2P\n`.repeat(50_000)}`), dir, never);
    const controller = new AbortController();
    const checks = { map: {}, delimiter: null, allow_unassign: false, allow_rounded_ids: false, sandbox: false };
    const made = makePlan(dir, checks, controller.signal, null);
    controller.abort(new Error('SIGTERM'));
    await expect(made).rejects.toThrow('SIGTERM');
    expect(existsSync(join(dir, 'plan.csv'))).toBe(false);
    expect(readdirSync(dir)).toEqual(['input.csv']);
  });
});
