/** One phone number in the sandbox. The other fields of the API are derived from it (see views.ts). */
export type SandboxNumber = {
  /** 19 digits in made accounts. A string, because a JavaScript number would round it. */
  id: string;
  /** E.164, with the leading plus. */
  phone_number: string;
  type: 'tollfree' | 'longcode' | 'shortcode';
  country_code: string;
  /** A UUID in lower case, or null if the number has no profile. */
  messaging_profile_id: string | null;
  messaging_product: string;
  /** null: unknown, and any product is accepted. */
  eligible_messaging_products: readonly string[] | null;
  /** Whether answers omit the eligible products. Writes are checked against them in any case. Default false. */
  eligibility_hidden?: boolean;
  tags?: readonly string[];
  /** RFC 3339, UTC. */
  updated_at: string;
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
};

/** A whole account as plain JSON data: the result of `snapshot()` and the input of `SandboxOptions.state`. */
export type SandboxState = {
  numbers: SandboxNumber[];
  profiles: SandboxProfile[];
  /** Shown in every number and profile. Default: a fixed made-up id. */
  organization_id?: string;
  /** The count of writes that changed the account since it was made. Default 0. */
  revision?: number;
};

/** The first `n` number ids of a state, or all if there are fewer. */
export function exampleIds(state: SandboxState, n: number): string[] {
  return state.numbers.slice(0, Math.max(0, n)).map((number) => number.id);
}
