/** The settings of a messaging profile that matter for the numbers on it. A field that an answer does not show is undefined. */
export type ShownProfile = {
  id: string;
  name: string;
  enabled?: boolean;
  /** Null: none. */
  webhookUrl?: string | null;
  webhookApiVersion?: string;
  /** ISO country codes, or a star for all. */
  destinations?: string[];
  /** Whether it sends from a pool of its numbers, and whether each recipient keeps getting messages from the same one. */
  pool?: boolean;
  stickySender?: boolean;
  /** The daily spend limit; null if none is enabled. */
  spendLimit?: string | null;
};
