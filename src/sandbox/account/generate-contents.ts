import type { SandboxKeywordAnswer, SandboxNumber, SandboxOptOut, SandboxProfile, SandboxState } from './state.ts';
import { CREATED } from './views.ts';

const PROFILES_WITH_CONTENTS = 2;
const MAX_OPT_OUTS = 1000;

/** What is on the profiles of a made account besides its numbers. The first profile has something of each. */
export function makeContents(
  numbers: readonly SandboxNumber[],
  profiles: readonly SandboxProfile[],
): Omit<SandboxState, 'numbers' | 'profiles'> {
  const first = profiles.slice(0, PROFILES_WITH_CONTENTS).map(({ id }) => id);
  return {
    opt_outs: makeOptOuts(numbers),
    short_codes: first.map((profile, index) => ({
      id: madeId('5c', index + 1),
      short_code: String(30_001 + index),
      messaging_profile_id: profile,
    })),
    alphanumeric_senders: first.slice(0, 1).map((profile) => ({
      id: madeId('a1', 1),
      alphanumeric_sender_id: 'SANDBOX',
      messaging_profile_id: profile,
    })),
    keyword_answers: first.flatMap(makeKeywordAnswers),
    hosted_numbers: first.slice(0, 1).map(makeHostedNumber),
  };
}

function madeId(prefix: string, index: number): string {
  return `00000000-0000-4000-8000-${prefix}${String(index).padStart(10, '0')}`;
}

/** Every third number with a profile has one opt-out, which stays with that profile. */
function makeOptOuts(numbers: readonly SandboxNumber[]): SandboxOptOut[] {
  const optOuts: SandboxOptOut[] = [];
  for (let index = 0; index < numbers.length && optOuts.length < MAX_OPT_OUTS; index += 3) {
    const { phone_number = '', messaging_profile_id = null } = numbers[index] ?? {};
    if (messaging_profile_id === null) continue;
    optOuts.push({
      from: phone_number,
      to: `+1415${String(index).padStart(7, '0')}`,
      keyword: index % 2 === 0 ? 'STOP' : null,
      messaging_profile_id,
      created_at: new Date(Date.parse(CREATED) + index * 60_000).toISOString(),
    });
  }
  return optOuts;
}

/** The answers of the second profile differ from those of the first: it has another text to STOP, and none to HELP. */
function makeKeywordAnswers(profile: string, index: number): SandboxKeywordAnswer[] {
  const common = (nth: number) => ({ id: madeId('ca', index * 10 + nth), messaging_profile_id: profile });
  const brand = `Profile ${index + 1}`;
  const stop: SandboxKeywordAnswer = {
    ...common(1),
    op: 'stop',
    keywords: ['STOP', 'END'],
    country_code: 'US',
    resp_text: `${brand}: you get no more messages.`,
  };
  const info: SandboxKeywordAnswer = {
    ...common(2),
    op: 'info',
    keywords: ['HELP'],
    country_code: '*',
    resp_text: `${brand}: write to help@example.com.`,
  };
  return index === 0 ? [stop, info] : [stop];
}

function makeHostedNumber(profile: string): SandboxNumber {
  return {
    id: '1293384261900000011',
    phone_number: '+13125559001',
    type: 'longcode',
    country_code: 'US',
    messaging_profile_id: profile,
    messaging_product: 'A2P',
    eligible_messaging_products: ['A2P'],
    updated_at: CREATED,
  };
}
