import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A program of the clients, as it is shown beside an operation. */
export interface ExampleView {
  /** `node`: the choice of the reader is remembered by it. */
  language: string;
  label: string;
  /** What starts it. */
  run: string;
  source: string;
}

const CLIENTS = fileURLToPath(new URL('../../../../clients/', import.meta.url));

const LANGUAGES = [
  { language: 'node', label: 'Node', extension: 'mjs', program: 'node' },
  { language: 'python', label: 'Python', extension: 'py', program: 'python3' },
  { language: 'php', label: 'PHP', extension: 'php', program: 'php' },
] as const;

/** A program that each language has. */
interface Example {
  name: string;
  /** What it is started with; a server of webhooks has a port in its place. */
  given: string;
  isReceiver?: true;
}

const IMAGE: Example = { name: 'image', given: 'photo.jpg 800 photo.webp' };
const REPORT: Example = { name: 'report', given: 'october.pdf' };
const UPLOAD: Example = { name: 'upload', given: 'rows.csv' };
const WEBHOOK: Example = { name: 'webhook', given: '8080', isReceiver: true };

/** Which program shows an operation. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  postImages: IMAGE,
  getResult: IMAGE,
  getFile: IMAGE,
  postReports: REPORT,
  getJob: REPORT,
  followJob: REPORT,
  postEmails: { name: 'email', given: 'kari@example.com' },
  postUpload: UPLOAD,
  patchUpload: UPLOAD,
  putWebhookEndpoint: WEBHOOK,
  testWebhookEndpoint: WEBHOOK,
};

/** The programs for an operation: files that tests run, as they stand; none where a deployment was given without them. */
export function readExamples(operationId: string, url: string): ExampleView[] {
  const example = EXAMPLES[operationId];
  if (!example) return [];
  return LANGUAGES.flatMap(({ language, label, extension, program }) => {
    const file = fileOf(language, example, extension);
    const path = `${CLIENTS}${language}/examples/${file}`;
    if (!existsSync(path)) return [];
    const run = example.isReceiver ? runReceiver(program, file, example.given) : `${program} ${file} ${example.given}`;
    const settings = example.isReceiver ? 'WEBHOOK_SECRET=whsec_...' : `HEAVYLIFT_URL=${url} HEAVYLIFT_KEY=$KEY`;
    return [{ language, label, run: `${settings} ${run}`, source: readFileSync(path, 'utf8').trimEnd() }];
  });
}

/** Python's own library has a module `email`, which a file of that name would stand in the way of. */
const fileOf = (language: string, { name }: Example, extension: string): string =>
  `${language === 'python' && name === 'email' ? 'mail' : name}.${extension}`;

const runReceiver = (program: string, file: string, port: string): string =>
  program === 'php' ? `php -S 127.0.0.1:${port} ${file}` : `${program} ${file} ${port}`;
