/** One phone number as the sandbox keeps it. What the API shows beyond this is made from it (see views.ts). */
export type SandboxNumber = {
  /** A string of 19 digits in made accounts; never a JavaScript number, which would round it. */
  id: string;
  /** E.164, with the leading plus. */
  phone_number: string;
  type: 'tollfree' | 'longcode' | 'shortcode';
  country_code: string;
  /** A UUID in lower case, or null when the number is on no profile. */
  messaging_profile_id: string | null;
  messaging_product: string;
  /** null: nobody knows, and any product may be chosen. */
  eligible_messaging_products: readonly string[] | null;
  /** Leaves the eligible products out of every answer; they bind a write all the same. Default false. */
  eligibility_hidden?: boolean;
  tags?: readonly string[];
  /** RFC 3339, UTC. */
  updated_at: string;
};

/** One messaging profile as the sandbox keeps it. Its made-up `v1_secret` is added only in answers. */
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
  /** A decimal number, in US dollars. Default 0.00; snapshots of earlier versions have none. */
  daily_spend_limit?: string;
  /** Default false. */
  daily_spend_limit_enabled?: boolean;
};

/** A whole account as plain JSON data: what `snapshot()` gives and what `SandboxOptions.state` takes. */
export type SandboxState = {
  numbers: SandboxNumber[];
  profiles: SandboxProfile[];
  /** Shown in every number and profile. Default: one fixed made-up id. */
  organization_id?: string;
  /** Writes that changed the account since it was first made. Default 0. */
  revision?: number;
};

/** The first `n` number ids of a state, fewer when it holds fewer. */
export function exampleIds(state: SandboxState, n: number): string[] {
  return state.numbers.slice(0, Math.max(0, n)).map((number) => number.id);
}
