import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress, type ProgressState } from '../../../src/io/terminal/progress.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A stream that keeps what is written, as a terminal of 80 columns or as none. */
function fakeStream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      text += chunk;
      callback();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream, text: () => text };
}

const STATE: ProgressState = {
  done: 30,
  total: 120,
  perSecond: 4.96,
  allowedPerSecond: null,
  failed: 2,
  retries: 3,
  pausedMs: 0,
  pausedBy: null,
  order: null,
  atConcurrency: false,
  etaText: '18s',
};

describe('silent', () => {
  it('prints nothing, and does not read the state', () => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(true);
    const progress = createProgress(stream, 'silent', () => {
      throw new Error('it looked');
    });
    vi.advanceTimersByTime(120_000);
    progress.stop();
    expect(text()).toBe('');
  });
});

describe('plain', () => {
  it('shows the allowed rate if the server decides', () => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(false);
    const progress = createProgress(stream, 'plain', () => ({ ...STATE, allowedPerSecond: 13.33 }));
    vi.advanceTimersByTime(30_000);
    progress.stop();
    expect(text().split(', ')).toContain('5.0/s of 13.3');
  });

  it('prints a line every 30 s until it is stopped', () => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(false);
    let done = 0;
    const progress = createProgress(stream, 'plain', () => ({ ...STATE, done }));
    vi.advanceTimersByTime(29_999);
    expect(text()).toBe('');
    done = 40;
    vi.advanceTimersByTime(1);
    const [line = '', rest] = text().split('\n');
    expect(rest).toBe('');
    expect(line).toMatch(/^40\/120 rows, /);
    for (const word of ['5.0/s', '2 failed', '3 retries', 'ETA 18s']) expect(line.split(', ')).toContain(word);
    expect(line).not.toMatch(/paused|concurrency/);
    vi.advanceTimersByTime(30_000);
    expect(text().split('\n')).toHaveLength(3);
    progress.stop();
    vi.advanceTimersByTime(300_000);
    expect(text().split('\n')).toHaveLength(3);
    progress.stop();
  });

  it('says when the server has paused it and when --concurrency is what limits, and keeps to plain text', () => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(false);
    const state = { ...STATE, pausedMs: 12_001, atConcurrency: true, etaText: '?' };
    const progress = createProgress(stream, 'plain', () => state);
    vi.advanceTimersByTime(30_000);
    progress.stop();
    expect(text()).toMatch(/paused.* 13s/);
    expect(text()).toContain('at --concurrency');
    expect(text()).not.toContain('\u001b');
  });

  it('shows the bulk order that is waited for', () => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(false);
    const progress = createProgress(stream, 'plain', () => ({ ...STATE, order: { number: 3, pending: 12 } }));
    vi.advanceTimersByTime(30_000);
    progress.stop();
    expect(text()).toContain('30/120 rows, bulk order 3: 12 pending, 5.0/s, ');
    expect(text()).not.toContain('ETA');
  });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal sequences are made of them
const CLEARED = /\u001b\[[012]?K/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const SWITCHED_OFF = /\u001b\[\?(25|7)l/;

describe('a bar', () => {
  it('shows itself at once on a terminal, follows the state, and cleans up behind itself', () => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(true);
    let state = STATE;
    const progress = createProgress(stream, 'bar', () => state);
    expect(text()).toContain('###......... 30/120');
    state = { ...STATE, done: 60, pausedMs: 500 };
    vi.advanceTimersByTime(1000);
    expect(text()).toContain('######...... 60/120');
    expect(text()).toMatch(/paused.* 1s/);
    progress.stop();
    // The line is cleared, and the terminal left as it was at every moment: cursor shown, lines wrapped.
    expect(text().slice(text().lastIndexOf('60/120'))).toMatch(CLEARED);
    expect(text()).not.toMatch(SWITCHED_OFF);
    const size = text().length;
    vi.advanceTimersByTime(10_000);
    expect(text()).toHaveLength(size);
  });

  it.each([10, 30, 80])('cuts what does not fit into %i columns', (columns) => {
    const { stream, text } = fakeStream(true);
    Object.assign(stream, { columns });
    createProgress(stream, 'bar', () => ({ ...STATE, pausedMs: 5000, atConcurrency: true })).stop();
    const shown =
      text()
        .split('\u001b')
        .find((part) => part.includes('#')) ?? '';
    const drawn = shown.slice(shown.indexOf('#'));
    expect(drawn.length).toBeLessThanOrEqual(columns);
    expect(drawn).toContain('###......... 30/120  ETA 18s'.slice(0, columns));
  });

  it('takes a total of nothing, and one that is complete', () => {
    for (const [done, total] of [
      [0, 0],
      [5, 5],
    ] as const) {
      const { stream, text } = fakeStream(true);
      createProgress(stream, 'bar', () => ({ ...STATE, done, total })).stop();
      expect(text()).toContain(`${done}/${total}`);
      expect(text()).not.toContain('NaN');
    }
  });

  it('prints nothing without a terminal', () => {
    const { stream, text } = fakeStream(false);
    createProgress(stream, 'bar', () => STATE).stop();
    expect(text()).toBe('');
  });
});

describe('a text above the progress', () => {
  it.each(['silent', 'plain', 'bar'] as const)('is printed once, %s, also after the end', (kind) => {
    vi.useFakeTimers();
    const { stream, text } = fakeStream(kind === 'bar');
    const progress = createProgress(stream, kind, () => STATE);
    progress.printAbove(() => stream.write('first\n'));
    progress.stop();
    progress.printAbove(() => stream.write('second\n'));
    const printed = text().split('\n');
    expect(printed.filter((line) => line.endsWith('first'))).toHaveLength(1);
    expect(printed.filter((line) => line.endsWith('second'))).toHaveLength(1);
  });

  it('is not drawn over when the bar ends: the bar has let go of its line before, and has another below', () => {
    const { stream, text } = fakeStream(true);
    const progress = createProgress(stream, 'bar', () => STATE);
    progress.printAbove(() => stream.write('TEXT\n'));
    progress.stop();
    const [before = '', after = ''] = text().split('TEXT\n');
    // A bar saves the cursor when it is drawn, and restores it when it ends.
    for (const part of [before, after]) expect(part.split('\u001b7').length).toBe(part.split('\u001b8').length);
    expect(after).toContain('30/120');
  });
});
