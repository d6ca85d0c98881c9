// Measures the program against other ways to do the same, and prints ratios: `npm run bench`. The contenders of a
// figure run in turn, round by round, because machines are shared and absolute values vary.
import { parseArgs } from 'node:util';
import { orders } from './bulk/orders.ts';
import { clients } from './figures/clients.ts';
import { memory } from './figures/memory.ts';
import { memoryRead } from './figures/memory-read.ts';
import { startUp } from './figures/start-up.ts';
import { validate } from './figures/validate.ts';
import { queueAccounts } from './queue/accounts.ts';
import { queueMemory } from './queue/memory.ts';
import { queueTakeover } from './queue/takeover.ts';
import { queueThroughput } from './queue/throughput.ts';
import { rate } from './rate/fixed-rate.ts';
import { rateAuto } from './rate/rate-auto.ts';
import { rateAutoLive } from './rate/rate-auto-live.ts';
import type { MeasureFigure } from './report/figure.ts';
import { figureText } from './report/figure-text.ts';
import { machine } from './report/machine.ts';
import { publish } from './report/results.ts';

const FIGURES: Record<string, MeasureFigure> = {
  'start-up': startUp,
  clients,
  rate,
  'rate-auto': rateAuto,
  'rate-auto-live': rateAutoLive,
  bulk: orders,
  validate,
  memory,
  'memory-read': memoryRead,
  'queue-rows': queueThroughput,
  'queue-takeover': queueTakeover,
  'queue-accounts': queueAccounts,
  'queue-memory': queueMemory,
};
const NAMES = Object.keys(FIGURES);

const USAGE = `npm run bench -- [options]

  --quick        check that the figures still work: smaller inputs, and nothing is published
  --only NAME    one figure: ${NAMES.join(', ')};
                 queue: all of the queue
  --rounds N     rounds of each figure (default 3)
`;

function fail(text: string): never {
  process.stderr.write(`${text}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    const options = {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const { quick, only, rounds, help } = readOptions();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const chosen = NAMES.filter(
  (name) => only === undefined || name === only || (only === 'queue' && name.startsWith('queue-')),
);
if (chosen.length === 0) fail(`--only must be queue or one of ${NAMES.join(', ')}`);
if (!/^[1-9][0-9]?$/.test(rounds)) fail('--rounds must be a number from 1 to 99');

process.stdout.write(`${machine().join('\n')}\n\n`);
for (const name of chosen) {
  const onProgress = (text: string) => process.stderr.write(`${name}, ${text}\n`);
  const figure = await (FIGURES[name] as MeasureFigure)({ quick, rounds: Number(rounds) }, onProgress);
  process.stdout.write(`${figureText(figure)}\n`);
  if (!quick) publish(name, figure, Number(rounds), NAMES);
}
