/** One received request and its outcome. */
export type ReceivedRequest = {
  /** Monotonic milliseconds at which the request headers arrived. */
  at_ms: number;
  method: string;
  /** As received: percent-encoded, with the query. */
  path: string;
  /** The number id in the path, or null for other routes. */
  id: string | null;
  /** The parsed body, the text of a body that is not JSON or is nested too deeply, or null without a body. */
  body: unknown;
  /** null: not answered (yet). */
  status: number | null;
  /** The kind of the fault that was played, or null. */
  fault: string | null;
};

/** A record that is still being filled in: the caller sets status and fault. */
export type OpenRecord = Omit<ReceivedRequest, 'at_ms' | 'body'> & {
  /** The body as text, because a parsed body of 1 MiB can take twenty times as much memory. */
  readonly text: string | null;
  /** false after the record was dropped. */
  readonly isKept: boolean;
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Recorder = {
  add(atMs: number, method: string, path: string, id: string | null): OpenRecord;
  /** Adds the body of a request. */
  addBody(record: OpenRecord, text: string | null): void;
  /** The kept requests, oldest first. Each function parses its body, so that not all of them are in memory at once. */
  list(): (() => ReceivedRequest)[];
  clear(): void;
};

type Limits = { records: number; characters: number };

const LIMITS: Limits = { records: 200_000, characters: 32 * 1024 * 1024 };

/** Above this length, a body may be nested too deeply to be shown as JSON. */
const MAX_SAFE_LENGTH = 2000;

/** Keeps the last requests, at most 200,000 and at most 32 MiB of paths and bodies. Keeps none if not enabled. */
export function createRecorder(enabled: boolean, limits: Limits = LIMITS): Recorder {
  const capacity = limits.records;
  // Times are in a typed array because as properties each would be a number on the heap.
  const times = new Float64Array(enabled ? capacity : 0);
  const records: (Mutable<OpenRecord> | undefined)[] = [];
  let oldest = 0;
  let next = 0;
  let characters = 0;

  const dropOldest = () => {
    const record = records[oldest % capacity];
    records[oldest % capacity] = undefined;
    oldest += 1;
    if (record === undefined) return;
    characters -= record.path.length + (record.text?.length ?? 0);
    record.isKept = false;
  };
  const grow = (length: number) => {
    characters += length;
    while (characters > limits.characters && oldest < next) dropOldest();
  };
  return {
    add(atMs, method, path, id) {
      const record = { method, path, id, text: null, status: null, fault: null, isKept: enabled };
      if (enabled) {
        if (next - oldest === capacity) dropOldest();
        times[next % capacity] = atMs;
        records[next % capacity] = record;
        next += 1;
        grow(path.length);
      }
      return record;
    },
    addBody(record: Mutable<OpenRecord>, text) {
      if (!record.isKept || text === null) return;
      record.text = text;
      grow(text.length);
    },
    list() {
      return Array.from({ length: next - oldest }, (_, index) => {
        const slot = (oldest + index) % capacity;
        const record = records[slot] as OpenRecord;
        const at_ms = Math.round((times[slot] ?? 0) * 1000) / 1000;
        return () => shown(record, at_ms);
      });
    },
    clear() {
      while (oldest < next) dropOldest();
    },
  };
}

function shown({ method, path, id, text, status, fault }: OpenRecord, at_ms: number): ReceivedRequest {
  return { at_ms, method, path, id, body: text === null ? null : parsed(text), status, fault };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (text.length > MAX_SAFE_LENGTH) JSON.stringify(value); // throws if it is nested too deeply
    return value;
  } catch {
    return text;
  }
}
