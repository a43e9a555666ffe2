// @ts-check

/**
 * Reads a setting of the environment; undefined where it is not set, or where there is no environment.
 * @param {string} name
 * @returns {string | undefined}
 */
export function readSetting(name) {
  const { process } = /** @type {{ process?: { env?: Record<string, string | undefined> } }} */ (globalThis);
  return process?.env?.[name] || undefined;
}
