import { describe, expect, it } from 'vitest';
import { confirmPhone, severalText } from '../../../src/core/plan/phone-number.ts';
import { makeEntry, PHONE } from '../../support/make.ts';

const confirm = (phoneNumber: string, shown?: string) => confirmPhone(makeEntry({ phoneNumber }), shown);

describe('the phone number of a row', () => {
  it('needs no confirmation if it is E.164 or not there', () => {
    for (const phoneNumber of ['', PHONE]) {
      const asGiven = { number: phoneNumber, said: phoneNumber, spelling: '', isUnconfirmed: false };
      expect(confirm(phoneNumber)).toEqual(asGiven);
      expect(confirm(phoneNumber, '+12025550199')).toEqual(asGiven);
    }
  });

  it('in another spelling is replaced by that of the account if that is one of its readings', () => {
    expect(confirm('(800) 555-0001', PHONE)).toEqual({
      number: PHONE,
      said: PHONE,
      spelling: '(800) 555-0001',
      isUnconfirmed: false,
    });
    for (const shown of [undefined, '+12025550199']) {
      expect(confirm('(800) 555-0001', shown)).toMatchObject({ number: '(800) 555-0001', isUnconfirmed: true });
    }
    expect(confirm('+1 800 555 0001').number).toBe("'+1 800 555 0001");
  });

  it('may be that of several numbers', () => {
    expect(severalText('8005550001')).toBe(
      'the account has several numbers with the phone number "8005550001" (+18005550001, +8005550001); write the id of one of them',
    );
    expect(severalText(PHONE)).toBe(
      `the account has several numbers with the phone number "${PHONE}"; write the id of one of them`,
    );
  });
});
