const PLACES = 2;

/**
 * Whether a bucket may be full, so that what comes back to it is lost: but for the request itself and one that is partly
 * back, and but for `noise` requests that may arrive out of their time.
 */
export const mayBeFull = (used: number, noise: number): boolean => used <= PLACES + noise;
