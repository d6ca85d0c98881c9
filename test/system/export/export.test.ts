import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { profileId } from '../../support/ids.ts';
import { KEY } from '../../support/io/servers.ts';
import { type PlainAccount, type PlainNumber, plainApi } from '../../support/program/plain-api.ts';
import { run } from '../../support/program/run.ts';
import { table, workDirectory, writeLines } from '../../support/program/workspace.ts';

const [ONE, TWO, THREE] = [profileId(1), profileId(2), profileId(3)];
const PROFILES = [
  { id: ONE, name: 'Old, "first"' },
  { id: TWO, name: '=Equal()', enabled: false },
  { id: THREE, name: '=Equal()' },
];

function numberOf(n: number, changes: Partial<PlainNumber> = {}): PlainNumber {
  return {
    id: `12933842610757${String(31000 + n).padStart(5, '0')}`,
    phone_number: `+1312555${String(n).padStart(4, '0')}`,
    messaging_profile_id: ONE,
    messaging_product: 'A2P',
    type: 'long-code',
    country_code: 'US',
    ...changes,
  };
}

const many = (count: number) => Array.from({ length: count }, (_, at) => numberOf(at + 1));
const rowsOf = (cwd: string, file: string) =>
  parse(readFileSync(join(cwd, file)), { columns: true }) as Record<string, string>[];

async function exporting(account: Partial<PlainAccount>, ...args: string[]) {
  const cwd = workDirectory();
  const api = await plainApi({ numbers: [], profiles: PROFILES, ...account });
  return { cwd, api, ...(await run(cwd, ['export', ...args, ...api.flags])) };
}

/** An account that shows things that no input made by hand would have. */
const ODD: PlainNumber[] = [
  numberOf(1),
  numberOf(2, { messaging_profile_id: TWO }),
  numberOf(3, { messaging_profile_id: THREE, messaging_product: 'P2P', eligible_messaging_products: ['A2P'] }),
  numberOf(4, { messaging_profile_id: null }),
  numberOf(5, { messaging_profile_id: '', messaging_product: null }),
  numberOf(6, { messaging_profile_id: profileId(9) }),
  numberOf(7, { id: '1293384261075000000' }),
  { id: 'short-code', phone_number: '12345', messaging_profile_id: ONE, type: 'short_code' },
  { id: 'no-profile', messaging_product: 'A2P' },
  { id: 'nothing' },
  { id: '../nothing', messaging_profile_id: ONE },
];

describe('an export', () => {
  it('is read 250 a page, and is a private file in the order of the list', async () => {
    const { cwd, api, exit, stdout } = await exporting({ numbers: many(1001) }, 'all.csv');
    expect(exit).toBe(0);
    expect(stdout).toContain('Wrote 1,001 numbers to all.csv (6 requests, ');
    expect(stdout).toContain('  1,001  on "Old, "first""');
    expect(stdout).toContain(` apply all.csv --base-url ${api.url}\n`);
    expect(rowsOf(cwd, 'all.csv').map((row) => row.phone_number_id)).toEqual(many(1001).map(({ id }) => id));
    expect(statSync(join(cwd, 'all.csv')).mode & 0o777).toBe(0o600);
    expect(readdirSync(cwd)).toEqual(['all.csv']);
  });

  it('tells profiles of the same name by their ids', async () => {
    const numbers = [
      numberOf(1, { messaging_profile_id: TWO }),
      numberOf(2, { messaging_profile_id: THREE }),
      numberOf(3),
    ];
    const { stdout } = await exporting({ numbers }, 'all.csv');
    for (const text of [`on "=Equal()" (${TWO})`, `on "=Equal()" (${THREE})`, 'on "Old, "first""\n'])
      expect(stdout).toContain(text);
  });

  it('goes to standard output without a file, and nothing else does', async () => {
    const { cwd, exit, stdout, stderr } = await exporting({ numbers: many(3) }, '--quiet');
    expect({ exit, stderr, files: readdirSync(cwd) }).toEqual({ exit: 0, stderr: '', files: [] });
    expect(parse(stdout, { columns: true })).toHaveLength(3);
    const loud = await exporting({ numbers: many(3) }, '-');
    expect(loud.stdout.split('\n')).toHaveLength(5);
    expect(loud.stderr).toContain('Wrote 3 numbers to standard output');
  });

  it('is an input that sends nothing, whatever the account has', async () => {
    const numbers = ODD.map((one) => ({ ...one }));
    const { cwd, api, exit, stderr } = await exporting({ numbers }, 'odd.csv');
    expect(exit).toBe(0);
    expect(stderr.match(/warning: .*/g)).toEqual([
      'warning: 1 number left out: its id cannot be used in a request',
      'warning: 1 number left out: it shows neither profile nor product',
      'warning: the account does not show the profile of 1 number: that cell is empty, so apply leaves its profile alone',
      'warning: 2 numbers without a phone number in E.164, such as a short code: the id alone names them',
    ]);
    const applied = await run(cwd, ['apply', 'odd.csv', ...api.flags, '--allow-unassign', '--yes']);
    expect(applied.exit).toBe(0);
    expect(table(cwd, 'results.csv').map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 'unchanged'));
    expect(api.requests.filter((request) => request.startsWith('PATCH'))).toEqual([]);
    // What was moved away comes back.
    const before = structuredClone(numbers);
    for (const number of numbers.slice(0, 7)) number.messaging_profile_id = THREE;
    const restored = await run(cwd, ['apply', 'odd.csv', ...api.flags, '--allow-unassign', '--yes', '--skip-rejected']);
    expect(restored.exit).toBe(4);
    // But for a profile that is disabled, and one that the account does not have.
    const apart = ({ messaging_profile_id: profile }: PlainNumber) => profile === TWO || profile === profileId(9);
    const plain = (all: PlainNumber[]) =>
      all
        .filter((_, at) => !apart(before[at] as PlainNumber))
        .map((one) => ({ ...one, messaging_profile_id: one.messaging_profile_id || null }));
    expect(plain(numbers)).toEqual(plain(before));
  });

  it('says in JSON what it wrote', async () => {
    const { api, exit, stdout } = await exporting({ numbers: ODD.slice(3, 4) }, 'one.csv', '--json');
    expect({ exit, ...(JSON.parse(stdout) as object) }).toEqual({
      exit: 0,
      command: 'export',
      exit_code: 0,
      exit_name: 'ok',
      file: 'one.csv',
      numbers: 1,
      unassigned: 1,
      requests: 2,
      warnings: [],
      next_command: expect.stringContaining(` apply one.csv --base-url ${api.url} --allow-unassign`),
    });
  });

  it.each([
    [['--profile', ONE], 4],
    [['--profile', 'Old, "first"'], 4],
    [['--profile', 'none'], 2],
    [['--product', 'P2P'], 1],
    [['--type', 'toll_free'], 0],
    [['--type', 'short-code'], 1],
    [['--country', 'us', '--product', 'A2P'], 6],
    [['--contains', '555000'], 7],
    [['--tag', 'vip'], 1],
  ])('has the numbers that %j choose, also if the API filters nothing', async (flags, count) => {
    const numbers = [...ODD.slice(0, 9), numberOf(50, { tags: ['vip'], messaging_profile_id: ONE, type: 'landline' })];
    const { cwd, exit } = await exporting({ numbers }, 'some.csv', ...flags);
    expect(exit).toBe(0);
    expect(rowsOf(cwd, 'some.csv')).toHaveLength(count);
  });

  it('says how many numbers do not show what a filter asks for', async () => {
    const { stderr } = await exporting({ numbers: ODD }, 'some.csv', '--tag', 'vip');
    expect(stderr).toContain('warning: 11 numbers left out: they do not show what the filters ask for');
  });

  it.each(['--profile', '--opt-outs'])('asks it for the id of a profile as it writes it: %s', async (flag) => {
    const id = 'AAAAAAAA-0000-4000-8000-00000000000A';
    const { exit, api } = await exporting({ profiles: [{ id, name: 'Loud' }] }, 'some.csv', flag, 'Loud');
    expect({ exit, asked: api.requests[1] }).toEqual({
      exit: 0,
      asked: expect.stringContaining(`filter[messaging_profile_id]=${id}`),
    });
  });

  it('asks the API to filter, and does without if it refuses', async () => {
    const onRequest = (url: URL) => (url.searchParams.has('filter[type]') ? 422 : undefined);
    const flags = ['--profile', ONE, '--contains', '+1312', '--type', 'longcode'];
    const { cwd, api, exit } = await exporting({ numbers: ODD, onRequest }, 'some.csv', ...flags);
    expect(exit).toBe(0);
    expect(rowsOf(cwd, 'some.csv')).toHaveLength(2);
    const [, asked, plain] = api.requests;
    expect(asked).toContain(
      `filter[messaging_profile_id]=${ONE}&filter[phone_number][contains]=1312&filter[type]=longcode`,
    );
    expect(plain).not.toContain('filter');
  });

  it('does not believe a filter that leaves nothing, or whose total is that of all numbers', async () => {
    const nothing = (url: URL) =>
      url.search.includes('filter') ? { data: [], meta: { total_results: 0, total_pages: 0 } } : undefined;
    const all = (url: URL) =>
      url.search.includes('filter') ? { data: many(2), meta: { total_results: 5, total_pages: 1 } } : undefined;
    for (const [answer, requests] of [
      [nothing, 3],
      [all, 6],
    ] as const) {
      const { cwd, exit, api } = await exporting({ numbers: many(5), answer }, 'some.csv', '--type', 'longcode');
      expect({ exit, requests: api.requests.length }).toEqual({ exit: 0, requests });
      expect(rowsOf(cwd, 'some.csv')).toHaveLength(5);
    }
  });

  it('leaves out numbers without an id, which an input cannot have', async () => {
    const nameless = [
      { ...numberOf(2), id: undefined },
      { ...numberOf(3), id: 12933842 },
    ] as unknown as PlainNumber[];
    const { cwd, exit, stderr } = await exporting({ numbers: [numberOf(1), ...nameless] }, 'some.csv');
    expect({ exit, rows: rowsOf(cwd, 'some.csv').length }).toEqual({ exit: 0, rows: 1 });
    expect(stderr).toContain('warning: 2 numbers left out: their ids cannot be used in a request');
    const quiet = await exporting({ numbers: [numberOf(1), ...nameless] }, 'some.csv', '--quiet');
    expect(quiet.stderr).toBe(stderr);
  });

  it.each([
    [['--profile', 'Old'], 'the account has no profile with the name "Old"'],
    [['--profile', '=Equal()'], `2 profiles have the name "=Equal()": ${TWO}, ${THREE}`],
    [['--profile', profileId(8)], `the account has no profile ${profileId(8)}`],
    [['--opt-outs', 'Old'], 'the account has no profile with the name "Old"'],
  ])('of a profile that is not one: %j', async (flags, text) => {
    const { cwd, exit, stderr, api } = await exporting({ numbers: many(3) }, 'some.csv', ...flags);
    expect(exit).toBe(7);
    expect(stderr).toContain(text);
    expect(stderr).toContain('Nothing was written.');
    expect(readdirSync(cwd)).toEqual([]);
    expect(api.requests.some((request) => request.includes('/phone_numbers/messaging?'))).toBe(false);
  });

  it.each([
    [['--product', 'none'], '--product must be a product such as A2P, not "none"'],
    [['--product', 'A 2', '--type', 'fax', '--country', 'USA', '--contains', 'x'], '--country must be two letters'],
    [['--opt-outs', 'Old', '--tag', 'x'], '--opt-outs takes no other filter: leave out --tag'],
    [['--json'], '--json needs a file'],
    [['--map', 'phone_number=n'], '--map is about the CSV of --input, and there is none'],
    [['--delimiter', ';'], '--delimiter is about the CSV of --input'],
  ])('with flags that are wrong is refused before any request: %j', async (flags, text) => {
    const { exit, stderr, stdout, api } = await exporting({ numbers: many(3) }, ...flags);
    expect({ exit, requests: api.requests }).toEqual({ exit: 2, requests: [] });
    expect(stderr + stdout).toContain(text);
  });

  it('is never written where it cannot be, or over what it must not be', async () => {
    const cwd = workDirectory();
    const api = await plainApi({ numbers: many(3), profiles: PROFILES });
    writeFileSync(join(cwd, 'key'), KEY);
    const env = { TELNYX_API_KEY_FILE: join(cwd, 'key') };
    for (const file of ['.', 'missing/all.csv', 'key']) {
      const { exit, stderr } = await run(cwd, ['export', file, ...api.flags], { env, key: null });
      expect([file, exit, stderr]).toEqual([file, 2, expect.stringContaining('the file ')]);
    }
    expect(api.requests).toEqual([]);
  });
});

describe('an export from a server that', () => {
  const refusing = (status: number, path = '') => ({
    numbers: many(3),
    onRequest: (url: URL) => (url.pathname.includes(path) ? status : undefined),
  });

  it.each([
    [401, 'The API refused the key'],
    [402, 'The account could not be read'],
    [403, 'The account could not be read: HTTP 403'],
    [404, 'The account could not be read'],
    [500, 'The account could not be read'],
  ])('answers %i to everything writes nothing', async (status, text) => {
    const fast = ['--outage-patience', '0', '--max-attempts', '1'];
    const { cwd, exit, stderr } = await exporting(refusing(status), 'all.csv', ...fast);
    expect({ exit, files: readdirSync(cwd) }).toEqual({ exit: 7, files: [] });
    expect(stderr).toContain(text);
    expect(stderr.toLowerCase()).toContain('nothing was written');
  });

  it.each([404, 405, 422])('answers %i to the list of profiles has ids without names', async (status) => {
    const { cwd, exit, stderr } = await exporting(refusing(status, '/messaging_profiles'), 'all.csv');
    expect(exit).toBe(0);
    expect(stderr).toContain('warning: the names of profiles are missing, because they could not be read');
    expect(rowsOf(cwd, 'all.csv')[0]).toMatchObject({ messaging_profile_id: ONE, messaging_profile_name: '' });
  });

  it.runIf(process.platform === 'linux')(
    'is read well, but written to a full disk, is an error of the disk',
    async () => {
      const { exit, stderr } = await exporting({ numbers: many(3) }, '/dev/full');
      expect(exit).toBe(1);
      expect(stderr).toMatch(/^Could not write \/dev\/full: ENOSPC .*Nothing was written there\.\n$/);
    },
  );

  it('answers 404 to opt-outs writes nothing', async () => {
    const { cwd, exit, stderr } = await exporting(refusing(404, '/messaging_optouts'), 'o.csv', '--opt-outs', ONE);
    expect({ exit, files: readdirSync(cwd) }).toEqual({ exit: 7, files: [] });
    expect(stderr).toContain('page 1 of the list of opt-outs: HTTP 404');
  });
});

describe('an export of the numbers of a CSV', () => {
  const numbers = [
    numberOf(1),
    numberOf(2, { tags: ['vip'], health: { message_count: 7, success_ratio: 0.5 } }),
    numberOf(3),
  ];
  const exportOf = async (lines: string[], ...flags: string[]) => {
    const cwd = workDirectory();
    writeLines(cwd, lines);
    const api = await plainApi({ numbers, profiles: PROFILES });
    const ended = await run(cwd, ['export', 'before.csv', '--input', 'numbers.csv', ...flags, ...api.flags]);
    return { cwd, api, ...ended };
  };

  it('has them in its order, once, and says which are not there', async () => {
    const lines = ['Nummer;product', '+13125550002;whatever', '+13125550099;', '+13125550001;', '1 312 555-0002;'];
    const { cwd, exit, stdout, stderr } = await exportOf(lines, '--map', 'phone_number=Nummer');
    expect({ exit, stderr: stderr.match(/warning: .*/g) }).toEqual({
      exit: 0,
      stderr: ['warning: 1 row left out: the account has no such number (line 3)'],
    });
    expect(stdout).toContain('Wrote 2 numbers to before.csv');
    expect(rowsOf(cwd, 'before.csv')).toMatchObject([
      {
        phone_number: '+13125550002',
        messaging_product: 'A2P',
        message_count: '7',
        success_ratio: '0.5',
        spam_ratio: '',
      },
      { phone_number: '+13125550001', messaging_profile_id: ONE },
    ]);
  });

  it('leaves out a row whose id and phone number are of two numbers', async () => {
    const [one, two] = numbers as [PlainNumber, PlainNumber];
    const { cwd, stderr } = await exportOf([
      'id,phone_number',
      `${one.id},${two.phone_number}`,
      `${two.id},1312-555-0002`,
    ]);
    expect(stderr).toContain(
      'warning: 1 row left out: its id and its phone number are not of the same number (line 2)',
    );
    expect(rowsOf(cwd, 'before.csv').map((row) => row.phone_number_id)).toEqual([two.id]);
  });

  it('has those of them that other filters choose', async () => {
    const { cwd } = await exportOf(['id', ...numbers.map(({ id }) => id)], '--tag', 'vip', '--profile', ONE);
    expect(rowsOf(cwd, 'before.csv').map((row) => row.phone_number)).toEqual(['+13125550002']);
  });

  it.each([
    [['id', '1.29E+18', '5'], 3, 'numbers.csv, line 2: id_in_scientific_notation'],
    [['id,id', '1,2'], 3, 'duplicate_column'],
    [['nothing', '1'], 3, 'no_header'],
  ])('is refused as a whole if a row is: %j', async (lines, code, text) => {
    const { cwd, api, exit, stderr } = await exportOf(lines);
    expect({ exit, requests: api.requests }).toEqual({ exit: code, requests: [] });
    expect(stderr).toContain(text);
    expect(readdirSync(cwd)).toEqual(['numbers.csv']);
  });

  it('needs a file that is not its own', async () => {
    const cwd = workDirectory();
    writeLines(cwd, ['id', '1']);
    for (const [file, input, text] of [
      ['numbers.csv', './numbers.csv', 'the file numbers.csv is the input itself'],
      ['out.csv', 'none.csv', 'there is no file none.csv'],
    ] as const) {
      const { exit, stderr } = await run(cwd, ['export', file, '--input', input]);
      expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(text) });
    }
  });
});

describe('an export of a list that changes meanwhile', () => {
  /** Adds or removes a number while the second page is read, so often. */
  const changing = (numbers: PlainNumber[], times: number, change: () => void): Partial<PlainAccount> => {
    let left = times;
    const onRequest = (url: URL) => {
      if (url.searchParams.get('page[number]') !== '2' || left === 0) return undefined;
      left -= 1;
      change();
      return undefined;
    };
    return { numbers, onRequest, pageSize: 10 };
  };

  it('is read again', async () => {
    const numbers = many(45);
    const { cwd, exit } = await exporting(
      changing(numbers, 2, () => numbers.shift()),
      'all.csv',
    );
    expect(exit).toBe(0);
    expect(rowsOf(cwd, 'all.csv').map((row) => row.phone_number_id)).toEqual(numbers.map(({ id }) => id));
  });

  it('and never stops changing is not written', async () => {
    const numbers = many(45);
    const add = () => numbers.push(numberOf(1000 + numbers.length));
    const { cwd, exit, stderr } = await exporting(changing(numbers, 99, add), 'all.csv');
    expect(exit).toBe(7);
    expect(stderr).toContain('The list of numbers was read 3 times and was never complete');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('keeps the file that is there', async () => {
    const cwd = workDirectory();
    writeFileSync(join(cwd, 'all.csv'), 'old\n');
    const api = await plainApi({ numbers: many(30), profiles: PROFILES, onRequest: () => 500 });
    const { exit, stderr } = await run(cwd, [
      'export',
      'all.csv',
      ...api.flags,
      '--outage-patience',
      '0',
      '--max-attempts',
      '1',
    ]);
    expect(exit).toBe(7);
    expect(stderr).toContain('nothing was written');
    expect(readFileSync(join(cwd, 'all.csv'), 'utf8')).toBe('old\n');
    expect(readdirSync(cwd)).toEqual(['all.csv']);
  });

  it('that has no length is read to its end', async () => {
    const { cwd, exit, stderr } = await exporting({ numbers: many(45), pageSize: 10, isWithoutMeta: true }, 'all.csv');
    expect(exit).toBe(0);
    expect(rowsOf(cwd, 'all.csv')).toHaveLength(45);
    // The profiles are read as for a plan, which needs to know how many there are.
    expect(stderr).toContain('warning: the names of profiles are missing');
  });
});

describe('an export of opt-outs', () => {
  const optOuts = [
    { from: '+13125550001', to: '+13125550002', keyword: 'STOP', created_at: '2026-01-01T00:00:00Z' },
    { from: 'ACME', to: '+13125550003', keyword: '=x', created_at: '2026-01-02T00:00:00Z', messaging_profile_id: ONE },
    { from: 'ACME', to: '+13125550004', keyword: 'STOP', created_at: '', messaging_profile_id: TWO },
  ];

  it('has those of the profile', async () => {
    const { cwd, exit, stdout, api } = await exporting({ optOuts }, 'out.csv', '--opt-outs', 'Old, "first"');
    expect(exit).toBe(0);
    expect(stdout).toContain('Wrote 2 opt-outs of "Old, "first"" to out.csv (2 requests, ');
    expect(api.requests[1]).toContain(`page[size]=250&filter[messaging_profile_id]=${ONE}`);
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(
      [
        'from,to,keyword,created_at',
        '+13125550001,+13125550002,STOP,2026-01-01T00:00:00Z',
        "ACME,+13125550003,'=x,2026-01-02T00:00:00Z",
        '',
      ].join('\n'),
    );
  });

  it('has each of equal ones, also on two pages', async () => {
    const equal = { from: 'ACME', to: '+13125550009', keyword: 'STOP', created_at: '2026-01-03T00:00:00Z' };
    const all = [equal, ...optOuts.slice(0, 2), equal, equal];
    for (const [pageSize, requests] of [
      [250, 2],
      [2, 7],
    ] as const) {
      const { cwd, exit, api } = await exporting({ optOuts: all, pageSize }, 'out.csv', '--opt-outs', ONE);
      expect({ exit, requests: api.requests.filter((one) => one.includes('optouts')).length }).toEqual({
        exit: 0,
        requests: requests - 1,
      });
      expect(rowsOf(cwd, 'out.csv').filter((row) => row.to === equal.to)).toHaveLength(3);
    }
  });

  it('is a header if there are none', async () => {
    const { stdout } = await exporting({}, '--opt-outs', ONE);
    expect(stdout).toBe('from,to,keyword,created_at\n');
  });
});
