/** Places taken of a limit at a time, by whomever. */
export type PlaceSample = {
  limit: number;
  used: number;
  /** How many were sent until then. */
  sent: number;
  /** By so many the places may be wrong, as requests arrive out of their time or are counted late. */
  noise: number;
};
