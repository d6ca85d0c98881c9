import { isMainThread } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FinishBy, isFinishTime, localTime, readFinishBy } from '../../../src/core/settings/finish-by.ts';

const HOUR = 3_600_000;

/** A time of 2026 in the zone of this machine, whichever that is. Months count from 1. */
const local = (month: number, day: number, hours: number, minutes: number, seconds = 0, ms = 0) =>
  new Date(2026, month - 1, day, hours, minutes, seconds, ms).getTime();

const zone = process.env.TZ;

/** Does something as on a machine in this zone. */
function inZone<T>(name: string, work: () => T): T {
  process.env.TZ = name;
  try {
    return work();
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a time to finish by', () => {
  it.each([
    '06:00',
    '6:00',
    '0:00',
    '00:00',
    '19:59',
    '20:00',
    '23:59',
    ' 06:00 ',
    '+90m',
    '+0',
    '+1.5h',
    ' +2h ',
    '2026-11-24T06:00:00Z',
    '2026-11-24T06:00Z',
    '2026-11-24t06:00:00z',
    '2026-11-24 06:00:00+01:00',
    '2026-11-24T06:00:00.5-03:30',
    '2026-11-24T23:59:59.123456Z',
    ' 2026-11-24T06:00Z ',
    '2028-02-29T06:00Z',
  ])('may be %j', (text) => {
    expect(isFinishTime(text)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'soon',
    '6',
    '600',
    '0600',
    '06:0',
    '06:60',
    '24:00',
    '30:00',
    '006:00',
    '-6:00',
    '06:00:00',
    '06:00x',
    'x06:00',
    '06:00 pm',
    '06.00',
    '+',
    '+soon',
    '+-1m',
    '++90m',
    '90m',
    '-90m',
    '2026-11-24',
    '2026-11-24T06:00',
    '2026-11-24 06:00:00',
    '2026-11-24T06Z',
    '2026-11-24T06:00+01',
    '2026-11-24 06:00+0100',
    '2026-11-24 06:00+1:00',
    '2026-11-24 06:00+01:0',
    '2026-11-24_06:00Z',
    '2026-11-24 06:0Z',
    '2026-11-24 6:00Z',
    '2026-11-24 06:00:0Z',
    '2026-11-24T06:00:00.Z',
    '2026-1-24 06:00Z',
    '2026-11-4 06:00Z',
    '12026-11-24 06:00Z',
    '(x) 2026-11-24 06:00Z',
    'Tue 2026-11-24 06:00Z',
    '2026-11-24 06:00Z (x)',
    '2026-13-01T06:00Z',
    '2026-00-01T06:00Z',
    '2026-11-00T06:00Z',
    '2026-11-32T06:00Z',
    '2026-11-24T25:00Z',
    '2026-11-24T06:60Z',
    '2026-11-24T06:00:60Z',
    '2026-11-24T06:00+24:00',
  ])('may not be %j', (text) => {
    expect(isFinishTime(text)).toBe(false);
  });

  it.each(['2026-02-29T06:00Z', '2026-02-30T06:00Z', '2026-04-31T06:00:00+01:00'])(
    'may not be a day that its month does not have: %s',
    (text) => {
      expect(isFinishTime(text)).toBe(false);
    },
  );

  it('may not be at 24:00, which is a time of the day after', () => {
    expect(isFinishTime('2026-11-24T24:00Z')).toBe(false);
  });
});

describe('a time after the first write', () => {
  it.each([
    ['+90m', 90 * 60_000],
    [' +2h ', 2 * HOUR],
    ['+0', 0],
    ['+30', 30_000],
    ['+7d', 7 * 24 * HOUR],
  ])('%s is that long, whatever time it is', (text, afterMs) => {
    expect(readFinishBy(text, 0)).toEqual({ afterMs });
    expect(readFinishBy(text, local(1, 15, 22, 0))).toEqual({ afterMs });
  });
});

it('a text that is no time at all ends the run at its first write, rather than never', () => {
  expect(readFinishBy('+soon', 0)).toEqual({ afterMs: 0 });
});

describe('a time with its zone', () => {
  const at = Date.parse('2026-11-24T05:00:00Z');

  it.each(['2026-11-24T05:00:00Z', '2026-11-24T06:00:00+01:00', ' 2026-11-24 01:30-03:30 '])('is %s', (text) => {
    expect(readFinishBy(text, at - 1)).toEqual({ at });
    expect(readFinishBy(text, at - 400 * 24 * HOUR)).toEqual({ at });
  });

  it('is missed when it is now, or has gone by', () => {
    expect(readFinishBy('2026-11-24T05:00:00Z', at)).toEqual({ missed: at });
    expect(readFinishBy('2026-11-24T05:00:00Z', at + 1)).toEqual({ missed: at });
  });
});

describe('a time of day', () => {
  it.each([
    ['that comes today', '23:30', local(1, 15, 22, 0), { at: local(1, 15, 23, 30) }],
    ['that comes tomorrow', '06:00', local(1, 15, 22, 0), { at: local(1, 16, 6, 0) }],
    ['with one digit', '6:05', local(1, 15, 22, 0), { at: local(1, 16, 6, 5) }],
    ['with space around', ' 06:00 ', local(1, 15, 22, 0), { at: local(1, 16, 6, 0) }],
    ['of midnight', '00:00', local(1, 15, 22, 0), { at: local(1, 16, 0, 0) }],
    ['on the first of a month', '06:00', local(1, 31, 22, 0), { at: local(2, 1, 6, 0) }],
    ['on the first of a year', '06:00', local(12, 31, 22, 0), { at: new Date(2027, 0, 1, 6, 0).getTime() }],
    ['of the next minute', '22:01', local(1, 15, 22, 0, 59, 999), { at: local(1, 15, 22, 1) }],
    ['in a millisecond', '22:01', local(1, 15, 22, 0, 59, 999), { at: local(1, 15, 22, 1) }],
    ['twelve hours ahead', '10:00', local(1, 15, 22, 0), { at: local(1, 16, 10, 0) }],
    ['twelve hours ahead, on the same day', '22:00', local(1, 15, 10, 0), { at: local(1, 15, 22, 0) }],
  ] satisfies [string, string, number, FinishBy][])('%s is the next such time', (_what, text, now, by) => {
    expect(readFinishBy(text, now)).toEqual(by);
  });

  it.each([
    ['that is now', '22:00', local(1, 15, 22, 0), local(1, 16, 22, 0)],
    ['of this minute', '22:00', local(1, 15, 22, 0, 0, 1), local(1, 16, 22, 0)],
    ['more than twelve hours ahead', '10:01', local(1, 15, 22, 0), local(1, 16, 10, 1)],
    ['a millisecond more than that', '10:00', local(1, 15, 21, 59, 59, 999), local(1, 16, 10, 0)],
    ['later today, but too late', '22:01', local(1, 15, 10, 0), local(1, 15, 22, 1)],
    ['an hour ago', '05:00', local(1, 15, 6, 0), local(1, 16, 5, 0)],
  ] satisfies [string, string, number, number][])(
    '%s was missed; the next such time is returned',
    (_what, text, now, missed) => {
      expect(readFinishBy(text, now)).toEqual({ missed });
    },
  );

  const anyNow = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) });
  const anyClock = fc.tuple(fc.nat(23), fc.nat(59));
  const two = (n: number) => String(n).padStart(2, '0');

  /** Checks what must hold of any time of day, now being any time. */
  function checkLaw(zones: readonly string[], inside: <T>(zone: string, work: () => T) => T, shifts: boolean) {
    fc.assert(
      fc.property(fc.constantFrom(...zones), anyNow, anyClock, (name, now, [hours, minutes]) => {
        inside(name, () => {
          const by = readFinishBy(`${two(hours)}:${two(minutes)}`, now);
          if ('afterMs' in by) throw new Error('is a time of day');
          const time = 'at' in by ? by.at : by.missed;
          expect(time).toBeGreaterThan(now);
          if ('at' in by) expect(time - now).toBeLessThanOrEqual(12 * HOUR);
          else expect(time - now).toBeGreaterThan(12 * HOUR);
          expect(time - now).toBeLessThanOrEqual((shifts ? 25 : 24) * HOUR);
          expect(time % 60_000).toBe(0);
          if (shifts) return;
          const date = new Date(time);
          expect([date.getHours(), date.getMinutes()]).toEqual([hours, minutes]);
        });
      }),
      { numRuns: 500 },
    );
  }

  it('is always ahead, by twelve hours at most, or was missed', () => {
    checkLaw(['here'], (_zone, work) => work(), true);
  });

  // In a worker thread the zone cannot be set.
  describe.runIf(isMainThread)('in another zone', () => {
    it.each([
      ['UTC', '2026-11-24T06:00:00Z'],
      ['Europe/Berlin', '2026-11-24T05:00:00Z'],
      ['Asia/Kathmandu', '2026-11-24T00:15:00Z'],
      ['America/St_Johns', '2026-11-24T09:30:00Z'],
      ['Pacific/Kiritimati', '2026-11-23T16:00:00Z'],
    ])('is that of %s', (name, at) => {
      const now = Date.parse(at) - 8 * HOUR;
      expect(inZone(name, () => readFinishBy('06:00', now))).toEqual({ at: Date.parse(at) });
    });

    it('is always ahead, by twelve hours at most, or was missed', () => {
      checkLaw(['UTC', 'Asia/Kolkata', 'Pacific/Honolulu', 'Africa/Lagos'], inZone, false);
      checkLaw(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo'], inZone, true);
    });
  });

  describe.runIf(isMainThread || zone === 'Europe/Berlin')('in a night when the clocks change, in Berlin', () => {
    const read = (text: string, now: string) => inZone('Europe/Berlin', () => readFinishBy(text, Date.parse(now)));
    const at = (time: string) => ({ at: Date.parse(time) });
    const missed = (time: string) => ({ missed: Date.parse(time) });

    it('follows the calendar on a night with an extra hour', () => {
      expect(read('06:00', '2026-10-24T18:59:00+02:00')).toEqual(missed('2026-10-25T06:00:00+01:00'));
      expect(read('06:00', '2026-10-24T19:00:00+02:00')).toEqual(at('2026-10-25T06:00:00+01:00'));
      expect(read('18:00', '2026-10-24T20:00:00+02:00')).toEqual(missed('2026-10-25T18:00:00+01:00'));
    });

    it('follows the calendar on a night with a missing hour', () => {
      expect(read('06:00', '2026-03-28T16:59:00+01:00')).toEqual(missed('2026-03-29T06:00:00+02:00'));
      expect(read('06:00', '2026-03-28T17:00:00+01:00')).toEqual(at('2026-03-29T06:00:00+02:00'));
    });

    it('is an hour later if it does not exist', () => {
      expect(read('02:30', '2026-03-29T01:15:00+01:00')).toEqual(at('2026-03-29T03:30:00+02:00'));
      expect(read('02:30', '2026-03-28T22:00:00+01:00')).toEqual(at('2026-03-29T03:30:00+02:00'));
    });

    it('is that of the next day after the hour that does not exist', () => {
      expect(read('02:30', '2026-03-29T04:00:00+02:00')).toEqual(missed('2026-03-30T02:30:00+02:00'));
      expect(read('02:30', '2026-03-29T15:00:00+02:00')).toEqual(at('2026-03-30T02:30:00+02:00'));
    });

    it('is the first of two if it comes twice', () => {
      expect(read('02:30', '2026-10-24T22:00:00+02:00')).toEqual(at('2026-10-25T02:30:00+02:00'));
      expect(read('02:30', '2026-10-25T02:15:00+02:00')).toEqual(at('2026-10-25T02:30:00+02:00'));
    });

    it('is the second of two after the first', () => {
      expect(read('02:30', '2026-10-25T02:30:00+02:00')).toEqual(at('2026-10-25T02:30:00+01:00'));
      expect(read('02:30', '2026-10-25T02:45:00+02:00')).toEqual(at('2026-10-25T02:30:00+01:00'));
      expect(read('02:30', '2026-10-25T02:15:00+01:00')).toEqual(at('2026-10-25T02:30:00+01:00'));
      expect(read('02:30', '2026-10-25T02:30:00+01:00')).toEqual(missed('2026-10-26T02:30:00+01:00'));
    });
  });
});

describe('a time that is shown', () => {
  const at = local(1, 5, 4, 3);

  it.each([
    [0, '+00:00'],
    [-1, '+00:01'],
    [-60, '+01:00'],
    [-330, '+05:30'],
    [-345, '+05:45'],
    [-840, '+14:00'],
    [1, '-00:01'],
    [30, '-00:30'],
    [210, '-03:30'],
    [720, '-12:00'],
  ])('has the offset of the zone: one of %d minutes is %s', (minutes, offset) => {
    vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(minutes);
    expect(localTime(at)).toBe(`2026-01-05 04:03 ${offset}`);
  });

  it.each([
    [local(1, 5, 4, 3, 2), '2026-01-05 04:03:02 +00:00'],
    [local(1, 5, 4, 3, 59, 999), '2026-01-05 04:03:59 +00:00'],
    [local(1, 5, 4, 3, 0, 999), '2026-01-05 04:03 +00:00'],
    [local(12, 31, 23, 59), '2026-12-31 23:59 +00:00'],
    [local(10, 10, 0, 0), '2026-10-10 00:00 +00:00'],
  ])('has seconds only if they are not zero (%#)', (time, text) => {
    vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(0);
    expect(localTime(time)).toBe(text);
  });

  it('is the same time when it is read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }), (time) => {
        const [day, clock, offset] = localTime(time).split(' ');
        expect(Date.parse(`${day}T${clock}${offset}`)).toBe(time - (time % 1000));
      }),
    );
  });

  it.runIf(isMainThread).each([
    ['UTC', '2026-11-24 05:00 +00:00'],
    ['Europe/Berlin', '2026-11-24 06:00 +01:00'],
    ['Asia/Kathmandu', '2026-11-24 10:45 +05:45'],
    ['America/St_Johns', '2026-11-24 01:30 -03:30'],
    ['America/Los_Angeles', '2026-11-23 21:00 -08:00'],
  ])('is that of the zone of the machine: %s', (name, text) => {
    expect(inZone(name, () => localTime(Date.parse('2026-11-24T05:00:00Z')))).toBe(text);
  });
});
