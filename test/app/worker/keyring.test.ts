import { describe, expect, it } from 'vitest';
import { createKeyring } from '../../../src/app/worker/keyring.ts';
import { accountFor } from '../../support/queue/hand-over.ts';

const URL = 'http://127.0.0.1:4010/v2';
const FIRST = 'KEY0000firstabcdefgh';
const SECOND = 'KEY0001secondabcdefgh';

function keyringOf(...keys: string[]) {
  const world = { keys, now: 0, reads: 0, fails: false, problems: [] as string[], warnings: [] as string[] };
  const keyring = createKeyring({
    read() {
      world.reads += 1;
      if (world.fails) throw new Error('the directory is gone');
      return { keys: new Set(world.keys), problems: world.problems };
    },
    now: () => world.now,
    warn: (problem) => world.warnings.push(problem),
  });
  keyring.readAgain();
  return { world, keyring };
}

describe('the keys of a worker', () => {
  it('are found by the hash of base URL and key', () => {
    const { keyring } = keyringOf(FIRST, SECOND);
    expect(keyring.count()).toBe(2);
    expect(keyring.keyOf(accountFor(URL, SECOND), URL)).toBe(SECOND);
    expect(keyring.keyOf(accountFor(URL, SECOND), 'http://localhost:4010/v2/')).toBe(SECOND);
    expect(keyring.keyOf(accountFor(URL, SECOND), 'https://api.telnyx.com/v2')).toBeNull();
  });

  it('are read again for an account that is not known, but not all the time', () => {
    const { world, keyring } = keyringOf(FIRST);
    const account = accountFor(URL, SECOND);
    world.keys = [FIRST, SECOND];
    world.now = 9_000;
    expect(keyring.keyOf(account, URL)).toBeNull();
    world.now = 10_000;
    expect(keyring.keyOf(account, URL)).toBe(SECOND);
    expect(world.reads).toBe(2);
  });

  it('are forgotten when they were removed', () => {
    const { world, keyring } = keyringOf(FIRST, SECOND);
    const account = accountFor(URL, SECOND);
    world.keys = [FIRST];
    expect(keyring.keyOf(account, URL)).toBe(SECOND);
    world.now = 10_000;
    expect(keyring.keyOf(account, URL)).toBeNull();
    expect(keyring.keyOf(accountFor(URL, FIRST), URL)).toBe(FIRST);
  });

  it('stay known while they cannot be read, and each problem is said once', () => {
    const { world, keyring } = keyringOf(FIRST);
    world.problems = ['a file is empty'];
    for (world.now = 20_000; world.now < 50_000; world.now += 10_000) keyring.keyOf('unknown', URL);
    world.fails = true;
    for (; world.now < 90_000; world.now += 10_000) keyring.keyOf('unknown', URL);
    expect(keyring.keyOf(accountFor(URL, FIRST), URL)).toBe(FIRST);
    expect(world.warnings).toEqual(['a file is empty', 'the keys cannot be read again: the directory is gone']);
  });
});
