// What `npm run new-kind` writes: a kind that works as it stands, small enough to be replaced line by line.

/** A kind's name in the forms that its files need. */
export interface KindNames {
  /** `hashes`: folder, queue, URL, program and the contract's name. */
  kind: string;
  /** `Hashes`: what its types begin with. */
  type: string;
  /** `HASHES`: what its settings begin with. */
  setting: string;
  /** `Hash`: one job of the kind, as pages call it. */
  jobWord: string;
  /** `hsh`: what its job ids begin with. */
  idPrefix: string;
}

/** A file's content for a kind. */
type Template = (names: KindNames) => string;

const job: Template = ({ kind, type, setting, idPrefix }) => `import { z } from 'zod';
import { defineJob } from '../../src/jobs/contract.ts';
import type { ${type}Config } from './settings.ts';

const MAX_TEXT_LENGTH = 100_000;

/** What a request holds. Each message begins with "must": the field's name stands before it. */
export const ${kind}Input = z.strictObject({
  text: z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(MAX_TEXT_LENGTH, \`must have at most \${MAX_TEXT_LENGTH} characters\`),
});

export type ${type}Input = z.infer<typeof ${kind}Input>;

export const ${kind}Result = z.object({
  sha256: z.string().meta({ description: 'The SHA-256 of the text in UTF-8, in hexadecimal digits.' }),
  bytes: z.int().meta({ description: 'The length of the text in UTF-8.' }),
});

export type ${type}Result = z.infer<typeof ${kind}Result>;

/** ${type}: the SHA-256 of a text. */
export const ${kind} = defineJob({
  kind: '${kind}',
  idPrefix: '${idPrefix}',
  summary: 'Computes the SHA-256 of a text.',
  input: ${kind}Input,
  result: ${kind}Result,
  attempts: 3,
  backoff: { firstMs: 2000, factor: 3, maxMs: 60_000 },
  timeoutMs: (config: ${type}Config) => config.${setting}_TIMEOUT_SECONDS * 1000,
  accepts: 'json',
  title: ({ text }) => text.slice(0, 80),
  example: { text: 'Hello from a worker.' },
});
`;

const settings: Template = ({ kind, type, setting }) => `import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';

/** The settings of the ${kind} kind. */
export const settings = defineSettings({
  fields: {
    ...workerSettings('${setting}', { workers: '1', concurrency: '4', timeoutSeconds: '60', mostTimeoutSeconds: 3600 }),
  },
});

/** The platform's settings and those of the ${kind} kind. */
export interface ${type}Config extends Config, SettingsOf<typeof settings> {}
`;

const page: Template = ({ kind, jobWord }) => `import type { KindPage } from '../../src/kinds/page.ts';

/** What pages show of the ${kind} kind. */
export const page: KindPage = { name: '${jobWord}' };
`;

const processor: Template = ({ kind }) => `import { createHash } from 'node:crypto';
import { defineProcessor } from '../../src/jobs/processor.ts';
import { ${kind} } from './job.ts';

/** Hashes texts. */
export const createProcessor = defineProcessor(${kind}, () => ({
  async process({ input }, { signal }) {
    signal.throwIfAborted();
    const content = Buffer.from(input.text);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { result: { sha256, bytes: content.length }, files: [] };
  },
}));
`;

const manifest: Template = ({ kind }) => `import { defineKind } from '../../src/kinds/kind.ts';
import { ${kind} } from './job.ts';
import { page } from './page.ts';
import { settings } from './settings.ts';

/** The ${kind} kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: ${kind},
  load: () => import('./processor.ts'),
  settings,
  page,
});
`;

const processorTest: Template = ({ kind, idPrefix }) => `import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { defaultConfig } from '../../../workers/config.ts';
import { ${kind} } from '../../../workers/${kind}/job.ts';
import { createProcessor } from '../../../workers/${kind}/processor.ts';

const log = pino({ level: 'silent' });

/** Runs a job of that body as a worker does, without the queue around it. */
async function run(body: Record<string, unknown>, signal = new AbortController().signal) {
  const noFile = () => Promise.reject(new Error('this kind has no files'));
  const processor = createProcessor({ config: defaultConfig(), log });
  return processor.process(
    {
      id: \`${idPrefix}_\${'7'.repeat(26)}\`,
      caller: 'test',
      attempt: 1,
      createdAt: new Date('2026-01-01T00:00:00Z'),
      input: ${kind}.input.parse(body),
      uploads: {},
    },
    {
      signal,
      progress: () => {},
      storage: { open: noFile, read: noFile, write: noFile },
      jobs: { find: async (id) => ({ id, state: 'missing', files: [] }) },
      appendLog: async () => {},
      log,
    },
  );
}

it.each([
  ['Hello from a worker.', '${EXAMPLE_SHA256}', 20],
  ['æøå', '${OTHER_SHA256}', 6],
])('%s: the SHA-256 that sha256sum prints, and the length in UTF-8', async (text, sha256, bytes) => {
  expect(await run({ ...${kind}.example, text })).toEqual({ result: { sha256, bytes }, files: [] });
});

it('a run that is to stop: stops with the reason', async () => {
  await expect(run(${kind}.example, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
});
`;

const document: Template = ({ kind, type, setting, idPrefix }) => `# ${type}

Computes the SHA-256 of a text.

\`\`\`sh
curl -H "Authorization: Bearer $KEY" --json '{"text":"Hello from a worker."}' "$URL/v1/${kind}"
\`\`\`

The job's id begins with \`${idPrefix}_\`. The request takes \`text\`, of 1 to 100,000 characters, beside the fields that every
kind takes. The result has no file:

| field | what |
|---|---|
| \`sha256\` | the SHA-256 of the text in UTF-8, in hexadecimal digits |
| \`bytes\` | the length of the text in UTF-8 |

One run may take \`${setting}_TIMEOUT_SECONDS\`; a failed one is tried again, three times in all.
`;

const EXAMPLE_SHA256 = 'a505978de65bc4e38f5a3640d7c3b52ee9d8ccff1aed58044e6355da8c754749';
const OTHER_SHA256 = '6c228cdba89548a1af198f33819536422fb01b66e51f761cf2ec38d1fb4178a6';

/** Where each file goes, what stands in it, and what it is for. */
export const newFiles = (names: KindNames): { path: string; content: string; purpose: string }[] => {
  const folder = `workers/${names.kind}`;
  const files: [path: string, template: Template, purpose: string][] = [
    [`${folder}/job.ts`, job, 'what a request and a result hold, limits, and an example'],
    [`${folder}/processor.ts`, processor, 'the work; the one file that may load heavy libraries'],
    [`${folder}/settings.ts`, settings, 'its settings and their defaults'],
    [`${folder}/page.ts`, page, 'what pages show of a job; forms'],
    [`${folder}/kind.ts`, manifest, 'the manifest: ties the others together'],
    [`test/unit/${names.kind}/processor.test.ts`, processorTest, 'its first test'],
    [`docs/${names.kind}.md`, document, 'its page for callers'],
  ];
  return files.map(([path, template, purpose]) => ({ path, content: template(names), purpose }));
};

/** The section of `.env.example`. */
export const envSection = ({ kind, type, setting }: KindNames): string => `
# --- ${type}

# Processes of the kind ${kind} (0 runs none on this machine), jobs that one process runs at a time, and seconds that one
# run of a job may take; then it is stopped and tried again.
# ${setting}_WORKERS=1
# ${setting}_CONCURRENCY=4
# ${setting}_TIMEOUT_SECONDS=60
`;

/** The row of README's table of settings. */
export const readmeRow = ({ setting }: KindNames): string =>
  `| \`${setting}_WORKERS\`, \`${setting}_CONCURRENCY\`, \`${setting}_TIMEOUT_SECONDS\` | \`1\`, \`4\`, \`60\` | ` +
  'worker processes, jobs each runs at a time, seconds that one run may take |\n';
