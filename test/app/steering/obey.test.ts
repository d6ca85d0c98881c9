import { describe, expect, it } from 'vitest';
import { obey } from '../../../src/app/steering/obey.ts';
import { createSteering } from '../../../src/engine/steering.ts';
import { createStop } from '../../../src/engine/stop.ts';

const AT = '2026-11-23T02:00:00.000Z';
const ALICE = { by: 'alice', at: AT };

/** A run at work. `events`: what is done about a command, in order. */
function target(baseUrl = 'http://127.0.0.1:1/v2') {
  const events: string[] = [];
  const steering = createSteering({
    rate: 50,
    concurrency: null,
    max_failures: { value: 5, percent: true },
  });
  const stop = createStop();
  steering.onChange(() => events.push('changed'));
  const steerable = {
    steering,
    stop,
    settings: { base_url: baseUrl, sandbox: false },
    record: async (entry: object) => void events.push(`ledger ${JSON.stringify(entry)}`),
    logger: { log: (_level: string, event: string, text: string) => events.push(`log ${event} ${text}`) },
    keep: (settings: object) => events.push(`run.json ${JSON.stringify(settings)}`),
    say: (text: string) => events.push(`say ${text}`),
  };
  return { events, steering, stop, command: (...words: string[]) => obey(words, ALICE, steerable) };
}

describe('a command to a run at work', () => {
  it('changes it, and stands in ledger, log and run.json before its answer', async () => {
    const { events, command } = target();
    expect(await command('rate', '10')).toEqual({
      ok: true,
      text: 'rate: 50 -> 10 (concurrency: 100 -> 20)',
      from: '50',
      to: '10',
    });
    expect(events).toEqual([
      'changed',
      `ledger {"type":"steered","by":"alice","at":"${AT}","command":"rate","from":"50","to":"10"}`,
      'log run.steered rate: 50 -> 10 (concurrency: 100 -> 20) (alice)',
      'run.json {"rate":"10"}',
      'say ctl, alice: rate: 50 -> 10 (concurrency: 100 -> 20)\n',
    ]);
  });

  it('is refused if it cannot hold, and changes nothing', async () => {
    const { events, command } = target('https://api.telnyx.com/v2');
    expect(await command('rate', 'off')).toEqual({
      ok: false,
      exit: 2,
      message: 'rate off is for a loopback address only, and the base URL is "https://api.telnyx.com/v2"',
    });
    expect(await command('faster')).toMatchObject({ ok: false, exit: 2 });
    expect(events).toEqual([]);
    expect(await target().command('rate', 'off')).toMatchObject({ ok: true });
  });

  it('that changes nothing says so', async () => {
    const { steering, command } = target();
    const textOf = async (...words: string[]) => JSON.stringify(await command(...words));
    expect(await textOf('resume')).toContain('"not paused"');
    expect(await textOf('release', 'p1')).toContain('rows to p1: not held');
    await command('hold', 'p1');
    expect(await textOf('hold', 'p1')).toContain(`rows to p1: already held by alice since ${AT}`);
    await command('pause');
    expect(await textOf('pause')).toContain(`already paused by alice since ${AT}`);
    expect(steering.isPaused()).toBe(true);
    expect(await textOf('concurrency', '100')).toContain('concurrency: 100 -> 100');
  });

  it('cannot release rows that are not sent any more', async () => {
    const { steering, events, command } = target();
    await command('hold', 'p1');
    steering.end();
    const before = events.length;
    expect(await command('release', 'p1')).toMatchObject({ ok: false, exit: 8 });
    expect(events.length).toBe(before);
    expect(await command('rate', '5')).toMatchObject({ ok: true });
  });

  it('ends the run once', async () => {
    const { stop, command } = target();
    expect(await command('drain')).toMatchObject({ from: 'sending', to: 'ending' });
    expect(stop.asked()).toEqual({ reason: 'drained', detail: 'alice' });
    expect(await command('drain')).toMatchObject({ text: 'already ending (drained)' });
  });
});
