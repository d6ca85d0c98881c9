import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/app/errors.ts';
import { resolveForCommand } from '../../src/app/settings.ts';
import { readCommandLine, type Typing } from '../../src/cli/parser.ts';
import { COMMAND_NAMES, COMMANDS } from '../../src/cli/registry.ts';
import { SANDBOX_FLAGS } from '../../src/cli/sandbox-flags.ts';
import { flagOf } from '../../src/core/settings/flags.ts';
import { SETTING_NAMES, settingDefinition } from '../../src/core/settings/schema.ts';
import type { Scope } from '../../src/core/settings/table/definition.ts';
import { STEER_COMMANDS, STEER_HELP } from '../../src/core/steering/command.ts';
import { contextOf } from '../support/app/contexts.ts';

const KEY = 'KEY0123456789_abcdef';

const read = (...args: string[]) => readCommandLine(args, 80);

/** The message of the usage error with which a command line is refused. */
async function errorOf(...args: string[]): Promise<string> {
  let typing: Typing;
  try {
    typing = await read(...args);
    if (typing.command !== 'done' && typing.command !== 'sandbox')
      resolveForCommand(typing.flags, contextOf(), typing.command);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error(`it was accepted: ${JSON.stringify(typing)}`);
}

describe('a command line', () => {
  it.each<[string[], Typing]>([
    [['plan', 'in.csv'], { command: 'plan', input: 'in.csv', flags: {} }],
    [['apply', 'in.csv', '--yes'], { command: 'apply', input: 'in.csv', flags: { yes: 'true' } }],
    [['apply', '--yes', 'in.csv'], { command: 'apply', input: 'in.csv', flags: { yes: 'true' } }],
    [['run', 'job.yaml', '--rate', '7'], { command: 'run', input: 'job.yaml', flags: { rate: '7' } }],
    [['results', 'runs/x', '--json'], { command: 'results', input: 'runs/x', flags: { json: 'true' } }],
    [['runs'], { command: 'runs', input: undefined, flags: {} }],
    [['apply'], { command: 'apply', input: undefined, flags: {} }],
    [['apply', ''], { command: 'apply', input: '', flags: {} }],
    [['--print-config'], { command: 'apply', input: undefined, flags: { print_config: 'true' } }],
    [
      ['--rate', '7', '--print-config'],
      { command: 'apply', input: undefined, flags: { rate: '7', print_config: 'true' } },
    ],
  ])('%j is understood', async (args, typing) => {
    expect(await read(...args)).toEqual(typing);
  });

  it.each([
    ['--rate=7', { rate: '7' }],
    ['--rate=off', { rate: 'off' }],
    ['--name=', { name: '' }],
    ['--name=-x', { name: '-x' }],
    ['--name=--yes', { name: '--yes' }],
    ['--name=a=b', { name: 'a=b' }],
    ['--map=phone_number_id=Number ID', { map: 'phone_number_id=Number ID' }],
    ['--delimiter=,', { delimiter: ',' }],
    ['--log-file=-', { log_file: '-' }],
    ['--yes=true', { yes: 'true' }],
    ['--yes=false', { yes: 'false' }],
  ])('takes a value behind an equals sign as it is: %s', async (flag, flags) => {
    expect(await read('apply', 'in.csv', flag)).toMatchObject({ input: 'in.csv', flags });
    expect(await read('apply', flag, 'in.csv')).toMatchObject({ input: 'in.csv', flags });
  });

  it.each(['0123', '1e5', '0x1F', '12933842610000000011', '007.csv', 'true', 'constructor'])(
    'makes no number of %s',
    async (word) => {
      const flags = { name: word, delimiter: word, map: [word, word] };
      const args = ['--name', word, '--delimiter', word, '--map', word, '--map', word];
      expect(await read('plan', word, ...args)).toEqual({ command: 'plan', input: word, flags });
    },
  );

  it('takes a lone - for standard input and standard error', async () => {
    expect(await read('apply', '-')).toMatchObject({ input: '-' });
    expect(await read('apply', '-', '--log-file', '-')).toMatchObject({ input: '-', flags: { log_file: '-' } });
    expect(await read('apply', '--log-file', '-', '-')).toMatchObject({ input: '-', flags: { log_file: '-' } });
    expect(await read('apply', '--log-file', '-', 'in.csv')).toMatchObject({ input: 'in.csv' });
  });

  it('keeps the values of a repeated flag', async () => {
    const typing = await read('plan', 'in.csv', '--map', 'phone_number_id=A', '--map=messaging_product=B, C');
    expect(typing).toMatchObject({ flags: { map: ['phone_number_id=A', 'messaging_product=B, C'] } });
    expect(await errorOf('apply', 'in.csv', '--rate', '5', '--rate', '7')).toBe('--rate is given more than once');
    expect(await errorOf('apply', 'in.csv', '--map', 'phone_number_id=A', '--map', 'phone_number_id=B')).toContain(
      'more than once',
    );
  });

  it('returns the flags of the sandbox as they were typed', async () => {
    const typing = await read('sandbox', '--port', '0', '--fault', '503=0.05', '--fault=429*2', '--quote-key');
    expect(typing).toMatchObject({
      command: 'sandbox',
      flags: { port: '0', fault: ['503=0.05', '429*2'], 'quote-key': 'true' },
    });
  });
});

describe('what is not understood', () => {
  it.each<[string[], string]>([
    [['aply', 'in.csv'], 'unknown command aply; did you mean apply?'],
    [['Plan', 'in.csv'], 'unknown command Plan; did you mean plan?'],
    [['in.csv'], 'unknown command in.csv'],
    [['apply', 'in.csv', '--skiprejected'], 'unknown flag --skiprejected; did you mean --skip-rejected?'],
    [['apply', 'in.csv', '--skip_rejected'], 'unknown flag --skip_rejected; did you mean --skip-rejected?'],
    [['apply', 'in.csv', '--Rate=5'], 'unknown flag --Rate; did you mean --rate?'],
    [['apply', 'in.csv', '--no-yes'], 'unknown flag --no-yes'],
    [['apply', 'in.csv', '-y'], 'unknown flag -y'],
    [['apply', 'in.csv', '--zzz', '--qqqq=1'], 'unknown flag --zzz\nunknown flag --qqqq'],
    [['plan', 'in.csv', '--yes'], 'unknown flag --yes'],
    [['results', 'runs/x', '--rate', '5'], 'unknown flag --rate'],
    [['runs', '--yes'], 'unknown flag --yes'],
    [['sandbox', '--rate', '5'], 'unknown flag --rate'],
    [['sandbox', '--latncy', '5'], 'unknown flag --latncy; did you mean --latency?'],
    [['apply', 'in.csv', 'more.csv'], 'unexpected "more.csv"'],
    [['apply', 'in.csv', 'a', '-', ''], 'unexpected "a", "-", ""'],
    [['runs', 'x'], 'unexpected "x"'],
    [['sandbox', 'x'], 'unexpected "x"'],
    [['plan', 'in.csv', '--map', 'phone_number_id=A', 'B'], 'unexpected "B"'],
    [['apply', 'in.csv', '--dry-run', 'yes'], 'unexpected "yes"'],
  ])('%j is refused, with what was probably meant', async (args, message) => {
    expect(await errorOf(...args)).toBe(message);
  });

  it('no command at all names those there are', async () => {
    for (const args of [[], ['--rate=5']] as string[][]) {
      const message = await errorOf(...args);
      for (const command of COMMAND_NAMES) expect(message).toContain(command);
    }
  });

  it.each(['--api-key', '--apikey', '--telnyx-api-key', '--key', '--token', '--secret'])(
    'a flag for the key is answered with where the key goes, without its value: %s',
    async (flag) => {
      for (const args of [
        ['apply', 'in.csv', flag, KEY],
        ['apply', flag, KEY, 'in.csv'],
        ['apply', 'in.csv', `${flag}=${KEY}`],
        [`${flag}=${KEY}`, 'apply', 'in.csv'],
        ['apply', 'in.csv', flag],
        ['runs', flag, KEY],
      ]) {
        const message = await errorOf(...args);
        expect(message).toContain('TELNYX_API_KEY');
        expect(message).not.toContain(KEY);
      }
    },
  );
});

/** The text that is printed instead of running a command. */
async function printedBy(width: number, ...args: string[]): Promise<string> {
  const typing = await readCommandLine(args, width);
  if (typing.command !== 'done') throw new Error(`it would run ${typing.command}`);
  return typing.text;
}

describe('help', () => {
  const scopes = COMMANDS.map(({ name }) => name).filter((name): name is Scope => name !== 'sandbox');

  it.each(scopes)('of %s names each of its flags and fits the width', async (scope) => {
    for (const width of [80, 100]) {
      const help = await printedBy(width, scope, '--help');
      for (const name of SETTING_NAMES) {
        const named = new RegExp(`^ +--${flagOf(name)}\\b(?!-)`, 'm').test(help);
        expect([name, named]).toEqual([name, settingDefinition(name).scopes.includes(scope)]);
      }
      const tooLong = help.split('\n').filter((line) => line.length > width);
      expect(tooLong).toEqual([]);
      expect(help).not.toMatch(/undefined|\[object|null/);
    }
  });

  it('of sandbox names each of its flags and fits the width', async () => {
    const help = await printedBy(80, 'sandbox', '--help');
    for (const { name } of SANDBOX_FLAGS) expect(help).toMatch(new RegExp(`^ +--${name}\\b`, 'm'));
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('of ctl names each command that steers, each in one line', async () => {
    const help = await printedBy(80, 'ctl', '--help');
    for (const [name, value] of Object.entries(STEER_COMMANDS)) {
      const words = value === '' ? name : `${name} ${value}`;
      expect(help.split('\n').filter((line) => line.startsWith(`  ${words}  `))).toHaveLength(1);
    }
    expect(help).toContain(STEER_HELP);
  });

  it('of the whole names each command, the exit codes and the key, and fits the width', async () => {
    const help = await printedBy(80, '--help');
    expect(help).toContain('Exit codes:');
    expect(help).toContain('TELNYX_API_KEY');
    for (const command of COMMAND_NAMES) {
      expect(help).toMatch(new RegExp(`^ +telnyx-reassign ${command}\\b`, 'm'));
    }
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('is printed whatever else is typed', async () => {
    for (const args of [
      ['apply', 'in.csv', '--help', '--rate', '7'],
      ['--help', 'plan'],
      ['plan', 'in.csv', 'more.csv', '--help'],
    ]) {
      expect(await printedBy(80, ...args)).toContain('--rate');
    }
  });

  it('of completion is a script for the shell', async () => {
    expect(await printedBy(80, 'completion')).toContain('complete -');
  });
});

describe('a huge command line', () => {
  it('is refused with a bound on the flags, and named in a few words', async () => {
    const flags = Array.from({ length: 1001 }, (_, at) => `--x${at}`);
    expect(await errorOf('plan', ...flags)).toBe('1,001 flags; expected at most 1,000');
    expect((await errorOf('plan', ...flags.slice(1))).split('\n')).toEqual([
      ...flags.slice(1, 21).map((flag) => expect.stringContaining(`unknown flag ${flag}`)),
      'and 980 more errors',
    ]);
    for (const long of [`--${'x'.repeat(100_000)}`, `-${'x'.repeat(100_000)}`, `--name=${'x'.repeat(100_000)}`]) {
      expect((await errorOf('plan', 'in.csv', long)).length).toBeLessThan(100);
    }
    expect(await errorOf('plan', ...Array<string>(10_000).fill('in.csv'))).toHaveLength(59);
  });
});

describe('what a parser lets pass', () => {
  it.each(['--dry-run=1', '--dry-run=yes', '--dry-run=TRUE', '--dry-run=', '--sandbox=1'])(
    '%s never silently means no: it means yes, or it is refused',
    async (flag) => {
      // Read as false it sends for real what was meant as a rehearsal.
      const typing = await read('apply', 'in.csv', flag).catch(() => null);
      expect(Object.values((typing as { flags?: object } | null)?.flags ?? { refused: 'true' })).not.toContain('false');
    },
  );

  it.each([[['--rate']], [['--name', '--yes']], [['--constructor', 'x']]])(
    '%j is a usage error and not a bug',
    async (args) => {
      await errorOf('apply', 'in.csv', ...args);
    },
  );

  it.each([
    [['apply', 'in.csv', '--yes', '--yes']],
    [['apply', 'in.csv', '--dry-run', '--dry-run=false']],
    [['apply', 'in.csv', '--input', 'other.csv']],
    [['apply', '--input', 'in.csv']],
    [['results', '--rundir', 'runs/x']],
    [['run', '--job', 'job.yaml']],
  ])('%j is refused: a flag given twice, or one that is none', async (args) => {
    await errorOf(...args);
  });

  it('a key behind a flag before the command is not quoted', async () => {
    expect(await errorOf('--api-key', KEY, 'apply', 'in.csv')).not.toContain(KEY);
  });

  it('-- ends the flags', async () => {
    expect(await read('apply', '--', '-in.csv')).toMatchObject({ input: '-in.csv' });
  });
});
