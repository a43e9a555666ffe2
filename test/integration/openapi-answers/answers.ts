import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { dataPaths } from '../../../src/data-dir.ts';
import { type Asked, type DocumentedApi, drawNoise, formOf, openDocumentedApi } from '../../support/documented-api.ts';
import { ON_DISK } from '../../support/matrix/switch.ts';
import { KEYS } from '../../support/product.ts';
import { mountSmallVolume } from '../../support/storage/small-volume.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

// Every answer that the document names is provoked here, subject by subject, and compared with it: `api.call` expects it
// to be as documented. openapi-answers.test.ts runs the parts over one product, and in the end asks what was not seen.

/** The most bytes of a file and of a body in this product. */
export const FILE_LIMIT = 100_000;
/** What this product signs with. */
export const secretOf = () => readFileSync(dataPaths(dataDir).secretFile, 'utf8').trim();
export const TUS = { 'Tus-Resumable': '1.0.0' };
export const PART_TYPE = 'application/offset+octet-stream';
export const beginUpload = (length: number, headers: Record<string, string> = {}) =>
  api.call('postUpload', { headers: { ...TUS, 'Upload-Length': String(length), ...headers } });
export const { path: dataDir, remove } = makeTempDir();
export const volume = ON_DISK ? mountSmallVolume(join(dataDir, 'storage')) : null;

export let api: DocumentedApi;
export let photo: Buffer;
beforeAll(async () => {
  const bytes = { IMAGES_MAX_BYTES: String(FILE_LIMIT), JSON_MAX_BYTES: String(FILE_LIMIT) };
  const limits = { ...bytes, MAX_SCHEDULES_PER_CALLER: '5' };
  const presets = join(dataDir, 'presets.json');
  writeFileSync(presets, JSON.stringify({ thumb: { width: 20, format: 'png' } }));
  const renditions = { IMAGES_PRESETS: presets, FETCH_ALLOW: '127.0.0.1' };
  api = await openDocumentedApi({ ...limits, ...renditions, DATA_DIR: dataDir });
  photo = await drawNoise(60, 40);
});
afterAll(async () => {
  await api.close();
  volume?.unmount();
  remove();
});

export const REPORT = { data: { title: 'T' } };
export const delayed = (more: object = {}) => ({
  ...REPORT,
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
  ...more,
});
export const postPhoto = (fields: Record<string, unknown> = {}, asked: Asked = {}, file: Uint8Array = photo) =>
  api.call('postImages', { ...asked, body: formOf({ file: '(the file)', ...fields }, file) });
/** The routes here that Kari's key does not open. */
export const asOperator = (operationId: string) =>
  ['listSuppressions', 'listAudit', 'listUnknownMails'].includes(operationId) || operationId.includes('Inbox')
    ? { key: KEYS.operator }
    : {};
export const operationsOf = ({ document }: DocumentedApi) =>
  Object.values(document.paths).flatMap((methods) => Object.values(methods));
/** Whether a request may come as a form. */
export const isForm = ({ content }: { content: object }) => 'multipart/form-data' in content;
export const statusOf = async (
  operationId: string,
  params: Record<string, string>,
  headers: Record<string, string> = {},
) => (await api.call(operationId, { params, headers })).status;

/** The address of a further sort of body is answered by what answers the kind's own. */
export const isFurtherWay = (operationId: string) => /^post[A-Z][a-z]+(Batch)?(Raw|Json|Form)$/.test(operationId);
