/** The kinds of job that the load consists of. */
export const KINDS = ['images', 'reports', 'emails'] as const;
export type LoadKind = (typeof KINDS)[number];
