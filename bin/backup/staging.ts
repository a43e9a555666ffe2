/** The folder in a data directory in which a restore prepares everything. */
export const STAGING = 'restore.part';
