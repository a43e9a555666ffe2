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
  fileName?.replace(/\.(?:pdf|xlsx|csv)$/i, '') || 'report';

/** Makes names of files of a report and its parts: no two alike, whatever their letters' case. */
export function namesOfParts(base: string, parts: readonly string[], ending: string): string[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    const whole = [base, toNamePart(part)].filter(Boolean).join('-');
    let own = whole;
    for (let count = 2; taken.has(own.toLowerCase()); count += 1) own = `${whole} (${count})`;
    taken.add(own.toLowerCase());
    return own + ending;
  });
}

/** Names the PDF of a report, or those of its groups. */
export function namePdfs(input: Pick<ReportInput, 'fileName'>, groups?: readonly { name: string }[]): string[] {
  const parts = groups?.map(({ name }) => name) ?? [''];
  return namesOfParts(baseName(input), parts, PDF);
}

/** Returns the name to save a file by whose request named none: that of its report. Undefined for another file. */
export function savedAs(file: string, title: string): string | undefined {
  const [, ending] = /^report(\.(?:pdf|xlsx|csv))$/.exec(file) ?? [];
  const name = toNamePart(title.replace(/\.(?:csv|tsv|txt|ndjson|jsonl|json|xlsx|ods)$/i, ''));
  return ending && name ? name + ending : undefined;
}
