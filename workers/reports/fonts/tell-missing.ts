import type { Warning } from '../pdf/warnings.ts';
import { NAMED_FAMILIES } from './bundled.ts';
import type { FontNames } from './font-stack.ts';

const NAMES = [...NAMED_FAMILIES.keys()].join(', ');

/** Says which fonts of a brand are not there, and what is in their place. */
export function tellMissing({ heading, body }: FontNames): Warning[] {
  const names = [...new Set([heading, body])].filter((name) => name !== undefined);
  return names.map((name) => ({
    code: 'font_missing',
    message: `The brand has the font "${name}", which is not here: Source Sans 3 is in its place. A brand may name ${NAMES}, and the families of REPORTS_FONTS.`,
    page: 1,
  }));
}
