import { basename, extname } from 'node:path';
import type { CommandEnd } from '../../core/results/message.ts';
import type { RunStatus } from '../../core/results/run-status.ts';
import { nameOfNumbers, runName } from '../../core/run/manifest.ts';
import { parseSetting } from '../../core/settings/parse.ts';
import type { Layer } from '../../core/settings/resolve.ts';
import { type SettingName, settingDefinition } from '../../core/settings/schema.ts';
import { realClock } from '../../io/clock.ts';
import type { Messages, ProcessContext } from '../context.ts';
import { print } from '../output.ts';
import { onEndSignals } from '../signals.ts';
import type { ChannelSettings, Channels } from './channels.ts';

/** A run directory is named after its run: `20261123T020000Z-numbers-1f2e`. */
const RUN_ID = /^[0-9]{8}T[0-9]{6}Z-(.*)-[0-9a-f]+$/;

/** After so long, a person at a terminal sees what the command waits for. */
const NOTE_MS = 3000;
const WAITING = 'Done. Waiting at most 30s to deliver the messages of --notify and --ping; Ctrl-C ends the wait.\n';

/** The name of a run that is not there: of its input, or of its directory. */
function nameOf(input: string): string {
  const name = basename(input, extname(input));
  return runName(RUN_ID.exec(name)?.[1] ?? (input === '-' ? 'stdin' : name));
}

/** The first good value of a setting. A command whose settings are wrong says so where it can. */
function firstGood(name: SettingName, layers: readonly Layer[]): unknown {
  const text = layers.find(({ raw }) => raw[name] !== undefined)?.raw[name] ?? settingDefinition(name).default;
  const parsed = typeof text === 'string' ? parseSetting(name, text) : { value: null };
  return 'value' in parsed ? parsed.value : null;
}

/**
 * The messages and metrics of one command. Their code is loaded only if one of them is set, and nothing is sent by
 * commands that send no rows.
 */
export function createMessages(context: ProcessContext, clock = realClock): Messages {
  const { env, version, stderr } = context;
  let settings: ChannelSettings | null = null;
  let name = '';
  let channels: Promise<Channels> | null = null;
  let isEnded = false;

  function open(): Promise<Channels> | null {
    if (settings === null) return null;
    const chosen = settings;
    channels ??= import('./channels.ts').then(({ openChannels }) => openChannels(chosen, { env, version, clock }));
    return channels;
  }

  return {
    about(input) {
      if (input !== undefined && input !== '') name = nameOf(input);
    },
    use(scope, layers, ofRun) {
      if (!settingDefinition('notify').scopes.includes(scope)) return;
      const named = firstGood('name', layers);
      const numbers = [layers.find(({ raw }) => raw.number !== undefined)?.raw.number ?? []].flat();
      const known = ofRun ?? (numbers.length > 0 ? runName(nameOfNumbers(numbers)) : name);
      name = typeof named === 'string' ? runName(named) : known;
      const chosen = {
        notify: firstGood('notify', layers),
        ping: firstGood('ping', layers),
        notify_on: firstGood('notify_on', layers) ?? 'always',
        metrics_file: firstGood('metrics_file', layers),
      } as ChannelSettings;
      const isTrial = firstGood('dry_run', layers) === true || firstGood('print_config', layers) === true;
      const isSet = chosen.notify !== null || chosen.ping !== null || chosen.metrics_file !== null;
      settings = isSet && !isTrial ? chosen : null;
    },
    onStatus(status: RunStatus): void {
      if (isEnded) return;
      // Nothing here may end the run.
      void open()
        ?.then((opened) => opened.onStatus(status))
        .catch(() => undefined);
    },
    async end(end: CommandEnd): Promise<string[]> {
      if (isEnded) return [];
      isEnded = true;
      const opened = await open();
      if (opened === null) return [];
      const stopListening = onEndSignals(context, opened.cut);
      const noteDue = clock.sleep(NOTE_MS);
      let hasEnded = false;
      void noteDue.done.then(() => {
        if (!hasEnded && stderr.isTTY === true) print(stderr, WAITING);
      });
      const warnings = await opened.end(end.summary?.name ?? name, end);
      hasEnded = true;
      noteDue.cancel();
      stopListening();
      return warnings;
    },
  };
}
