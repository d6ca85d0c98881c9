import { describe, expect, it } from 'vitest';
import {
  parseSteering,
  refusalOf,
  type SteerCommand,
  settingsOf,
  steeringWords,
} from '../../../src/core/steering/command.ts';

const COMMANDS: [string[], SteerCommand][] = [
  [['pause'], { command: 'pause' }],
  [['resume'], { command: 'resume' }],
  [['drain'], { command: 'drain' }],
  [['rate', '10'], { command: 'rate', rate: 10 }],
  [['rate', '0.5'], { command: 'rate', rate: 0.5 }],
  [['rate', 'auto'], { command: 'rate', rate: 'auto' }],
  [['rate', 'off'], { command: 'rate', rate: 'off' }],
  [['concurrency', '5'], { command: 'concurrency', concurrency: 5 }],
  [['max-failures', '10'], { command: 'max-failures', maxFailures: { value: 10, percent: false } }],
  [['max-failures', '5%'], { command: 'max-failures', maxFailures: { value: 5, percent: true } }],
  [['hold', 'p1'], { command: 'hold', profile: 'p1' }],
  [['release', 'Night shift'], { command: 'release', profile: 'Night shift' }],
];

describe('the words of a command', () => {
  it.each(COMMANDS)('%j are understood, and written again', (words, command) => {
    expect(parseSteering(words)).toEqual(command);
    expect(steeringWords(command)).toEqual(words);
  });

  it.each([
    [[], 'name a command'],
    [['stop'], 'unknown command "stop"'],
    [['constructor'], 'unknown command "constructor"'],
    [['Pause'], 'unknown command "Pause"'],
    [['pause', '5m'], 'pause takes no value'],
    [['rate'], 'rate needs one value: N|auto'],
    [['rate', '5', '6'], 'rate needs one value: N|auto'],
    [['rate', 'fast'], 'rate must be a number'],
    [['rate', '0'], 'rate must be a number'],
    [['rate', '1e9'], 'rate must be a number'],
    [['concurrency', '0'], 'concurrency must be a whole number'],
    [['concurrency', '-1'], 'concurrency must be a whole number'],
    [['max-failures', '101%'], 'max-failures must be a whole number of rows'],
    [['hold'], 'hold needs one value: PROFILE'],
    [['hold', 'x'.repeat(501)], 'is no profile'],
  ])('%j are refused', (words, error) => {
    expect(parseSteering(words)).toEqual({ error: expect.stringContaining(error) });
  });
});

describe('a command', () => {
  it.each([
    [['rate', 'auto'], { rate: 'auto' }],
    [['concurrency', '5'], { concurrency: '5' }],
    [['max-failures', '5%'], { max_failures: '5%' }],
    [['pause'], null],
  ])('%j changes these settings of the run: %j', (words, settings) => {
    expect(settingsOf(parseSteering(words) as SteerCommand)).toEqual(settings);
  });
});

describe('a rate without limit', () => {
  const live = { base_url: 'https://api.telnyx.com/v2', sandbox: false };

  it('is refused for a live API, and for nothing else', () => {
    expect(refusalOf({ command: 'rate', rate: 'off' }, live)).toContain('for a loopback address only');
    expect(refusalOf({ command: 'rate', rate: 'off' }, { ...live, sandbox: true })).toBe(null);
    expect(refusalOf({ command: 'rate', rate: 'off' }, { ...live, base_url: 'http://127.0.0.1:1/v2' })).toBe(null);
    expect(refusalOf({ command: 'rate', rate: 5 }, live)).toBe(null);
    expect(refusalOf({ command: 'pause' }, live)).toBe(null);
  });
});
