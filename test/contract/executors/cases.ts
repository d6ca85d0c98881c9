import { parseFault, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { numberId, PROFILE, THIRD } from '../../support/program/workspace.ts';

/** A command of a case: its arguments, or an edit of the account by another client. DIR is the newest run. */
type Step = readonly string[] | { edit: { id: string; messaging_profile_id: string } };

/** A plan, what goes wrong while it is carried out, and the exit code of each command. */
export type Case = {
  name: string;
  rows?: readonly string[];
  flags?: readonly string[];
  sandbox?: SandboxOptions;
  faults?: readonly string[];
  readFaults?: readonly string[];
  steps?: readonly Step[];
  /** Whether there is something to send. Default true. */
  isSent?: boolean;
  /** Whether it is the same rows every time that are sent before the run stops. Default true. */
  isExact?: boolean;
  exits: readonly number[];
};

const ROWS = 12;
const UNKNOWN = '11111111-1111-4111-8111-111111111111';
const row = (n: number, profile: string, product = '') => `${numberId(n)},${profile},${product}`;

/** The rows of a case that does not say its own. Each has a number that is on another profile at the start. */
export const DEFAULT_ROWS = Array.from({ length: ROWS }, (_, at) => row(at + 1, (at + 1) % 3 === 2 ? THIRD : PROFILE));

const APPLY = ['apply', 'numbers.csv'];
const RESUME = ['resume', 'DIR'];
const id = (n: number) => numberId(n);

export const CASES: readonly Case[] = [
  {
    name: 'every kind of change, rows at their target, duplicates and rejected rows',
    rows: [
      ...DEFAULT_ROWS,
      row(14, PROFILE),
      row(20, '', 'P2P'),
      row(21, PROFILE, 'P2P'),
      row(22, 'UNASSIGN'),
      row(1, PROFILE),
      'x y,,',
    ],
    flags: ['--skip-rejected', '--allow-unassign'],
    exits: [4],
  },
  { name: 'nothing to send', rows: [row(2, PROFILE), row(5, PROFILE)], isSent: false, exits: [0] },
  { name: '429 with and without retry-after', faults: [`429@${id(2)}*1`, `429-bare@${id(6)}*1`], exits: [0] },
  {
    name: 'errors of the server, then success',
    faults: [`503-bare@${id(1)}*2`, `500@${id(4)}*1`, `502-html@${id(6)}*1`, `400-busy@${id(7)}*1`, `408@${id(8)}*1`],
    exits: [0],
  },
  {
    name: 'writes that are applied and whose answers are lost',
    faults: [
      `reset-after@${id(1)}*1`,
      `cut@${id(2)}*1`,
      `cut-json@${id(3)}*1`,
      `empty@${id(4)}*1`,
      `no-fields@${id(6)}`,
    ],
    exits: [0],
  },
  {
    name: 'writes that are lost and answered wrongly',
    faults: [`reset@${id(1)}*1`, `wrong-echo@${id(9)}`, `phone-as-id@${id(10)}*1`, `redirect@${id(12)}`],
    flags: ['--max-failures', '100%'],
    exits: [4],
  },
  {
    name: 'rows that are refused for good',
    faults: [`404@${id(1)}`, `422@${id(3)}`, `not-eligible@${id(4)}`, `403-row@${id(6)}`],
    flags: ['--max-failures', '100%'],
    exits: [4],
  },
  {
    name: 'a profile that is not there',
    rows: [...DEFAULT_ROWS, row(15, UNKNOWN)],
    isSent: false,
    exits: [3],
  },
  {
    name: 'a profile that is refused while the run is at work',
    rows: Array.from({ length: 60 }, (_, at) => row(at + 1, at % 2 === 0 ? UNKNOWN : at % 3 === 0 ? THIRD : PROFILE)),
    sandbox: { numbers: 60 },
    flags: ['--offline', '--concurrency', '1'],
    isExact: false,
    exits: [4],
  },
  { name: 'attempts exhausted', faults: [`503-bare@${id(3)}`], flags: ['--max-attempts', '2'], exits: [5] },
  {
    name: 'a write that cannot be read back',
    faults: [`reset-after@${id(8)}`],
    readFaults: [`500@${id(8)}`],
    flags: ['--max-attempts', '2'],
    exits: [11],
  },
  { name: 'a write that is not kept', faults: [`not-kept@${id(1)}`], flags: ['--concurrency', '1'], exits: [6] },
  {
    name: 'a number changed since the plan',
    steps: [['plan', 'numbers.csv'], { edit: { id: id(1), messaging_profile_id: THIRD } }, ['apply', 'DIR', '--yes']],
    exits: [0, 4],
  },
  {
    name: 'a key revoked midway',
    sandbox: { revokeAfter: 8 },
    flags: ['--concurrency', '1'],
    isExact: false,
    exits: [7],
  },
  {
    name: 'an account without funds',
    faults: [`402@${id(6)}`],
    flags: ['--concurrency', '1'],
    exits: [7],
  },
  {
    name: 'an outage longer than the patience',
    faults: ['503-bare=1'],
    readFaults: ['503-bare@number'],
    flags: ['--outage-patience', '1s', '--max-attempts', '20', '--concurrency', '1'],
    isExact: false,
    exits: [6],
  },
  {
    name: 'a canary, then the rest',
    flags: ['--stop-after', '5', '--concurrency', '1'],
    steps: [APPLY, [...RESUME, '--stop-after', '3'], RESUME],
    exits: [10, 10, 0],
  },
  {
    name: 'more failures than allowed',
    isExact: false,
    faults: [1, 2, 3, 4].map((n) => `422@${id(n)}`),
    flags: ['--max-failures', '2', '--concurrency', '1'],
    exits: [6],
  },
  {
    name: 'the same error again and again',
    isExact: false,
    faults: ['404=1'],
    flags: ['--max-same-error', '3', '--max-failures', '100%', '--concurrency', '1'],
    exits: [6],
  },
  {
    name: 'a window that ends',
    flags: ['--finish-by', '+1s', '--rate', '2', '--concurrency', '1'],
    isExact: false,
    exits: [10],
  },
  {
    name: 'a new run of what failed, and undoing the first',
    faults: [`422@${id(2)}*1`, `503-bare@${id(3)}*2`],
    flags: ['--max-attempts', '2', '--max-failures', '100%'],
    steps: [APPLY, ['retry', 'DIR', '--yes'], ['undo', 'DIR', '--yes']],
    exits: [4, 0, 0],
  },
];

/** The options of the sandbox of a case. */
export function sandboxOf({ sandbox = {}, faults = [], readFaults = [] }: Case): SandboxOptions {
  return { numbers: 30, ...sandbox, faults: faults.map(parseFault), readFaults: readFaults.map(parseFault) };
}
