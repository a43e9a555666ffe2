/**
 * Reads a setting of the environment; undefined where it is not set, or where there is no environment.
 * @param {string} name
 * @returns {string | undefined}
 */
export declare function readSetting(name: string): string | undefined;
