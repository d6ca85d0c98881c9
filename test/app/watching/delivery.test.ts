import { describe, expect, it } from 'vitest';
import { createDelivery } from '../../../src/app/watching/delivery.ts';
import type { Message, Posted } from '../../../src/io/watching/post.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

const message = (name: string): Message => ({ url: `http://h/${name}` });
const DOWN: Posted = { ok: false, again: true, why: 'it answered HTTP 500' };
const GONE: Posted = { ok: false, again: false, why: 'it answered HTTP 404' };

/** A delivery whose messages get these answers in turn, the last one again and again. `hang`: none before the signal. */
function delivery(...answers: (Posted | 'hang')[]) {
  const clock = virtualClock();
  const posted: [path: string, at: number][] = [];
  const post = ({ url }: Message, signal: AbortSignal): Promise<Posted> => {
    posted.push([url.slice('http://h/'.length), clock.now()]);
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { ok: true as const };
    if (answer !== 'hang') return Promise.resolve(answer);
    return new Promise((resolve) => {
      const end = () => resolve({ ok: false, again: true, why: 'no answer in time' });
      if (signal.aborted) end();
      signal.addEventListener('abort', end);
    });
  };
  const made = createDelivery({ setting: 'notify', post, clock });
  const wait = (ms: number) => clock.until(clock.sleep(ms).done);
  return { clock, posted, wait, ...made, end: (last: Message | null) => clock.until(made.end(last)) };
}

describe('messages', () => {
  it('are sent one after another, and no one waits for them', async () => {
    const { add, end, wait, posted } = delivery();
    add(message('a'));
    add(message('b'));
    expect(posted.map(([name]) => name)).toEqual(['a']);
    await wait(1);
    expect(posted.map(([name]) => name)).toEqual(['a', 'b']);
    expect(await end(message('c'))).toBeNull();
    expect(posted.map(([name]) => name)).toEqual(['a', 'b', 'c']);
  });

  it('are sent before the end that comes with them', async () => {
    const { add, end, posted } = delivery();
    add(message('start'));
    expect(await end(message('end'))).toBeNull();
    expect(posted.map(([name]) => name)).toEqual(['start', 'end']);
  });

  it('are tried three times, with pauses', async () => {
    const { add, end, wait, posted } = delivery(DOWN);
    add(message('a'));
    await wait(60_000);
    expect(posted).toEqual([
      ['a', 0],
      ['a', 2000],
      ['a', 6000],
    ]);
    expect(await end(null)).toBe('notify: 1 of 1 message could not be delivered: it answered HTTP 500');
  });

  it('are not tried again if that cannot help', async () => {
    const { end, posted } = delivery(GONE);
    expect(await end(message('a'))).toBe('notify: 1 of 1 message could not be delivered: it answered HTTP 404');
    expect(posted).toHaveLength(1);
  });

  it('are given up after ten seconds each', async () => {
    const { add, wait, posted } = delivery('hang');
    add(message('a'));
    await wait(60_000);
    expect(posted.map(([, at]) => at)).toEqual([0, 12_000, 26_000]);
  });

  it('are given up at once when the wait for them is cut', async () => {
    const { add, end, cut, clock, wait } = delivery('hang');
    add(message('a'));
    await wait(1);
    const ended = end(message('b'));
    cut();
    expect(await ended).toBe('notify: 2 of 2 messages could not be delivered: no answer in time');
    expect(clock.now()).toBe(1);
  });

  it('count those that did arrive in the warning', async () => {
    const { add, end, wait } = delivery({ ok: true }, GONE);
    add(message('a'));
    await wait(1);
    expect(await end(message('b'))).toBe('notify: 1 of 2 messages could not be delivered: it answered HTTP 404');
  });
});

describe('the end', () => {
  it('waits for the last message, and never longer than 30 seconds', async () => {
    const { end, posted, clock } = delivery('hang');
    expect(await end(message('z'))).toMatch(/no answer in time$/);
    expect(clock.now()).toBeLessThanOrEqual(30_000);
    expect(posted.length).toBeLessThanOrEqual(3);
    expect(clock.pending()).toBe(0);
  });

  it('gives what is under way no other try, drops what waits, and still sends the last message', async () => {
    const { add, end, wait, posted, clock } = delivery(DOWN, { ok: true });
    add(message('a'));
    add(message('b'));
    await wait(1);
    expect(await end(message('z'))).toBe('notify: 1 of 2 messages could not be delivered: it answered HTTP 500');
    expect(posted).toEqual([
      ['a', 0],
      ['z', 1],
    ]);
    expect(clock.pending()).toBe(0);
  });

  it('lets a message that is under way arrive before the last one', async () => {
    const { add, end, wait, posted, clock } = delivery('hang', { ok: true });
    add(message('a'));
    await wait(1000);
    expect(await end(message('z'))).toMatch(/^notify: 1 of 2 messages could not be delivered: no answer in time/);
    expect(posted).toEqual([
      ['a', 0],
      ['z', 10_000],
    ]);
    expect(clock.pending()).toBe(0);
  });
});
