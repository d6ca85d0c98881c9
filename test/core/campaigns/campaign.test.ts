import { describe, expect, it } from 'vitest';
import {
  campaignCells,
  campaignChange,
  campaignLine,
  isUsLongCode,
  NO_CAMPAIGN,
} from '../../../src/core/campaigns/campaign.ts';

const PHONE = '+13125550001';
const state = (campaign: string, status = 'ASSIGNED') => ({ campaign, status });

describe('a US long code', () => {
  it.each([
    [PHONE, { type: 'longcode', country: 'US' }, true],
    [PHONE, {}, true],
    [PHONE, { country: 'US' }, true],
    [PHONE, { type: 'tollfree', country: 'US' }, false],
    [PHONE, { type: 'longcode', country: 'CA' }, false],
    ['+18005550001', {}, false],
    ['+18335550001', { country: 'US' }, false],
    // The account knows better than the digits.
    ['+18005550001', { type: 'longcode', country: 'US' }, true],
    ['+442079460958', { type: 'longcode' }, false],
    [PHONE, { type: 'local', country: 'US' }, true],
    ['+18885550001', { type: 'local', country: 'US' }, false],
    [PHONE, { type: 'shortcode' }, false],
    ['12345', { type: 'shortcode', country: 'US' }, false],
    ['', {}, false],
  ])('%s %j: %s', (phoneNumber, shown, isOne) => {
    expect(isUsLongCode(phoneNumber, shown)).toBe(isOne);
  });
});

describe('the change of a campaign', () => {
  it.each([
    [state('C1'), state('C1'), 'unchanged'],
    [NO_CAMPAIGN, NO_CAMPAIGN, 'unchanged'],
    [state('C1'), NO_CAMPAIGN, 'lost'],
    [state('C1'), state('', 'FAILED_ASSIGNMENT'), 'lost'],
    [state('C1'), state('C2'), 'changed'],
    [state('C1'), state('C1', 'PENDING_UNASSIGNMENT'), 'changed'],
    [NO_CAMPAIGN, state('C1'), 'changed'],
    [state('C1', ''), state('C1'), 'unchanged'],
    [state('C1'), state('C1', ''), 'unchanged'],
    [null, state('C1'), 'unknown'],
    [state('C1'), null, 'unknown'],
  ])('%j, %j: %s', (before, after, change) => {
    expect(campaignChange(before, after)).toBe(change);
  });
});

describe('a line of campaigns.csv', () => {
  it.each([
    [state('C1'), state('C1'), `${PHONE},C1,ASSIGNED,C1,ASSIGNED,no`],
    [state('C1'), NO_CAMPAIGN, `${PHONE},C1,ASSIGNED,,NONE,yes`],
    [state('C1'), null, `${PHONE},C1,ASSIGNED,,,`],
    [NO_CAMPAIGN, null, `${PHONE},,NONE,,,`],
    [state('C1', ''), null, `${PHONE},C1,,,,`],
    [null, null, `${PHONE},,,,,`],
  ])('%j and %j', (before, after, line) => {
    expect(campaignCells(PHONE, before, after).join(',')).toBe(line);
    expect(campaignLine(line)).toEqual({ phoneNumber: PHONE, before });
  });

  it.each([
    '',
    `${PHONE.slice(1)},C1,ASSIGNED,,,`,
    '1.31256E+10,C1,ASSIGNED,,,',
    `${PHONE};C1;ASSIGNED;;;`,
    `${PHONE},"C1",ASSIGNED,,,`,
    `${PHONE},=C1,ASSIGNED,,,`,
    `${PHONE},C1,assigned,,,`,
  ])('that something else has written is none: %s', (line) => {
    expect(campaignLine(line)).toBeNull();
  });
});
