import { plainTypeOf } from './number-types.ts';
import type { SandboxCampaign, SandboxNumber } from './state.ts';

/** The campaign of a number. Without one of its own, a US long code has a made one and others have none. */
export function campaignOf(number: SandboxNumber): SandboxCampaign | null {
  if (number.campaign !== undefined) return number.campaign;
  if (plainTypeOf(number.type) !== 'longcode' || number.country_code !== 'US') return null;
  const lastDigit = number.phone_number.at(-1);
  if (lastDigit === '8') return { id: 'CSANDB8', status: 'PENDING_ASSIGNMENT' };
  if (lastDigit === '9') return { id: 'CSANDB9', status: 'FAILED_ASSIGNMENT', failure_reasons: 'made up' };
  return { id: 'CSANDBX', status: 'ASSIGNED' };
}
