import type { DataWarning } from './data-warning.ts';
import type { RowFile } from './row-file.ts';

const EXCERPT = 60;
const excerpt = (text: string): string => (text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text);

/** The header row of a file, as it was found. */
interface FoundHead {
  /** The line that it begins in, from 1. */
  line: number;
  /** What stands before it, if anything does. */
  preamble: string;
  /** Its first cells where it looks like a row of data; else ''. */
  unlikely: string;
  /** The cells of a row of units below it; '' where there is none. */
  units: string;
}

/** Returns what is to be said of a header row: that it looks like a row of data, that something before it or a row of units below it is left out. */
export function warnOfHead({ name }: RowFile, { line, preamble, unlikely, units }: FoundHead): DataWarning[] {
  const warnings: DataWarning[] = [];
  const at = line.toLocaleString('en');
  if (unlikely !== '') {
    const taken = `Line ${at} of ${name} is taken for the header row, and looks like a row of data`;
    const message = `${taken} ("${excerpt(unlikely)}"): if it is one, set "header" to false.`;
    warnings.push({ code: 'header_unlikely', message });
  }
  if (preamble !== '') {
    const before = `What stands before the header row in line ${at} of ${name}`;
    warnings.push({ code: 'preamble_skipped', message: `${before} is left out ("${excerpt(preamble)}").` });
  }
  if (units !== '') {
    const below = `The row below the header row in line ${at} of ${name}`;
    warnings.push({ code: 'units_skipped', message: `${below} has units, and is left out ("${excerpt(units)}").` });
  }
  return warnings;
}
