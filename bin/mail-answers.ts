/**
 * Writes docs/mail-answers.md from the table of verdicts.
 * `npm run mail-answers`; a test compares the file with what this would write.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAGES } from '../workers/emails/delivery/answers/reply.ts';
import { VERDICTS, type VerdictRow } from '../workers/emails/delivery/answers/verdict-table.ts';

const STAGE_NAMES: Record<(typeof STAGES)[number], string> = {
  connect: 'greeting',
  ehlo: 'EHLO',
  starttls: 'STARTTLS',
  auth: 'AUTH',
  mail: 'MAIL',
  rcpt: 'RCPT',
  data: 'DATA',
  dot: 'the end of the mail',
};

const HEAD = `# What mail servers answer

Written by \`npm run mail-answers\` from \`workers/emails/delivery/answers/verdict-table.ts\`: do not edit.

Each refusal of a mail server is judged by this table: where it came, its code, the enhanced code that its first line begins with, and
last its words. The first row that fits holds. What a server quotes of another one, addresses and links count for nothing. What the
refusal is about decides what becomes of the mail (\`class\` in \`recipients\`, see [emails](emails.md#result)):

| about | what becomes of the mail |
|---|---|
| \`recipient\` | 4xx: it is tried again for that recipient; 5xx: refused for good. Rows that say so put the address on the suppression list |
| \`content\` | 4xx: it is tried again; 5xx: refused for good. Nobody is suppressed |
| \`sender\`, \`relay\`, \`rate\` | it waits until it is taken or expires, whatever the code, and uses up no attempt. After five such answers in a row the mails of that caller's sender, or all mails, wait together while one tries; the operator sees it at \`/admin\` |

| what it says | about | at | code | suppresses | real servers |
|---|---|---|---|---|---|
`;

/** Makes a text fit for a cell of a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ').trim();

const stagesOf = ({ stages }: VerdictRow): string =>
  stages.length === STAGES.length ? 'anywhere' : stages.map((stage) => STAGE_NAMES[stage]).join(', ');

const codesOf = ({ code, status, words, namesSender }: VerdictRow): string =>
  [
    ...(code ? [`\`${code.source}\``] : []),
    ...(status ? [`enhanced \`${status.source}\``] : []),
    ...(words ? ['by its words'] : []),
    ...(namesSender ? ['names the sender alone'] : []),
  ].join('; ') || 'any';

function lineOf(row: VerdictRow): string {
  const said = row.said.map(([server, reply]) => `${server}: “${reply.replace(/\n\d{3}[- ]/g, ' ')}”`);
  const cells = [
    row.meaning,
    row.class,
    stagesOf(row),
    codesOf(row),
    row.suppresses ?? '',
    said.map(cell).join('<br>'),
  ];
  return `| ${cells.map((text, index) => (index === 5 ? text : cell(text))).join(' | ')} |`;
}

/** Makes the page of docs. */
export const mailAnswers = (): string => `${HEAD}${VERDICTS.map(lineOf).join('\n')}\n`;

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../docs/mail-answers.md'), mailAnswers());
