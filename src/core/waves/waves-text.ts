import type { Settings } from '../settings/schema.ts';
import { formatDuration } from '../text/duration.ts';
import { count, printable, thousands } from '../text/text.ts';
import { waveSizes } from './waves.ts';

/** The settings of waves. */
export type WaveSettings = Pick<Settings, 'waves' | 'soak' | 'gate' | 'gate_timeout' | 'undo_on_failure'>;

/** Waves whose sizes are shown. */
const SHOWN_WAVES = 8;

/** Characters of a gate that are shown. */
const SHOWN_GATE = 60;

/** How long the waves of a plan wait in all, without their gates. */
export function soaksMs(rows: number, { waves, soak }: WaveSettings): number {
  return waves === null ? 0 : soak * Math.max(0, waveSizes(rows, waves).length - 1);
}

/** Which kinds of change a first wave of this size tries. */
function coverText(kinds: number, size: number): string {
  if (kinds > size) return `${thousands(size)} of the ${thousands(kinds)} kinds of change`;
  if (kinds === 2) return 'both kinds of change';
  return kinds === 1 ? 'the one kind of change' : `all ${thousands(kinds)} kinds of change`;
}

/** How the rows of a plan are sent in waves, and undone, one line each. `kinds`: kinds of change among them. */
export function waveLines(rows: number, kinds: number, settings: WaveSettings): string[] {
  const { waves, soak, gate, gate_timeout: timeout, undo_on_failure: undoes } = settings;
  if (rows === 0) return [];
  if (waves === null) return undoes ? ['If too many rows fail: undo what was changed (--undo-on-failure)'] : [];
  const sizes = waveSizes(rows, waves);
  const shown = sizes.slice(0, SHOWN_WAVES).map((size) => thousands(size));
  const more = sizes.length - shown.length;
  const rest = more > 0 ? ` and ${count(more, 'more wave')}` : '';
  const lines = [
    `In ${count(sizes.length, 'wave')} of ${shown.join(' + ')} rows${rest}; after each its rows are read back`,
  ];
  if (sizes.length > 1) lines.push(`  the first wave has rows of ${coverText(kinds, sizes[0] as number)}`);
  const steps = [
    ...(soak > 0 ? [`wait ${formatDuration(soak)} (--soak)`, 'read them again'] : []),
    ...(gate === null ? [] : [`ask ${printable(gate, SHOWN_GATE)} (--gate, at most ${formatDuration(timeout)})`]),
  ];
  if (sizes.length > 1 && steps.length > 0) lines.push(`  before the next wave: ${steps.join(', ')}`);
  const waitsMs = soaksMs(rows, settings);
  if (waitsMs > 0) lines.push(`  the waits take ${formatDuration(waitsMs)} in all`);
  if (undoes)
    lines.push('  if a wave is not kept or refused, or too many rows fail: undo what was changed (--undo-on-failure)');
  return lines;
}
