import type { NumberType } from './number-types.ts';

/** One phone number in the sandbox. The other fields of the API are derived from it (see views.ts). */
export type SandboxNumber = {
  /** 19 digits in made accounts. A string, because a JavaScript number would round it. */
  id: string;
  /** E.164, with the leading plus. */
  phone_number: string;
  type: NumberType;
  country_code: string;
  /** A UUID in lower case, or null if the number has no profile. */
  messaging_profile_id: string | null;
  messaging_product: string;
  /** null: unknown, and any product is accepted. */
  eligible_messaging_products: readonly string[] | null;
  /** Whether answers omit the eligible products. Writes are checked against them in any case. Default false. */
  eligibility_hidden?: boolean;
  tags?: readonly string[];
  /** Default: as the product. */
  traffic_type?: string;
  /** Default: those of the product. */
  features?: { sms: SandboxFeatures | null; mms: SandboxFeatures | null };
  /** The 10DLC campaign. null: none. Missing: that of the example, for a US long code, else none. */
  campaign?: SandboxCampaign | null;
  /** The deliverability figures. null: shown as null. Missing: those of the example. */
  health?: SandboxHealth | null;
  /** The names of fields that answers omit, such as `messaging_profile_id`. Default: none. */
  hidden_fields?: readonly string[];
  /** RFC 3339, UTC. */
  updated_at: string;
};

/** What a number can do with one kind of message. */
export type SandboxFeatures = {
  domestic_two_way: boolean;
  international_inbound: boolean;
  international_outbound: boolean;
};

/** The figures of a number's recent traffic. The ratios are from 0 to 1. */
export type SandboxHealth = {
  message_count: number;
  inbound_outbound_ratio: number;
  success_ratio: number;
  spam_ratio: number;
};

/** The 10DLC campaign of a number. */
export type SandboxCampaign = { id: string; status: CampaignStatus; failure_reasons?: string };

export const CAMPAIGN_STATUSES = [
  'ASSIGNED',
  'PENDING_ASSIGNMENT',
  'FAILED_ASSIGNMENT',
  'PENDING_UNASSIGNMENT',
  'FAILED_UNASSIGNMENT',
] as const;
type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

/** A person who asked for no more messages of a profile. */
export type SandboxOptOut = {
  from: string;
  to: string;
  keyword: string | null;
  messaging_profile_id: string | null;
  created_at: string;
};

export type SandboxShortCode = { id: string; short_code: string; messaging_profile_id: string | null };

/** A sender name in place of a phone number. */
export type SandboxAlphanumericSender = {
  id: string;
  alphanumeric_sender_id: string;
  messaging_profile_id: string;
  us_long_code_fallback?: string;
};

/** What a profile answers to incoming keywords of a country. */
export type SandboxKeywordAnswer = {
  id: string;
  messaging_profile_id: string;
  op: 'start' | 'stop' | 'info';
  keywords: readonly string[];
  /** An ISO country code, or a star for all others. */
  country_code: string;
  /** Missing: nothing is answered. */
  resp_text?: string;
};

/** An order to move many numbers to one profile. A number is in one of the three lists, or in none. */
export type SandboxOrder = {
  order_id: string;
  /** Which order it was, from 1. Missing in snapshots of earlier versions, as the rest. */
  nth?: number;
  /** null: the numbers are removed from their profiles. */
  messaging_profile_id: string | null;
  success: string[];
  pending: string[];
  failed: string[];
  /** The numbers that have still to move. Missing: those that are pending. */
  waiting?: string[];
  /** Whether some numbers have moved. */
  has_moved?: boolean;
  /** How often the order must still be read until they move. null: reads do not matter. */
  reads_left: number | null;
  /** When they move, RFC 3339. Missing or null: the time does not matter. */
  due_at?: string | null;
  /** How often the order can still be read. Missing or null: always. */
  reads_until_gone?: number | null;
  /** The names of fields that answers omit. Default: none. */
  hidden_fields?: string[];
};

/** One messaging profile in the sandbox. Only answers contain its made-up `v1_secret`. */
export type SandboxProfile = {
  /** A UUID in lower case. */
  id: string;
  name: string;
  enabled: boolean;
  webhook_url: string | null;
  webhook_api_version: '1' | '2' | '2010-04-01';
  /** ISO country codes, or a single star. */
  whitelisted_destinations: readonly string[];
  number_pool_settings: {
    toll_free_weight: number;
    long_code_weight: number;
    skip_unhealthy: boolean;
    sticky_sender?: boolean;
    geomatch?: boolean;
  } | null;
  /** A decimal number, in US dollars. Default 0.00. Missing in snapshots of earlier versions. */
  daily_spend_limit?: string;
  /** Default false. */
  daily_spend_limit_enabled?: boolean;
  /** These and the rest: as the API names them. Default: null, false or, for the level, 2. */
  webhook_failover_url?: string | null;
  alpha_sender?: string | null;
  url_shortener_settings?: {
    domain: string;
    prefix?: string;
    replace_blacklist_only?: boolean;
    send_webhooks?: boolean;
  } | null;
  smart_encoding?: boolean;
  mms_fall_back_to_sms?: boolean;
  mms_transcoding?: boolean;
  mobile_only?: boolean;
  redaction_enabled?: boolean;
  redaction_level?: number;
};

/** A whole account as plain JSON data: the result of `snapshot()` and the input of `SandboxOptions.state`. */
export type SandboxState = {
  numbers: SandboxNumber[];
  profiles: SandboxProfile[];
  /** Shown in every number and profile. Default: a fixed made-up id. */
  organization_id?: string;
  /** Default: none, as for the next five. */
  opt_outs?: SandboxOptOut[];
  short_codes?: SandboxShortCode[];
  alphanumeric_senders?: SandboxAlphanumericSender[];
  keyword_answers?: SandboxKeywordAnswer[];
  /** Numbers of another carrier. They are in no list of numbers, and no write changes them. */
  hosted_numbers?: SandboxNumber[];
  /** The last bulk orders. */
  bulk_orders?: SandboxOrder[];
  /** The count of writes that changed the account since it was made. Default 0. */
  revision?: number;
};

/** The first `n` number ids of a state, or all if there are fewer. */
export function exampleIds(state: SandboxState, n: number): string[] {
  return state.numbers.slice(0, Math.max(0, n)).map((number) => number.id);
}
