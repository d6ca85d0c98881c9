import type { WriteParts } from '../account/update.ts';
import { bodyOf, failure, type Reply } from '../http/reply.ts';
import { ERROR_KINDS } from './error-kinds.ts';

/** The request that a fault affects: a write or a read. */
type FaultTarget = {
  /** Applies the write and returns the true answer, which may be an error. For a read, returns the answer. */
  write: (parts?: WriteParts) => Reply;
  /** The true answer to a read of the same number, without the write. For a read, the same as `write`. */
  read: () => Reply;
  /** The parsed request body, or null for a read. */
  body: unknown;
};

/** A number in an answer. */
type ShownNumber = Record<string, unknown>;

type FaultDefinition = { text: string; play: (target: FaultTarget) => Reply };

const HUGE_BYTES = 8 * 1024 * 1024;
const SLOW_MS = 2000;
const NO_SUCH_PROFILE = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

const KINDS = {
  ...ERROR_KINDS,
  '500-after': {
    text: 'the write takes effect; the answer is 500 code 10007',
    play: ({ write }) => failedAfter(write(), failure(500, '10007')),
  },
  '503-after': {
    text: 'the write takes effect; the answer is 503 code 10037',
    play: ({ write }) => failedAfter(write(), failure(503, '10037')),
  },
  redirect: {
    text: '302 to another path',
    play: () => ({ status: 302, text: '', headers: { location: '/v2/moved' } }),
  },
  hang: { text: 'never answers; the write does not take effect', play: () => ({ status: 200, ending: 'hang' }) },
  'hang-after': {
    text: 'the write takes effect; there is never an answer',
    play: ({ write }) => ({ ...write(), ending: 'hang' }),
  },
  reset: { text: 'connection reset; the write does not take effect', play: () => ({ status: 200, ending: 'reset' }) },
  'reset-after': {
    text: 'the write takes effect, then the connection is reset',
    play: ({ write }) => ({ ...write(), ending: 'reset' }),
  },
  cut: {
    text: 'the write takes effect; the connection closes halfway through the body',
    play: ({ write }) => ({ ...write(), ending: 'cut' }),
  },
  'cut-json': {
    text: 'the write takes effect; the answer is complete HTTP, but its JSON stops halfway',
    play: ({ write }) => {
      const reply = write();
      const body = bodyOf(reply);
      return { status: reply.status, text: body.slice(0, Math.floor(body.length / 2)) };
    },
  },
  empty: {
    text: 'the write takes effect; the answer has no body',
    play: ({ write }) => ({ status: write().status, text: '' }),
  },
  huge: {
    text: 'the write takes effect; the answer is 8 MiB of JSON without data',
    play: ({ write }) => ({ status: write().status, text: hugeBody() }),
  },
  'wrong-echo': {
    text: '200 that shows another profile and product; the write does not take effect',
    play: ({ read, body }) =>
      withChangedNumbers(read(), (shown) => {
        const requested =
          (body as { messaging_product?: unknown } | null)?.messaging_product ?? shown.messaging_product;
        const product = requested === 'A2P' ? 'P2P' : 'A2P';
        return { ...shown, messaging_profile_id: NO_SUCH_PROFILE, messaging_product: product, traffic_type: product };
      }),
  },
  'product-ignored': {
    text: 'the profile takes effect and the product does not; the answer shows the product as it was',
    play: ({ write }) => write({ kept: 'without product', shown: 'without product' }),
  },
  'product-not-kept': {
    text: 'the profile takes effect and the product does not; the answer shows the requested product',
    play: ({ write }) => write({ kept: 'without product' }),
  },
  'not-kept': {
    text: '200 that shows the requested values; the write does not take effect',
    play: ({ write }) => write({ kept: 'nothing' }),
  },
  'phone-as-id': {
    text: 'the write takes effect; the answer shows the phone number as id',
    play: ({ write }) => withChangedNumbers(write(), (data) => ({ ...data, id: data.phone_number })),
  },
  'wrong-number': {
    text: 'the write takes effect; the answer shows another phone number',
    play: ({ write }) =>
      withChangedNumbers(write(), (data) => ({
        ...data,
        phone_number: data.phone_number === '+18889999999' ? '+18889999998' : '+18889999999',
      })),
  },
  'no-fields': {
    text: 'the write takes effect; the answer shows neither profile nor product',
    play: ({ write }) =>
      withChangedNumbers(
        write(),
        ({ messaging_profile_id: _profile, messaging_product: _product, ...others }) => others,
      ),
  },
  'no-meta': {
    text: 'the write takes effect; the answer of a list has no counts of pages and results',
    play: ({ write }) => {
      const { json, ...reply } = write();
      const { meta: _meta, totalRecords: _total, ...others } = (json ?? {}) as Record<string, unknown>;
      return json === undefined ? reply : { ...reply, json: others };
    },
  },
  'campaign-lost': {
    text: 'the write takes effect, and the number loses its campaign',
    play: ({ write }) => write({ sideEffect: 'campaign-lost' }),
  },
  'campaign-pending': {
    text: 'the write takes effect, and the campaign of the number is PENDING_ASSIGNMENT',
    play: ({ write }) => write({ sideEffect: 'campaign-pending' }),
  },
  'success-drop': {
    text: 'the write takes effect, and the success ratio of the number falls by half',
    play: ({ write }) => write({ sideEffect: 'success-drop' }),
  },
  slow: {
    text: 'the write takes effect; the answer arrives 2 s later',
    play: ({ write }) => ({ ...write(), delayMs: SLOW_MS }),
  },
} as const satisfies Record<string, FaultDefinition>;

/** The name of a fault. */
export type FaultKind = keyof typeof KINDS;

/** Every kind with its description. Kinds that start with digits are named after their status. */
export const FAULT_KINDS: Record<string, string> = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { text }]) => [kind, text]),
);

/** Whether a text is the name of a kind. */
export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(KINDS, text);
}

/** Plays a fault: applies the write or not, as the description of its kind says, and returns the answer. */
export function playFault(kind: FaultKind, target: FaultTarget): Reply {
  return KINDS[kind].play(target);
}

/** An answer with each of its numbers changed, one or a page of them. Profiles and errors do not change. */
function withChangedNumbers(reply: Reply, change: (number: ShownNumber) => ShownNumber): Reply {
  if (reply.status !== 200) return reply;
  const { data, ...others } = reply.json as { data: ShownNumber | ShownNumber[] };
  const changed = (shown: ShownNumber) => (shown.record_type === 'messaging_settings' ? change(shown) : shown);
  return { ...reply, json: { data: Array.isArray(data) ? data.map(changed) : changed(data), ...others } };
}

/** An error in place of the answer to a write that took effect. A refused one is answered with its refusal. */
function failedAfter(reply: Reply, error: Reply): Reply {
  return reply.status === 200 ? error : reply;
}

function hugeBody(): string {
  return JSON.stringify({ data: { junk: 'x'.repeat(HUGE_BYTES) } });
}
