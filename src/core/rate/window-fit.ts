/** Windows as people choose them, in seconds. */
export const USUAL_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** So often what others hold is compared with what they held, and so often before anything is made of it. */
export const STEP_MS = 1000;
export const LEAST_STEPS = 5;

const WORSE = 36;
export const WORSE_PLACES = 9;

/**
 * In squared places: from here on another explanation of what others hold is clearly worse than one that has come to
 * `sum` in so many steps, by so many squared steps of that and so many places squared.
 */
export const clearlyWorse = (sum: number, steps: number): number => sum + (WORSE * sum) / steps + WORSE_PLACES;
