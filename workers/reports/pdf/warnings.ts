/** Something in the report that is not as its writer may have meant it. */
export interface Warning {
  code: string;
  message: string;
  /** The page it is seen on, from 1. */
  page: number;
}

/** No reader goes through more. */
export const MAX_WARNINGS = 100;

/** Thrown for a character that no font has, in a strict report; the message is a public sentence. */
export class MissingGlyph extends Error {}

/**
 * Collects warnings: each message once (with the first page it is seen on), at most MAX_WARNINGS. Of a strict report
 * a missing glyph is thrown instead.
 */
export function createWarnings(isStrict: boolean): { add(warning: Warning): void; list(): Warning[] } {
  const seen = new Map<string, Warning>();
  let left = 0;
  return {
    add(warning) {
      if (isStrict && warning.code === 'missing_glyph') {
        const sentence = warning.message.replace(/\.$/, `, on page ${warning.page}`);
        throw new MissingGlyph(`${sentence}: take it out of the report, or leave out "strict" to print a box for it.`);
      }
      const key = `${warning.code} ${warning.message}`;
      if (seen.has(key)) return;
      if (seen.size < MAX_WARNINGS - 1) seen.set(key, warning);
      else left += 1;
    },
    list() {
      const warnings = [...seen.values()];
      const page = warnings.at(-1)?.page ?? 1;
      return left === 0
        ? warnings
        : [...warnings, { code: 'more_warnings', message: `There are ${left} more warnings from here on.`, page }];
    },
  };
}
