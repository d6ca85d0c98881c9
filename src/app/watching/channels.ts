import { hostname } from 'node:os';
import { type CommandEnd, endText, escapeMarkup, pingUrl } from '../../core/results/message.ts';
import type { RunStatus } from '../../core/results/run-status.ts';
import { summaryText } from '../../core/results/summary-text.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { TOOL } from '../../core/text/tool.ts';
import type { Clock } from '../../engine/ports.ts';
import { createPost } from '../../io/watching/post.ts';
import { isStdout } from '../output.ts';
import { createDelivery } from './delivery.ts';
import { createNotifier } from './notifier.ts';

/** Where the messages and metrics of a command go. */
export type ChannelSettings = Pick<Settings, 'notify' | 'ping' | 'notify_on' | 'metrics_file'>;

export type Channels = {
  /** Must be called about once a second while a run is at work. */
  onStatus: (status: RunStatus) => void;
  /** The command has ended. Returns the warnings. */
  end: (name: string, end: CommandEnd) => Promise<string[]>;
  /** Ends the wait of `end`. */
  cut: () => void;
};

type Surroundings = { env: Record<string, string | undefined>; version: string; clock: Clock };

/** What a person reads in a mail of the monitor. */
function bodyOf({ exit, summary, error }: CommandEnd): string {
  if (summary !== null) return summaryText(summary, (_, text) => text).trimStart();
  const next = error?.next ?? null;
  return `${error?.message ?? ''}\nExit ${exit} (${exitName(exit)})\n${next === null ? '' : `Next: ${next}\n`}`.trimStart();
}

/** The JSON of an end: summary.json, or the error of a command that made none. */
function jsonOf({ exit, summary, error }: CommandEnd): Record<string, unknown> {
  if (summary !== null) return summary;
  const named = { exit_code: exit, exit_name: exitName(exit), next_command: error?.next ?? null };
  return error === null ? named : { ...named, error: { code: error.code, message: error.message } };
}

function notifyChannel(url: string, isProblemsOnly: boolean, { env, version, clock }: Surroundings): Channels {
  const post = createPost(url, `${TOOL}/${version}`, env);
  const delivery = createDelivery({ setting: 'notify', post: post.post, clock });
  const host = hostname();
  const message = (text: string, summary: unknown) => ({
    url,
    body: { type: 'application/json', text: JSON.stringify({ text: escapeMarkup(text), summary }) },
  });
  const notifier = createNotifier({
    isProblemsOnly,
    host,
    clock,
    send: (text, status) => delivery.add(message(text, status)),
  });
  return {
    onStatus: notifier.onStatus,
    async end(name, end) {
      const isGood = end.exit === EXIT.ok || end.exit === EXIT.changes;
      const text = [...notifier.rest(), endText({ name, host }, end)].join('\n');
      const last = isProblemsOnly && isGood ? null : message(text, jsonOf(end));
      const warning = await delivery.end(last);
      post.close();
      return warning === null ? [] : [warning];
    },
    cut: delivery.cut,
  };
}

function pingChannel(url: string, { env, version, clock }: Surroundings): Channels {
  const post = createPost(url, `${TOOL}/${version}`, env);
  const delivery = createDelivery({ setting: 'ping', post: post.post, clock });
  let isStarted = false;
  return {
    onStatus({ phase }) {
      if (isStarted || phase === 'waiting' || phase === 'ended') return;
      isStarted = true;
      delivery.add({ url: pingUrl(url, 'start') });
    },
    async end(_, end) {
      const body = { type: 'text/plain; charset=utf-8', text: bodyOf(end) };
      const last = { url: pingUrl(url, end.exit === EXIT.ok ? '' : String(end.exit)), body };
      const warning = await delivery.end(end.isHandedOver ? { url: pingUrl(url, 'start') } : last);
      post.close();
      return warning === null ? [] : [warning];
    },
    cut: delivery.cut,
  };
}

async function metricsChannel(path: string, clock: Clock): Promise<Channels> {
  const { createMetrics } = await import('./metrics.ts');
  const metrics = createMetrics(path, clock);
  return {
    onStatus: metrics.onStatus,
    async end(name, end) {
      const warning = end.isHandedOver ? null : await metrics.end(name, end);
      // The error of the command says it already.
      const isSaid = warning === null || end.error?.message.includes('--metrics-file') === true;
      return isSaid ? [] : [warning];
    },
    // Nothing waits for a file.
    cut: () => undefined,
  };
}

/** Opens what is set. */
export async function openChannels(settings: ChannelSettings, around: Surroundings): Promise<Channels> {
  const { notify, ping, notify_on: on, metrics_file: file } = settings;
  const channels: Channels[] = [];
  if (notify !== null) channels.push(notifyChannel(notify, on === 'problem', around));
  if (ping !== null) channels.push(pingChannel(ping, around));
  // Standard output is refused (run/outputs.ts), and the end of that refusal must not make a file of that name.
  if (file !== null && !isStdout(file)) channels.push(await metricsChannel(file, around.clock));
  return {
    onStatus(status) {
      for (const channel of channels) channel.onStatus(status);
    },
    async end(name, end) {
      const warnings = await Promise.all(channels.map((channel) => channel.end(name, end)));
      return warnings.flat();
    },
    cut() {
      for (const channel of channels) channel.cut();
    },
  };
}
