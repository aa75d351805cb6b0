/** A session ends after 12 hours without use … */
export const IDLE_SECONDS = 12 * 3600;
/** … and 7 days after the sign-in in any case. */
export const LONGEST_SECONDS = 7 * 24 * 3600;
