import { describe, expect, it } from 'vitest';
import type { HttpAnswer, ShownSettings } from '../../../src/core/api/response.ts';
import {
  classify,
  classifyAccountRead,
  classifyExtraRead,
  classifyOptionalRead,
  classifyRead,
  firstError,
  isOutageAnswer,
} from '../../../src/core/attempt/classify.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { ID, makeAnswer, makeEntry, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const entry = makeEntry({ phoneNumber: PHONE, profileTarget: PROFILE, productTarget: 'A2P' });

function errors(...codes: string[]): HttpAnswer['body'] {
  return { kind: 'errors', errors: codes.map((code) => ({ code, title: 'Title', detail: 'Detail', pointer: '' })) };
}

const answered = (status: number, ...codes: string[]) => makeAnswer(status, errors(...codes));
const shown = (settings: ShownSettings, status = 200) => makeAnswer(status, { kind: 'settings', settings });
const FULL = { id: ID, phoneNumber: PHONE, profile: PROFILE, product: 'A2P' };

describe('a 200', () => {
  it.each([
    ['profile and product', entry, FULL],
    ['another status of success', entry, FULL, 201],
    ['no phone number', entry, { id: ID, profile: PROFILE, product: 'A2P' }],
    ['no id', entry, { phoneNumber: PHONE, profile: PROFILE, product: 'A2P' }],
    [
      'another product, where the product is kept',
      makeEntry({ productTarget: '' }),
      { id: ID, profile: PROFILE, product: 'P2P' },
    ],
    ['no product, where the product is kept', makeEntry({ productTarget: '' }), { id: ID, profile: PROFILE }],
    [
      'another profile, where the profile is kept',
      makeEntry({ profileTarget: '', productTarget: 'A2P' }),
      { id: ID, profile: OTHER_PROFILE, product: 'A2P' },
    ],
    ['no profile, where it was to be taken away', makeEntry({ profileTarget: 'UNASSIGN' }), { id: ID, profile: null }],
    ['a phone number that the row does not name', makeEntry(), { phoneNumber: PHONE, profile: PROFILE }],
  ] satisfies [string, PlanEntry, ShownSettings, number?][])(
    'that shows the targets confirms them: %s',
    (_what, planned, settings, status = 200) => {
      expect(classify(planned, shown(settings, status), false)).toEqual({ kind: 'confirmed' });
      expect(classify(planned, shown(settings, status), true)).toEqual({ kind: 'confirmed' });
    },
  );

  it.each([
    [
      entry,
      { ...FULL, profile: OTHER_PROFILE },
      `messaging_profile_id is ${OTHER_PROFILE}, wanted ${PROFILE} (product applied, profile not)`,
    ],
    [
      entry,
      { ...FULL, profile: null },
      `messaging_profile_id is UNASSIGN, wanted ${PROFILE} (product applied, profile not)`,
    ],
    [entry, { ...FULL, product: 'P2P' }, 'messaging_product is P2P, wanted A2P (profile applied, product not)'],
    [entry, { ...FULL, product: null }, 'messaging_product is UNASSIGN, wanted A2P (profile applied, product not)'],
    [
      entry,
      { id: ID, phoneNumber: PHONE, product: 'A2P' },
      `messaging_profile_id is not shown, wanted ${PROFILE} (product applied, profile not shown)`,
    ],
    [
      entry,
      { id: ID, phoneNumber: PHONE, profile: PROFILE },
      'messaging_product is not shown, wanted A2P (profile applied, product not shown)',
    ],
    [makeEntry({ profileTarget: 'UNASSIGN' }), { id: ID }, 'messaging_profile_id is not shown, wanted UNASSIGN'],
    [entry, {}, 'it does not name the number that was changed'],
    [entry, { profile: PROFILE, product: 'A2P' }, 'it does not name the number that was changed'],
    [
      makeEntry({ profileTarget: 'UNASSIGN' }),
      { id: ID, profile: PROFILE },
      `messaging_profile_id is ${PROFILE}, wanted UNASSIGN`,
    ],
    [entry, { ...FULL, id: '77' }, 'the answer is about the id "77"'],
    [
      entry,
      { id: '77', profile: null, product: null },
      `the answer is about the id "77"; messaging_profile_id is UNASSIGN, wanted ${PROFILE}; messaging_product is UNASSIGN, wanted A2P`,
    ],
  ] satisfies [PlanEntry, ShownSettings, string][])(
    'that does not show the targets is a mismatch (%#)',
    (planned, settings, lacking) => {
      expect(classify(planned, shown(settings), false)).toEqual({
        kind: 'failed',
        reason: 'response_mismatch',
        detail: `the answer was 200, but ${lacking}`,
      });
    },
  );

  it('about another phone number than the row names says that ids and rows do not belong together', () => {
    const settings = { ...FULL, phoneNumber: '+18005550002' };
    const verdict = {
      kind: 'wrong_number',
      detail:
        'the file says +18005550001, the account has +18005550002 under this id; the write may have changed that number',
    };
    expect(classify(entry, shown(settings), false)).toEqual(verdict);
    expect(classify(entry, shown({ ...settings, profile: null }), false)).toEqual(verdict);
  });

  it.each([makeAnswer(200, { kind: 'unreadable' }), makeAnswer(204, { kind: 'unreadable' }), answered(200, '10015')])(
    'without the settings may have been carried out, and is tried again (%#)',
    (answer) => {
      expect(classify(entry, answer, false)).toEqual({ kind: 'retry', ambiguous: true });
    },
  );
});

describe('what may pass', () => {
  it.each([500, 501, 502, 503, 504, 599])('HTTP %d is tried again, and the write may have happened', (status) => {
    expect(classify(entry, answered(status, '10007'), false)).toEqual({ kind: 'retry', ambiguous: true });
    expect(classify(entry, makeAnswer(status, { kind: 'unreadable' }), true)).toEqual({
      kind: 'retry',
      ambiguous: true,
    });
  });

  it.each([
    [408, true],
    [425, false],
  ])('HTTP %d is tried again, and may have been carried out: %s', (status, ambiguous) => {
    expect(classify(entry, answered(status, '10008'), false)).toEqual({ kind: 'retry', ambiguous });
    expect(classify(entry, makeAnswer(status, { kind: 'unreadable' }), true)).toEqual({ kind: 'retry', ambiguous });
  });

  it.each([400, 403, 409, 422, 423])('HTTP %d with code 10036 (being processed) is tried again', (status) => {
    expect(classify(entry, answered(status, '10036'), true)).toEqual({ kind: 'retry', ambiguous: false });
    expect(classify(entry, answered(status, '10015', '10036'), false)).toEqual({ kind: 'retry', ambiguous: false });
  });

  it('HTTP 429 throttles, whatever its body says', () => {
    expect(classify(entry, answered(429, '10011'), false)).toEqual({ kind: 'throttled' });
    expect(classify(entry, answered(429, '20013'), true)).toEqual({ kind: 'throttled' });
    expect(classify(entry, makeAnswer(429, { kind: 'unreadable' }), false)).toEqual({ kind: 'throttled' });
  });

  it.each([true, false])('a network failure is tried again; the write may have happened if it was sent: %s', (sent) => {
    const failure = { kind: 'network', code: 'ECONNRESET', message: 'cut', sent, durationMs: 1 } as const;
    expect(classify(entry, failure, true)).toEqual({ kind: 'retry', ambiguous: sent });
  });
});

describe('what is about the key or the account', () => {
  it('HTTP 401 is to be confirmed', () => {
    expect(classify(entry, answered(401, '10009'), true)).toEqual({ kind: 'unauthorized' });
    expect(classify(entry, makeAnswer(401, { kind: 'unreadable' }), false)).toEqual({ kind: 'unauthorized' });
  });

  it.each(['20002', '20003', '20006', '20008', '20012', '20013', '20014', '20015', '20016', '20017', '40314'])(
    'HTTP 403 with code %s stops the run',
    (code) => {
      expect(classify(entry, answered(403, code), false)).toEqual({
        kind: 'stop',
        reason: 'account_refused',
        detail: `HTTP 403 ${code} Title`,
      });
      expect(classify(entry, answered(403, '10010', code), false)).toMatchObject({ kind: 'stop' });
    },
  );

  it.each(['10010', '10038', '20001', '20007', '20009', '20011', '20018', '2001', ''])(
    'HTTP 403 with code %j fails its row, unless it is the first answer of the run',
    (code) => {
      expect(classify(entry, answered(403, code), false)).toEqual({
        kind: 'failed',
        reason: 'api_error',
        detail: 'Detail',
      });
      expect(classify(entry, answered(403, code), true)).toMatchObject({ kind: 'stop', reason: 'account_refused' });
    },
  );

  it('HTTP 403 without the JSON of the API stops a run that has just begun, and is named by its status', () => {
    expect(classify(entry, makeAnswer(403, { kind: 'unreadable' }), true)).toEqual({
      kind: 'stop',
      reason: 'account_refused',
      detail: 'HTTP 403',
    });
  });

  it('a code of the account under another status fails its row only', () => {
    expect(classify(entry, answered(422, '20013'), true)).toMatchObject({ kind: 'failed', reason: 'api_error' });
  });
});

describe('a redirect', () => {
  it.each([300, 301, 302, 303, 304, 307, 308])(
    'by HTTP %d fails its row, and stops a run that has just begun',
    (status) => {
      const detail = `HTTP ${status}: the server redirects requests, and redirects are not followed`;
      const answer = makeAnswer(status, { kind: 'unreadable' });
      expect(classify(entry, answer, false)).toEqual({ kind: 'failed', reason: 'redirected', detail });
      expect(classify(entry, answer, true)).toEqual({ kind: 'stop', reason: 'redirected', detail });
    },
  );
});

describe('a status beside 2xx', () => {
  it.each([100, 199, 300, 304, 400, 422, 500])(
    'HTTP %d confirms nothing, even if its body shows the targets',
    (status) => {
      expect(classify(entry, shown(FULL, status), false).kind).not.toBe('confirmed');
      expect(classify(entry, shown(FULL, status), true).kind).not.toBe('confirmed');
    },
  );
});

it.each([400, 402, 403, 404, 409, 422, 423])(
  'HTTP %i with 10036 (busy) is tried again, whatever else is wrong',
  (status) => {
    for (const first of [true, false]) {
      const answer = answered(status, '10015', '10036');
      expect(classify(entry, answer, first)).toEqual({ kind: 'retry', ambiguous: false });
      expect(classifyRead(entry, answer, first)).toEqual({ kind: 'retry', ambiguous: false });
      expect(classifyAccountRead(answer, first)).toEqual({ kind: 'retry', ambiguous: false });
    }
  },
);

it('a 402 stops the run, at any time and for any request', () => {
  const detail = 'HTTP 402 10015 Title: the account has to be paid or topped up before it can be changed';
  for (const first of [true, false]) {
    const stop = { kind: 'stop', reason: 'account_refused', detail };
    expect(classify(entry, answered(402, '10015'), first)).toEqual(stop);
    expect(classifyRead(entry, answered(402, '10015'), first)).toEqual(stop);
    expect(classifyAccountRead(answered(402, '10015'), first)).toEqual(stop);
    expect(classify(entry, makeAnswer(402, { kind: 'unreadable' }), first)).toMatchObject({ kind: 'stop' });
  }
});

describe('any other 4xx', () => {
  it.each([400, 404, 405, 409, 410, 413, 415, 418, 422, 423, 451, 499])('HTTP %d fails its row at once', (status) => {
    for (const first of [true, false]) {
      expect(classify(entry, answered(status, '10015'), first)).toEqual({
        kind: 'failed',
        reason: 'api_error',
        detail: 'Detail',
      });
    }
    expect(classify(entry, makeAnswer(status, { kind: 'unreadable' }), false)).toEqual({
      kind: 'failed',
      reason: 'api_error',
      detail: '',
    });
  });
});

describe('an answer to a read', () => {
  it.each([
    ['all of it', entry, FULL, 200],
    ['another status of success', entry, FULL, 299],
    ['nothing that the row does not ask for', entry, { profile: PROFILE, product: 'A2P' }, 200],
    ['another product, where that is kept', makeEntry(), { profile: PROFILE, product: 'P2P' }, 200],
    ['no profile, where it was to be taken away', makeEntry({ profileTarget: 'UNASSIGN' }), { profile: null }, 200],
  ] satisfies [string, PlanEntry, ShownSettings, number][])(
    'that shows the targets says that the row is there: %s',
    (_what, planned, settings, status) => {
      expect(classifyRead(planned, shown(settings, status), false)).toEqual({ kind: 'confirmed' });
      expect(classifyRead(planned, shown(settings, status), true)).toEqual({ kind: 'confirmed' });
    },
  );

  it.each([
    ['another profile', { ...FULL, profile: OTHER_PROFILE }, true],
    ['no profile', { ...FULL, profile: null }, true],
    ['another product', { ...FULL, product: 'P2P' }, true],
    ['another id', { ...FULL, id: '77' }, true],
    ['nothing of the profile', { id: ID, product: 'A2P' }, false],
    ['nothing of the product', { id: ID, profile: PROFILE }, false],
    ['nothing at all', {}, false],
  ] satisfies [string, ShownSettings, boolean][])(
    'that shows %s says that it is not, or that this is unknown',
    (_what, settings, isShown) => {
      expect(classifyRead(entry, shown(settings), false)).toEqual({ kind: 'not_there', isShown });
      expect(classifyRead(entry, shown(settings), true)).toEqual({ kind: 'not_there', isShown });
    },
  );

  it('depends on what the row asks for, and not on the rest', () => {
    const onlyProfile = makeEntry({ profileTarget: PROFILE, productTarget: '' });
    expect(classifyRead(onlyProfile, shown({ profile: null }), false)).toEqual({ kind: 'not_there', isShown: true });
    const onlyProduct = makeEntry({ profileTarget: '', productTarget: 'A2P' });
    expect(classifyRead(onlyProduct, shown({ product: null }), false)).toEqual({ kind: 'not_there', isShown: true });
  });

  it('that shows another phone number says that ids and rows do not belong together; nothing was changed yet', () => {
    const verdict = {
      kind: 'wrong_number',
      detail: 'the file says +18005550001, the account has +18005550002 under this id',
    };
    expect(classifyRead(entry, shown({ ...FULL, phoneNumber: '+18005550002' }), false)).toEqual(verdict);
    expect(classifyRead(entry, shown({ phoneNumber: '+18005550002' }), true)).toEqual(verdict);
    expect(classifyRead(makeEntry(), shown({ phoneNumber: PHONE }), true)).toEqual({
      kind: 'not_there',
      isShown: false,
    });
  });

  it.each([
    makeAnswer(200, { kind: 'unreadable' }),
    answered(200, '10015'),
    makeAnswer(299, { kind: 'unreadable' }),
    answered(408),
    answered(425),
    answered(422, '10036'),
    answered(500),
    answered(503, '10007'),
    makeAnswer(599, { kind: 'unreadable' }),
    { kind: 'network', code: 'ECONNRESET', message: 'cut', sent: true, durationMs: 1 } as const,
    { kind: 'network', code: 'ECONNREFUSED', message: 'refused', sent: false, durationMs: 1 } as const,
  ])('that says nothing is asked for again, and has changed nothing (%#)', (answer) => {
    expect(classifyRead(entry, answer, false)).toEqual({ kind: 'retry', ambiguous: false });
    expect(classifyRead(entry, answer, true)).toEqual({ kind: 'retry', ambiguous: false });
  });

  it('of 401, 429, or about the account means what it means of a write', () => {
    expect(classifyRead(entry, answered(401), true)).toEqual({ kind: 'unauthorized' });
    expect(classifyRead(entry, answered(429), true)).toEqual({ kind: 'throttled' });
    expect(classifyRead(entry, answered(403, '20013'), false)).toEqual({
      kind: 'stop',
      reason: 'account_refused',
      detail: 'HTTP 403 20013 Title',
    });
    expect(classifyRead(entry, answered(403, '10010'), true)).toMatchObject({
      kind: 'stop',
      reason: 'account_refused',
    });
    expect(classifyRead(entry, makeAnswer(302, { kind: 'unreadable' }), true)).toMatchObject({
      kind: 'stop',
      reason: 'redirected',
    });
  });

  it.each([199, 300, 302, 400, 403, 404, 410, 422, 499])(
    'of HTTP %d, which refuses this one number, leaves the verdict to the write',
    (status) => {
      expect(classifyRead(entry, answered(status, '10010'), false)).toEqual({ kind: 'not_there', isShown: false });
      expect(classifyRead(entry, shown(FULL, status), false)).toEqual({ kind: 'not_there', isShown: false });
    },
  );
});

describe('an answer to a read that is about no row', () => {
  const page = { rows: [], total: 0, pages: 0 };

  it.each([
    makeAnswer(200, { kind: 'numbers', page }),
    makeAnswer(200, { kind: 'profiles', page }),
    shown({}),
    shown(FULL, 299),
  ])('shows what was asked for (%#)', (answer) => {
    expect(classifyAccountRead(answer, false)).toEqual({ kind: 'confirmed' });
    expect(classifyAccountRead(answer, true)).toEqual({ kind: 'confirmed' });
  });

  it.each([
    makeAnswer(200, { kind: 'unreadable' }),
    answered(200, '10015'),
    answered(408),
    answered(425),
    answered(400, '10036'),
    answered(500),
    makeAnswer(503, { kind: 'unreadable' }),
    { kind: 'network', code: 'ECONNRESET', message: 'cut', sent: true, durationMs: 1 } as const,
    { kind: 'network', code: 'ENOTFOUND', message: 'no such host', sent: false, durationMs: 1 } as const,
  ])('is asked for again, and has changed nothing (%#)', (answer) => {
    expect(classifyAccountRead(answer, false)).toEqual({ kind: 'retry', ambiguous: false });
    expect(classifyAccountRead(answer, true)).toEqual({ kind: 'retry', ambiguous: false });
  });

  it('of 401, 429, or about the account means what it means of a write', () => {
    expect(classifyAccountRead(answered(401), true)).toEqual({ kind: 'unauthorized' });
    expect(classifyAccountRead(answered(429), true)).toEqual({ kind: 'throttled' });
    expect(classifyAccountRead(answered(403, '20013'), false)).toMatchObject({
      kind: 'stop',
      reason: 'account_refused',
    });
    expect(classifyAccountRead(answered(403, '10010'), true)).toMatchObject({
      kind: 'stop',
      reason: 'account_refused',
    });
    expect(classifyAccountRead(answered(302), true)).toMatchObject({ kind: 'stop', reason: 'redirected' });
  });

  it('that refuses it is final, and no reason to stop in the midst of a run', () => {
    expect(classifyAccountRead(answered(404, '10005'), true)).toEqual({
      kind: 'failed',
      reason: 'api_error',
      detail: 'Detail',
    });
    expect(classifyAccountRead(answered(403, '10010'), false)).toMatchObject({ kind: 'failed', reason: 'api_error' });
    expect(classifyAccountRead(answered(302), false)).toMatchObject({ kind: 'failed', reason: 'redirected' });
  });
});

describe('an answer to a read that can be done without', () => {
  it('is final if another attempt might help, and else means the same', () => {
    for (const answer of [answered(503), answered(501), makeAnswer(200, { kind: 'unreadable' })]) {
      expect(classifyOptionalRead(answer, false)).toMatchObject({ kind: 'failed', reason: 'api_error' });
    }
    expect(classifyOptionalRead(answered(429), false)).toEqual({ kind: 'throttled' });
    expect(classifyOptionalRead(answered(401), false)).toEqual({ kind: 'unauthorized' });
    expect(classifyOptionalRead(answered(404), false)).toMatchObject({ kind: 'failed' });
  });
});

describe('an answer to a read that only informs', () => {
  it('is about this read alone, whatever it says of the account or the key', () => {
    for (const status of [302, 401, 402, 403, 404, 501]) {
      expect(classifyExtraRead(answered(status, '20012'))).toMatchObject({ kind: 'failed' });
    }
    expect(classifyExtraRead(answered(503))).toMatchObject({ kind: 'retry' });
    expect(classifyExtraRead(answered(429))).toEqual({ kind: 'throttled' });
  });
});

describe('an API that appears to be down', () => {
  it.each([
    [500, true],
    [502, true],
    [599, true],
    [499, false],
    [429, false],
    [408, false],
    [302, false],
    [200, false],
  ])('of HTTP %d: %s', (status, down) => {
    expect(isOutageAnswer(answered(status, '10007'))).toBe(down);
    expect(isOutageAnswer(makeAnswer(status, { kind: 'unreadable' }))).toBe(down);
  });

  it.each([true, false])('has no complete answer, whether the request was sent or not: %s', (sent) => {
    expect(isOutageAnswer({ kind: 'network', code: 'ETIMEDOUT', message: 'late', sent, durationMs: 1 })).toBe(true);
  });
});

describe('the first error of an answer', () => {
  it('is that of its body, or empty', () => {
    expect(firstError(answered(422, '1', '2'))).toEqual({ code: '1', title: 'Title', detail: 'Detail', pointer: '' });
    const none = { code: '', title: '', detail: '', pointer: '' };
    expect(firstError(answered(422))).toEqual(none);
    expect(firstError(makeAnswer(422, { kind: 'unreadable' }))).toEqual(none);
    expect(firstError(shown(FULL))).toEqual(none);
  });
});

it.each(['EMFILE', 'ENFILE', 'ERR_LEASE'])(
  '%s is about this machine: nothing was sent, and the API is not down',
  (code) => {
    const answer = { kind: 'network', code, message: '', sent: false, durationMs: 0 } as const;
    for (const meaning of [
      classify(entry, answer, true),
      classifyRead(entry, answer, true),
      classifyAccountRead(answer, true),
    ]) {
      expect(meaning).toEqual({ kind: 'not_sent' });
    }
    expect(isOutageAnswer(answer)).toBe(false);
  },
);
