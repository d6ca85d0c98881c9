// Times of the proof. They are short, so that much can happen in a short time.

/** The shortest time for which a worker holds an account. */
export const LEASE_MS = 2000;

/** The longest time of a request, which must be shorter than half of the lease. */
export const TIMEOUT_MS = 500;

/** A killed process is started again after up to this time. */
export const MAX_DOWN_MS = 800;

/** Between two disturbances. */
export const DISTURBANCE_MS = [150, 2000] as const;

/** The longest stop and the longest cut, in leases. */
export const MAX_STOP_LEASES = 2;

/** What a power failure takes: what Redis has not written to the disk, with one write a second. */
export const UNWRITTEN_MS = 1000;

/** A run that takes longer does not end by itself. */
export const MAX_RUN_MS = 150_000;
