import type { Account } from './account.ts';
import { guideSpelling } from './number-types.ts';
import type { SandboxFeatures, SandboxHealth, SandboxNumber, SandboxProfile } from './state.ts';

export const CREATED = '2026-01-01T00:00:00.000Z';
const SMS: SandboxFeatures = { domestic_two_way: true, international_inbound: true, international_outbound: true };
const MMS: SandboxFeatures = { domestic_two_way: true, international_inbound: false, international_outbound: false };
const HEALTH: SandboxHealth = {
  message_count: 40,
  inbound_outbound_ratio: 0.25,
  success_ratio: 0.98,
  spam_ratio: 0.01,
};

/** The health of a number: its own, or that of the example. */
export function healthOf({ health }: SandboxNumber): SandboxHealth | null {
  return health === undefined ? HEALTH : health;
}

/** The features of a number: its own, or those of its product. */
export function featuresOf({ features, messaging_product: product }: SandboxNumber) {
  return features ?? { sms: SMS, mms: product === 'P2P' ? null : MMS };
}

/** A number as the API shows it. P2P numbers have no MMS, so their `features.mms` is null. */
export function showNumber(account: Account, number: SandboxNumber): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    record_type: 'messaging_settings',
    id: number.id,
    phone_number: number.phone_number,
    messaging_profile_id: number.messaging_profile_id,
    organization_id: account.organizationId,
    created_at: CREATED,
    updated_at: number.updated_at,
    country_code: number.country_code,
    type: account.guideSpelling ? guideSpelling(number.type) : number.type,
    messaging_product: number.messaging_product,
    traffic_type: number.traffic_type ?? number.messaging_product,
    ...(number.eligibility_hidden ? {} : { eligible_messaging_products: number.eligible_messaging_products }),
    features: featuresOf(number),
    health: healthOf(number),
    tags: number.tags ?? [],
  };
  for (const name of number.hidden_fields ?? []) delete shown[name];
  return shown;
}

/** A profile as the API shows it. The made-up `v1_secret` is there because the real API sends a secret too. */
export function showProfile(account: Account, profile: SandboxProfile): Record<string, unknown> {
  return {
    record_type: 'messaging_profile',
    organization_id: account.organizationId,
    resource_group_id: null,
    webhook_failover_url: null,
    url_shortener_settings: null,
    alpha_sender: null,
    ai_assistant_id: null,
    daily_spend_limit: '0.00',
    daily_spend_limit_enabled: false,
    smart_encoding: false,
    mms_fall_back_to_sms: false,
    mms_transcoding: false,
    mobile_only: false,
    redaction_enabled: false,
    redaction_level: 2,
    health_webhook_url: null,
    ...profile,
    v1_secret: `made-up-secret-of-${profile.id}`,
    created_at: CREATED,
    updated_at: CREATED,
  };
}
