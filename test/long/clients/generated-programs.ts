/**
 * What a user writes with the client that a generator has made: the README's three examples, a file for jobs to name, and a result
 * that `kind` narrows. Each prints what came of it as JSON. `URL`, `KEY` and `PHOTO` are in the environment.
 */

const HEAD = `
import { readFileSync } from 'node:fs';
const url = process.env['URL'] ?? '';
const key = process.env['KEY'] ?? '';
const photo = new Blob([readFileSync(process.env['PHOTO'] ?? '')], { type: 'image/jpeg' });
const report = { template: 'monthly' as const, data: { userId: '42', month: '2026-10', name: 'Kari Nordmann' } };
const mail = (job: string) => ({
  to: ['kari@example.no'],
  subject: 'Your report',
  text: 'Here it is.',
  attachments: [{ filename: 'report.pdf', job }],
});
const wait = { Prefer: 'wait=30' };
const say = (told: object) => console.log(JSON.stringify(told));
`;

/** Of a job of any kind; compiles only where \`kind\` tells which result it has. */
const NARROW = `
function describe(job: Job): object {
  if (job.kind === 'images') return { made: job.result?.renditions.map((one) => ('width' in one ? [one.width, one.format] : one)) };
  if (job.kind === 'reports') return { pages: job.result?.pages };
  if (job.kind === 'emails') return { sent: job.result?.recipients.map(({ state }) => state) };
  return { kind: job.kind };
}
function heard(event: Told): string {
  // @ts-expect-error: no event is called so
  if (event.type === 'job.done') return 'done';
  return event.data.state;
}
// @ts-expect-error: a report has no pages before it is known to be one
const unknownKind = (job: Job): unknown => job.result?.pages;
void [heard, unknownKind];
`;

export interface Generator {
  name: string;
  /** Packages with their versions. */
  packages: readonly string[];
  /** Makes `made` or `made.ts` out of `openapi.json`, in the folder where it runs. */
  command: readonly string[];
  program: string;
}

export const GENERATORS: readonly Generator[] = [
  {
    name: 'openapi-typescript',
    packages: ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'],
    command: ['openapi-typescript', 'openapi.json', '-o', 'made.ts'],
    program: `
import createClient from 'openapi-fetch';
import type { components, paths, webhooks } from './made.js';
type Job = components['schemas']['Job'];
type Told = webhooks['job.completed']['post']['requestBody']['content']['application/json'];
${HEAD}${NARROW}
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: \`Bearer \${key}\` } });
const given = <T>({ data, error }: { data?: T; error?: unknown }): T => {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
};
const form = (fields: Record<string, unknown>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value instanceof Blob ? value : String(value));
  return data;
};
const image = given(
  await api.POST('/v1/images', {
    params: { header: wait },
    body: { file: photo as unknown as string, width: 80, format: 'webp' },
    bodySerializer: form,
  }),
);
say(describe(image));
const kept = given(
  await api.POST('/v1/uploads', { body: photo as unknown as string, bodySerializer: (body) => body, params: {} }),
);
const again = given(
  await api.POST('/v1/images/json', { params: { header: wait }, body: { source: { upload: kept.id }, width: 40 } }),
);
say(describe(again));
const pdf = given(await api.POST('/v1/reports', { params: { header: wait }, body: report }));
say(describe(pdf));
const sent = given(await api.POST('/v1/emails', { params: { header: wait }, body: mail(pdf.id) }));
say(describe(sent));
say(describe(given(await api.GET('/v1/jobs/{id}', { params: { path: { id: pdf.id } } }))));
`,
  },
  {
    name: '@hey-api/openapi-ts',
    packages: ['@hey-api/openapi-ts@0.99.0', 'typescript@5.9.3'],
    command: ['openapi-ts', '-i', 'openapi.json', '-o', 'made', '-c', '@hey-api/client-fetch'],
    program: `
import { client } from './made/client.gen.js';
import { getJob, postEmails, postImages, postImagesJson, postReports, postUpload } from './made/sdk.gen.js';
import type { Job, ToldJobEvent as Told } from './made/types.gen.js';
${HEAD}${NARROW}
client.setConfig({ baseUrl: url, auth: key, throwOnError: true });
const options = { headers: wait, throwOnError: true as const };
const image = await postImages({ ...options, body: { file: photo, width: 80, format: 'webp' } });
say(describe(image.data));
const kept = await postUpload({ throwOnError: true, body: photo });
const again = await postImagesJson({ ...options, body: { source: { upload: kept.data.id }, width: 40 } });
say(describe(again.data));
const pdf = await postReports({ ...options, body: report });
say(describe(pdf.data));
say(describe((await postEmails({ ...options, body: mail(pdf.data.id) })).data));
say(describe((await getJob({ throwOnError: true, path: { id: pdf.data.id } })).data));
`,
  },
  {
    name: 'orval',
    packages: ['orval@8.38.0'],
    command: ['orval', '--input', './openapi.json', '--output', './made.ts', '--client', 'fetch'],
    program: `
import { getJob, type Job, postEmails, postImages, postImagesJson, postReports, postUpload, type ToldJobEvent as Told } from './made.js';
${HEAD}${NARROW}
// Its functions ask for paths: this is where the application says which host they are of, and with which key.
const { fetch } = globalThis;
globalThis.fetch = (path, { headers, ...init } = {}) =>
  fetch(new URL(new URL(String(path), url).pathname, url), {
    ...init,
    headers: { ...(headers as Record<string, string>), Authorization: \`Bearer \${key}\` },
  });
const jobOf = ({ status, data }: { status: number; data: unknown }): Job => {
  if (status > 202) throw new Error(JSON.stringify(data));
  return data as Job;
};
const options = { headers: wait };
say(describe(jobOf(await postImages({ file: photo, width: 80, format: 'webp' }, options))));
const kept = await postUpload(photo);
if (kept.status !== 201) throw new Error(JSON.stringify(kept.data));
say(describe(jobOf(await postImagesJson({ source: { upload: kept.data.id }, width: 40 }, options))));
const pdf = jobOf(await postReports(report, options));
say(describe(pdf));
say(describe(jobOf(await postEmails(mail(pdf.id), options))));
const found = await getJob(pdf.id);
if (found.status === 200) say(describe(found.data));
`,
  },
  {
    name: 'swagger-typescript-api',
    packages: ['swagger-typescript-api@13.13.0'],
    command: ['swagger-typescript-api', 'generate', '-p', 'openapi.json', '-o', '.', '-n', 'made.ts'],
    program: `
import { Api, type Job, type ToldJobEvent as Told } from './made.js';
${HEAD}${NARROW}
const { v1 } = new Api({ baseUrl: url, baseApiParams: { headers: { Authorization: \`Bearer \${key}\` } } });
const options = { headers: wait };
const file = new File([photo], 'photo.jpg', { type: 'image/jpeg' });
const image = await v1.postImages({ file, width: 80, format: 'webp' }, options);
say(describe(image.data));
// It knows no body that is a file: \`postUpload\` is not for it.
const source = { job: image.data.id, file: 'image.webp' };
say(describe((await v1.postImagesJson({ source, width: 40, format: 'jpeg' }, options)).data));
const pdf = (await v1.postReports(report, options)).data;
say(describe(pdf));
say(describe((await v1.postEmails(mail(pdf.id), options)).data));
say(describe((await v1.getJob(pdf.id)).data));
`,
  },
];
