import type { ReportInput } from '../report-input.ts';

const PDF = '.pdf';
/** A title's or a group's part of a name is no longer. */
const MOST_CHARACTERS = 80;

/** Makes a text a part of a file's name: signs that some system takes for others are dashes. */
export function toNamePart(value: string): string {
  const plain = value.normalize('NFC').replaceAll(/[\p{C}/\\:*?"<>|]+/gu, '-');
  return [...plain]
    .slice(0, MOST_CHARACTERS)
    .join('')
    .replace(/^[. ]+|[. ]+$/g, '');
}

/** The name of a report's files without its ending. */
export const baseName = ({ fileName }: Pick<ReportInput, 'fileName'>): string =>
  fileName?.replace(/\.pdf$/i, '') || 'report';

/** Names the PDF of a report, or those of its groups: no two alike, whatever their letters' case. */
export function namePdfs(input: Pick<ReportInput, 'fileName'>, groups?: readonly { name: string }[]): string[] {
  const base = baseName(input);
  if (!groups) return [base + PDF];
  const taken = new Set<string>();
  return groups.map(({ name }) => {
    const whole = [base, toNamePart(name)].filter(Boolean).join('-');
    let own = whole;
    for (let count = 2; taken.has(own.toLowerCase()); count += 1) own = `${whole} (${count})`;
    taken.add(own.toLowerCase());
    return own + PDF;
  });
}
