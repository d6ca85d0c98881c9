import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isE164, phoneReadings } from '../../../src/core/input/phone.ts';
import { anyText } from '../../support/any-text.ts';

describe('a phone number', () => {
  it.each([
    ['+18005550001', ['+18005550001']],
    ['18005550001', ['+18005550001']],
    ['1 800 555 0001', ['+18005550001']],
    ['+1 (800) 555-0001', ['+18005550001']],
    ['(+1) 800.555.0001', ['+18005550001']],
    ['+ 1 800 555 0001', ['+18005550001']],
    ['1\u2011800\u2011555\u20110001', ['+18005550001']],
    ['+1\u00a0800\u202f555\u22120001', ['+18005550001']],
    ['\u202a+18005550001\u202c', ['+18005550001']],
    ['\uff0b\uff11\uff18\uff10\uff10\uff15\uff15\uff15\uff10\uff10\uff10\uff11', ['+18005550001']],
    ['tel:+1-800-555-0001', ['+18005550001']],
    ['TEL: 18005550001', ['+18005550001']],
    ['18005550001.0', ['+18005550001']],
    ['+18005550001,00', ['+18005550001']],
    ['18,005,550,001', ['+18005550001']],
    ['8005550001', ['+18005550001', '+8005550001']],
    ['(800) 555-0001', ['+18005550001', '+8005550001']],
    ['1234567890', ['+1234567890']],
    ['0018005550001', ['+18005550001']],
    ['011 44 20 7946 0958', ['+442079460958']],
    ['+44 (0)20 7946 0958', ['+442079460958', '+4402079460958']],
    ['49/170/1234567', ['+491701234567']],
  ])('%j may stand for %j', (text, readings) => {
    expect(phoneReadings(text)).toEqual(readings);
  });

  it.each([
    ...['', 'x', '555', '1-800-FLOWERS', '020 7946 0958', '+1 800 555 0001 x12', '1,800,55', '18005550001,5'],
    ...[
      '1293384261075731499',
      '4.4E+11',
      '++18005550001',
      '1+8005550001',
      'tel:',
      '+',
      '+12 34',
      '#REF!',
      '-18005550001',
    ],
    'tel:\n18005550001',
  ])('%j stands for none', (text) => {
    expect(phoneReadings(text)).toEqual([]);
  });

  const e164 = fc.stringMatching(/^[1-9][0-9]{6,14}$/).map((digits) => `+${digits}`);
  const gap = fc.constantFrom('', ' ', '-', '.', '\u00a0', '\u2013', ' (', ') ', '/');

  it('is among its readings, whatever stands between its digits', () => {
    fc.assert(
      fc.property(e164, fc.array(gap, { minLength: 15, maxLength: 15 }), fc.boolean(), (number, gaps, plus) => {
        const spelled = [...number.slice(1)].map((digit, at) => (at === 0 ? digit : `${gaps[at]}${digit}`)).join('');
        // A dot before a last zero is how a spreadsheet writes a whole number.
        fc.pre(!/[.,]0{1,2}$/.test(spelled) && !spelled.includes('(0)'));
        expect(phoneReadings(plus ? `+${spelled}` : spelled)).toContain(number);
      }),
    );
  });

  it('is read as E.164 only, and in one line', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(15), fc.string({ unit: fc.constantFrom(...'0123456789+-(). tel:') })), (text) => {
        const readings = phoneReadings(text);
        for (const reading of readings) expect(isE164(reading)).toBe(true);
        if (readings.length > 0) expect(text).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
