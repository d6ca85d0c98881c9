/** The settings of a messaging profile that matter for the numbers on it. What an answer does not show is undefined. */
export type ShownProfile = {
  id: string;
  name: string;
  enabled?: boolean;
  /** Null: none. */
  webhookUrl?: string | null;
  webhookApiVersion?: string;
  /** ISO country codes, or a star for all. */
  destinations?: string[];
  /** Whether it sends from a pool of its numbers, and keeps to the number that somebody has been written from. */
  pool?: boolean;
  stickySender?: boolean;
  /** The daily spend limit that is switched on, null where none is. */
  spendLimit?: string | null;
};
