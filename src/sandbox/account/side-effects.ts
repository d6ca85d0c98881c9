import type { NumberChange } from './account.ts';
import { campaignOf } from './campaign.ts';
import type { SandboxNumber } from './state.ts';
import { healthOf } from './views.ts';

/** What a write may do to a number besides what it asks for. */
export type SideEffect = 'campaign-lost' | 'campaign-pending' | 'success-drop';

/** The further change that a side effect makes to a number. A number without a campaign or health has none to lose. */
export function changeOfSideEffect(number: SandboxNumber, effect: SideEffect | undefined): NumberChange {
  const campaign = campaignOf(number);
  const health = healthOf(number);
  if (effect === 'campaign-lost' && campaign !== null) return { campaign: null };
  if (effect === 'campaign-pending' && campaign !== null) {
    return { campaign: { id: campaign.id, status: 'PENDING_ASSIGNMENT' } };
  }
  if (effect === 'success-drop' && health !== null) {
    return { health: { ...health, success_ratio: health.success_ratio / 2 } };
  }
  return {};
}
