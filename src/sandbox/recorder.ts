/** One request as it was received, and what became of it. */
export type ReceivedRequest = {
  /** Monotonic milliseconds at which the head of the request arrived. */
  at_ms: number;
  method: string;
  /** As it came: percent-encoded, with the query. */
  path: string;
  /** The number id in the path, or null for other routes. */
  id: string | null;
  /** The parsed body, the text of one that is not JSON, null where there is none. */
  body: unknown;
  /** null: never answered, or not yet. */
  status: number | null;
  /** The kind of the fault that was played, or null. */
  fault: string | null;
};

/** A record that is still being filled in. */
export type OpenRecord = Omit<ReceivedRequest, 'at_ms'>;

export type Recorder = {
  arrived(atMs: number, method: string, path: string, id: string | null): OpenRecord;
  list(): ReceivedRequest[];
  clear(): void;
};

const MOST_RECORDS = 200_000;

/** Keeps the last 200,000 requests, or none at all. */
export function createRecorder(enabled: boolean, most: number = MOST_RECORDS): Recorder {
  // Times live in a typed array: as properties they would each be a number on the heap.
  const times = new Float64Array(enabled ? most : 0);
  const records: OpenRecord[] = [];
  let seen = 0;
  return {
    arrived(atMs, method, path, id) {
      const record: OpenRecord = { method, path, id, body: null, status: null, fault: null };
      if (enabled) {
        times[seen % most] = atMs;
        records[seen % most] = record;
        seen += 1;
      }
      return record;
    },
    list() {
      const oldest = Math.max(0, seen - most);
      return Array.from({ length: seen - oldest }, (_, index) => {
        const slot = (oldest + index) % most;
        return { at_ms: Math.round((times[slot] ?? 0) * 1000) / 1000, ...(records[slot] as OpenRecord) };
      });
    },
    clear() {
      records.length = 0;
      seen = 0;
    },
  };
}
