import * as z from 'zod';
import { DIFFERENCE, LEFT_BEHIND } from '../profiles/contents.ts';

export const COUNT = z.int().min(0);
export const TIME = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'Invalid time');

/** What run.json says of the plan of a run. */
export const RECORDED_PLAN = z.object({
  sha256: z.string(),
  change: COUNT,
  rejected: COUNT,
  duplicate: COUNT,
  unchanged: COUNT.default(0),
  held: COUNT.default(0),
  /** When it was made. Version 0.1.0 did not say, so the time of the run counts. */
  at: z.union([z.literal(''), TIME]).default(''),
  /** How the account was read, in words; null if it was not. */
  reading: z.string().nullable().default(null),
  /** The most frequent moves. Names are '' if they were not read. */
  moves: z
    .array(
      z.object({
        count: COUNT,
        profile_before: z.string(),
        profile_before_name: z.string(),
        profile_target: z.string(),
        profile_target_name: z.string(),
        product_before: z.string(),
        product_target: z.string(),
      }),
    )
    .default([]),
  notes: z.array(z.string()).default([]),
  /** What the user should know before the plan is executed; --strict makes errors of them. */
  warnings: z.array(z.string()).default([]),
  /** What stays on the profiles that most numbers leave, and what differs for the most frequent moves. */
  left_behind: z.array(LEFT_BEHIND).default([]),
  differences: z.array(DIFFERENCE).default([]),
  /** About what bulk orders were to cost, and why the other rows go by PATCH; null without `--bulk auto`. */
  bulk: z
    .object({
      rows: COUNT,
      profiles: COUNT,
      orders: COUNT,
      requests: COUNT,
      patch: z.object({ product: COUNT, unassign: COUNT, phone: COUNT, unread: COUNT, few: COUNT }),
    })
    .nullable()
    .default(null),
});
