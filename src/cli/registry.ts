import type { Command } from '../app/invocation.ts';
import type { Scope } from '../core/settings/table/definition.ts';
import { STEER_HELP } from '../core/steering/command.ts';

/** The commands with settings as their flags, and the sandbox with flags of its own. */
export type CommandName = Scope | 'sandbox';

type RegisteredCommand = {
  name: CommandName;
  positional: '' | 'input' | 'rundir' | 'job' | 'file';
  /** What the words after that are, if it takes any. */
  more?: string;
  description: string;
  /** Command lines, and what they do. */
  examples: [string, string][];
  /** What the help says at its end. */
  epilogue?: string;
  /** The code of a command is loaded when it runs, which keeps short commands fast. */
  load: () => Promise<Command>;
};

const RUN = 'runs/20261123T020000Z-numbers-1f2e';

/** All commands in the order of the help. What a new one needs besides a row: CONTRIBUTING.md, "Add a command". */
export const COMMANDS: readonly RegisteredCommand[] = [
  {
    name: 'plan',
    positional: 'input',
    description: 'check every row of a CSV, show what would be sent, and save the plan',
    examples: [['plan numbers.csv', 'check and preview; nothing is sent']],
    load: async () => (await import('../commands/plan.ts')).planCommand,
  },
  {
    name: 'apply',
    positional: 'input',
    description: 'make the plan of a CSV, or take a saved plan, and execute it',
    examples: [
      ['apply numbers.csv', 'check, show, ask, send'],
      ['apply numbers.csv --dry-run', 'the same without sending'],
      [`apply ${RUN} --yes`, 'execute a saved plan'],
      ['apply numbers.csv --to-profile Support', 'the same target for every row'],
      ['apply --number +13125550001 --to-profile Support', 'one number, without a file'],
      ['apply numbers.csv --sandbox --yes', 'rehearse: no account, no key'],
    ],
    load: async () => (await import('../commands/apply.ts')).applyCommand,
  },
  {
    name: 'resume',
    positional: 'rundir',
    description: 'continue an interrupted or paused run; the newest if none is named',
    examples: [['resume', 'never asks, and never sends a row again that has an outcome']],
    load: async () => (await import('../commands/resume.ts')).resumeCommand,
  },
  {
    name: 'retry',
    positional: 'rundir',
    description: 'start a new run with the rows that have not reached their target',
    examples: [[`retry ${RUN} --only retryable`, 'without rows that would fail again']],
    load: async () => (await import('../commands/retry.ts')).retryCommand,
  },
  {
    name: 'undo',
    positional: 'rundir',
    description: 'start a new run that restores what a run changed, if the number still has what that run set',
    examples: [
      [`undo ${RUN} --dry-run`, 'show what would be restored'],
      [`undo ${RUN}`, 'show, ask, restore'],
    ],
    load: async () => (await import('../commands/undo.ts')).undoCommand,
  },
  {
    name: 'verify',
    positional: 'input',
    description: 'read the account and compare it with the targets of a CSV or of a run; sends nothing',
    examples: [
      ['verify numbers.csv', 'exit 0 if every number is at its target, 4 if not'],
      [`verify ${RUN} --watch 30m`, 'compare again and again, and report what changes'],
    ],
    load: async () => (await import('../commands/verify.ts')).verifyCommand,
  },
  {
    name: 'run',
    positional: 'job',
    description: 'apply or plan as a job file says, without asking (for cron)',
    examples: [['run jobs/nightly.yaml', 'what a cron line calls']],
    load: async () => (await import('../commands/run.ts')).runCommand,
  },
  {
    name: 'export',
    positional: 'file',
    description: 'write the numbers of the account as a CSV that apply takes, with their present values as targets',
    examples: [
      ['export numbers.csv', 'every number: a list to edit, and a backup to apply again'],
      [
        'export old.csv --profile "Old campaign"',
        'the numbers on one profile; also --product, --type, --country, --tag',
      ],
      ['export before.csv --input numbers.csv', 'what the numbers of that CSV have now'],
      ['export opt-outs.csv --opt-outs "Old campaign"', 'who has opted out of a profile'],
    ],
    load: async () => (await import('../commands/export.ts')).exportCommand,
  },
  {
    name: 'results',
    positional: 'rundir',
    description: 'write the result files of a run again',
    examples: [[`results ${RUN}`, 'from input copy, plan and ledger']],
    load: async () => (await import('../commands/results.ts')).resultsCommand,
  },
  {
    name: 'status',
    positional: 'rundir',
    description: 'show how a run is doing, from any terminal and without a request; the newest if none is named',
    examples: [
      ['status', 'how far it is, how fast, what slows it down, when it ends'],
      [`status ${RUN} --follow`, 'again every second, until it has ended'],
    ],
    load: async () => (await import('../commands/watching/status.ts')).statusCommand,
  },
  {
    name: 'ctl',
    positional: 'rundir',
    more: 'command',
    description: 'steer a run at work: pause it, change its rate, hold a profile',
    examples: [
      [`ctl ${RUN} pause`, 'send nothing until resume'],
      [`ctl ${RUN} rate 10`, '10 requests a second from now on'],
      [`ctl ${RUN} hold PROFILE`, 'send no rows to this profile until release'],
    ],
    epilogue: `Commands:\n${STEER_HELP}`,
    load: async () => (await import('../commands/watching/ctl.ts')).ctlCommand,
  },
  {
    name: 'report',
    positional: 'rundir',
    description: 'write the report page of a run again: one HTML file that asks for nothing from the network',
    examples: [
      [`report ${RUN}`, 'report.html in the run directory'],
      [`report ${RUN} --out cutover.html`, 'a copy to hand on'],
    ],
    load: async () => (await import('../commands/watching/report.ts')).reportCommand,
  },
  {
    name: 'runs',
    positional: '',
    description: 'list the runs with state, counts, age and next command',
    examples: [['runs --json', 'for scripts']],
    load: async () => (await import('../commands/runs.ts')).runsCommand,
  },
  {
    name: 'worker',
    positional: '',
    description: 'carry out runs that were handed over with --queue, for every API key that is found here',
    examples: [
      ['worker --queue redis://10.0.0.5:6379', 'until a signal; TELNYX_API_KEY is the key'],
      ['worker --keys-dir /etc/telnyx/keys', 'many accounts; the queue is in TELNYX_REASSIGN_QUEUE'],
    ],
    load: async () => (await import('../commands/queue/worker.ts')).workerCommand,
  },
  {
    name: 'queue',
    positional: '',
    description: 'show the accounts, runs and workers of a queue',
    examples: [['queue --queue redis://10.0.0.5:6379', 'who sends what, and what waits for which key']],
    load: async () => (await import('../commands/queue/queue.ts')).queueCommand,
  },
  {
    name: 'board',
    positional: '',
    description: 'serve a page of the queues on this host, which only reads',
    examples: [['board --queue redis://10.0.0.5:6379', 'http://127.0.0.1:4011']],
    load: async () => (await import('../commands/queue/board.ts')).boardCommand,
  },
  {
    name: 'sandbox',
    positional: '',
    description: 'a local imitation of the API for rehearsals, demos and tests',
    examples: [
      ['sandbox', '1000 numbers on port 4010'],
      ['sandbox --rate-limit 20 --fault 503=0.05', 'a slow API that sometimes fails'],
    ],
    load: async () => (await import('../commands/sandbox.ts')).sandboxCommand,
  },
];

/** The parser itself prints the completion script. */
export const COMPLETION = 'completion';

export const COMMAND_NAMES: readonly string[] = [...COMMANDS.map(({ name }) => name), COMPLETION];

export function takesPositional(command: string): boolean {
  return COMMANDS.some(({ name, positional }) => name === command && positional !== '');
}

/** Whether a command takes words after its first one. */
export function takesMore(command: string | undefined): boolean {
  return COMMANDS.some(({ name, more }) => name === command && more !== undefined);
}
