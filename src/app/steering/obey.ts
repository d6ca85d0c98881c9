import type { LedgerEntry } from '../../core/ledger/entry.ts';
import type { ByOperator } from '../../core/ledger/steered.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { limitText } from '../../core/settings/raw.ts';
import type { RawSettings, Settings } from '../../core/settings/schema.ts';
import { parseSteering, refusalOf, type SteerCommand, settingsOf } from '../../core/steering/command.ts';
import type { Steering } from '../../engine/steering.ts';
import type { Stop } from '../../engine/stop.ts';
import type { ControlAnswer } from '../../io/control/messages.ts';
import type { Logger } from '../../io/terminal/logger.ts';

/** A run at work, as commands change it. */
export type Steerable = {
  steering: Steering;
  stop: Stop;
  settings: Pick<Settings, 'base_url' | 'sandbox'>;
  record: (entry: LedgerEntry) => Promise<void>;
  logger: Pick<Logger, 'log'>;
  /** Keeps changed settings, so that a later session has them. */
  keep: (settings: RawSettings) => void;
  /** Prints a line for people. */
  say: (text: string) => void;
};

/** What a command changes: from what to what, as the ledger and people read it. */
type Change = { from: string; to: string; text: string };

const since = ({ by, at }: ByOperator) => `by ${by} since ${at}`;

function changeLimits(command: Extract<SteerCommand, { command: 'rate' | 'concurrency' }>, steering: Steering): Change {
  const before = steering.concurrency();
  if (command.command === 'rate') {
    const [from, to] = [String(steering.rate()), String(command.rate)];
    steering.change({ rate: command.rate });
    const after = steering.concurrency();
    // It follows the rate unless it is set.
    const follows = before === after ? '' : ` (concurrency: ${before} -> ${after})`;
    return { from, to, text: `rate: ${from} -> ${to}${follows}` };
  }
  const [from, to] = [String(before), String(command.concurrency)];
  steering.change({ concurrency: command.concurrency });
  return { from, to, text: `concurrency: ${from} -> ${to}` };
}

function changeHold(command: Extract<SteerCommand, { profile: string }>, steering: Steering, by: ByOperator): Change {
  const { profile } = command;
  const rows = `rows to ${profile}`;
  const held = steering.held().get(profile);
  if (command.command === 'release') {
    steering.release(profile);
    return { from: profile, to: '', text: held === undefined ? `${rows}: not held` : `${rows}: held -> sent` };
  }
  steering.hold(profile, held ?? by);
  const text = held === undefined ? `${rows}: sent -> held` : `${rows}: already held ${since(held)}`;
  return { from: '', to: profile, text };
}

function changePause(command: 'pause' | 'resume', steering: Steering, by: ByOperator): Change {
  const paused = steering.paused();
  const from = paused === null ? 'sending' : 'paused';
  const to = command === 'pause' ? 'paused' : 'sending';
  steering.pause(command === 'pause' ? (paused ?? by) : null);
  if (from !== to) return { from, to, text: `${from} -> ${to}` };
  return { from, to, text: paused === null ? 'not paused' : `already paused ${since(paused)}` };
}

/** Changes what a command asks for. */
function change(command: SteerCommand, { steering, stop }: Steerable, by: ByOperator): Change {
  switch (command.command) {
    case 'pause':
    case 'resume':
      return changePause(command.command, steering, by);
    case 'rate':
    case 'concurrency':
      return changeLimits(command, steering);
    case 'max-failures': {
      const [from, to] = [limitText(steering.maxFailures()), limitText(command.maxFailures)];
      steering.change({ max_failures: command.maxFailures });
      return { from, to, text: `max-failures: ${from} -> ${to}` };
    }
    case 'hold':
    case 'release':
      return changeHold(command, steering, by);
    case 'drain': {
      const asked = stop.asked();
      stop.ask('drained', by.by);
      if (asked === null) return { from: 'sending', to: 'ending', text: 'sending -> ending' };
      return { from: 'ending', to: 'ending', text: `already ending (${asked.reason})` };
    }
  }
}

/**
 * Obeys a command: changes the run, and then says so in ledger, log, run.json and on the terminal. The answer comes last,
 * so that what it says is on disk. `id`: that of a command from the queue.
 */
export async function obey(
  words: readonly string[],
  operator: { by: string; at: string; id?: string },
  target: Steerable,
): Promise<ControlAnswer> {
  const command = parseSteering(words);
  if ('error' in command) return { ok: false, exit: EXIT.usage, message: command.error };
  const refused = refusalOf(command, target.settings);
  if (refused !== null) return { ok: false, exit: EXIT.usage, message: refused };
  if (command.command === 'release' && target.steering.isEnding()) {
    const message =
      'The run is coming to its end, and sends no more rows. Send those that are held with retry --only held.';
    return { ok: false, exit: EXIT.refused, message };
  }
  const { by, at } = operator;
  const { from, to, text } = change(command, target, { by, at });
  await target.record({ type: 'steered', ...operator, command: command.command, from, to });
  target.logger.log('info', 'run.steered', `${text} (${by})`, { command: command.command, from, to, by });
  const settings = settingsOf(command);
  if (settings !== null) target.keep(settings);
  target.say(`ctl, ${by}: ${text}\n`);
  return { ok: true, text, from, to };
}
