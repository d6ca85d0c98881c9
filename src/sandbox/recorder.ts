/** One received request and its outcome. */
export type ReceivedRequest = {
  /** Monotonic milliseconds at which the request headers arrived. */
  at_ms: number;
  method: string;
  /** As received: percent-encoded, with the query. */
  path: string;
  /** The number id in the path, or null for other routes. */
  id: string | null;
  /** The parsed body, the text of a body that is not JSON, or null without a body. */
  body: unknown;
  /** null: not answered (yet). */
  status: number | null;
  /** The kind of the fault that was played, or null. */
  fault: string | null;
};

/** A record that is still being filled in. */
export type OpenRecord = Omit<ReceivedRequest, 'at_ms'>;

export type Recorder = {
  /** Adds a request. The caller fills in body, status and fault later. */
  add(atMs: number, method: string, path: string, id: string | null): OpenRecord;
  /** The kept requests, oldest first. */
  list(): ReceivedRequest[];
  clear(): void;
};

const MAX_RECORDS = 200_000;

/** Keeps the last 200,000 requests, or none. */
export function createRecorder(enabled: boolean, capacity: number = MAX_RECORDS): Recorder {
  // Times are in a typed array because as properties each would be a number on the heap.
  const times = new Float64Array(enabled ? capacity : 0);
  const records: OpenRecord[] = [];
  let count = 0;
  return {
    add(atMs, method, path, id) {
      const record: OpenRecord = { method, path, id, body: null, status: null, fault: null };
      if (enabled) {
        times[count % capacity] = atMs;
        records[count % capacity] = record;
        count += 1;
      }
      return record;
    },
    list() {
      const oldest = Math.max(0, count - capacity);
      return Array.from({ length: count - oldest }, (_, index) => {
        const slot = (oldest + index) % capacity;
        return { at_ms: Math.round((times[slot] ?? 0) * 1000) / 1000, ...(records[slot] as OpenRecord) };
      });
    },
    clear() {
      records.length = 0;
      count = 0;
    },
  };
}
