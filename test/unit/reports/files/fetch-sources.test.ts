import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import type { StoredFile } from '../../../../src/jobs/files/stored-file.ts';
import type { FinishedJob, RunStorage } from '../../../../src/jobs/processor.ts';
import { parseConfig } from '../../../../workers/config.ts';
import type { AllConfig } from '../../../../workers/index.ts';
import { createFetchSources } from '../../../../workers/reports/files/fetch-sources.ts';
import type { RowsSource } from '../../../../workers/reports/input/table.ts';
import { faultOf, openSink } from '../../../fast/fetch/open-fetch.ts';
import type { Script } from '../../../support/http/http-sink.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const CSV = 'a,b\n1,2\n';
const uploads: Record<string, StoredFile> = {
  sales: { key: 'uploads/x/sales', name: 'sales.csv', type: 'text/csv', bytes: 8, sha256: '' },
};
const JOB = `rep_${'0'.repeat(26)}`;
const MADE = ['report.pdf', 'table.csv'].map((name) => ({
  key: `results/x/${name}`,
  name,
  type: '',
  bytes: 2000,
  sha256: '',
}));
const storage: RunStorage = {
  open: async () => Readable.from([Buffer.from(CSV)]),
  read: async () => Buffer.from(CSV),
  write: () => Promise.reject(new Error('nothing is written')),
};

/** Gathers with settings as the environment would give them. */
function fetchAll(
  sources: RowsSource[],
  environment: Record<string, string> = {},
  signal = new AbortController().signal,
) {
  const config: AllConfig = parseConfig({ DATA_DIR: dir.path, FETCH_ALLOW: '127.0.0.1', ...environment });
  const jobs = {
    find: async (id: string): Promise<FinishedJob> =>
      id === JOB ? { id, state: 'completed', files: MADE } : { id, state: 'missing', files: [] },
  };
  return createFetchSources(config)(sources, uploads, dir.path, { signal, storage, jobs });
}

const answer =
  (body: string | Uint8Array, status = 200): Script =>
  (res) =>
    res.writeHead(status).end(body);

describe('rows that are elsewhere', () => {
  it('an upload and a URL: are copied, once for all tables that want them', async () => {
    const sink = await openSink(answer('{"a":1}\n'));
    const url = { url: `${sink.url}/data` };
    const files = await fetchAll([{ file: 'sales' }, url, url, { file: 'sales' }]);
    expect(Object.keys(files)).toEqual(['file sales', `url ${url.url}`]);
    const contents = Object.values(files).map(({ path, name }) => [name, readFileSync(path, 'utf8')]);
    expect(contents).toEqual([
      ['the file "sales.csv"', CSV],
      ['the file at 127.0.0.1', '{"a":1}\n'],
    ]);
    expect(sink.requests.length).toBe(1);
  });

  it('a result of another job: is copied; one that is gone, too large or no data: an error that names it', async () => {
    const table = { job: JOB, file: 'table.csv' };
    const files = await fetchAll([table]);
    expect(Object.values(files)).toEqual([{ path: expect.any(String), name: `the job ${JOB}` }]);
    const gone = await faultOf(fetchAll([{ job: `rep_${'1'.repeat(26)}` }]));
    expect(gone).toMatchObject({
      code: 'source_unavailable',
      message: expect.stringMatching(/does not exist any more/),
    });
    const which = await faultOf(fetchAll([{ job: JOB }]));
    expect(which.message).toMatch(/has several files: say in "file" which one is meant.*report.pdf, table.csv/);
    const large = await faultOf(fetchAll([table], { REPORTS_MAX_FILE_BYTES: '1999' }));
    expect(large).toMatchObject({
      code: 'payload_too_large',
      message: expect.stringMatching(/table.csv .* limit of 1999/),
    });
  });

  it('an upload that never came: invalid_request, with the field to send', async () => {
    const fault = await faultOf(fetchAll([{ file: 'costs' }]));
    expect(fault).toMatchObject({ code: 'invalid_request', message: expect.stringMatching(/no file "costs"/) });
  });

  it('a host that FETCH_ALLOW does not name: is not asked, public or not', async () => {
    const sink = await openSink(answer(CSV));
    const sources = [{ url: sink.url }];
    const fault = await faultOf(fetchAll(sources, { FETCH_ALLOW: 'example.com' }));
    expect(fault).toMatchObject({ code: 'source_unavailable', retryable: false });
    expect(fault.message).toBe('127.0.0.1 is not among the hosts that may be reached from here.');
    expect(sink.requests).toEqual([]);
    const open = await faultOf(fetchAll([{ url: 'https://192.0.2.1/data.csv' }], { FETCH_ALLOW: '' }));
    expect(open.message).toBe('192.0.2.1 is not among the hosts that may be reached from here.');
  });

  it('a URL that stalls in the middle: source_unreachable after REPORTS_FETCH_SECONDS, to be tried again', async () => {
    const sink = await openSink((res) => void res.writeHead(200).write('a,b\n1,'));
    const fault = await faultOf(fetchAll([{ url: sink.url }], { REPORTS_FETCH_SECONDS: '1' }));
    expect(fault).toMatchObject({ code: 'source_unreachable', retryable: true });
    expect(fault.message).toBe('127.0.0.1 took longer than the limit of 1 seconds.');
  });

  it('a URL that never answers, and a job that is cancelled: ends with the reason, at once', async () => {
    const asked = Promise.withResolvers<void>();
    const sink = await openSink(() => asked.resolve());
    const abort = new AbortController();
    const run = faultOf(fetchAll([{ url: sink.url }], {}, abort.signal));
    await asked.promise;
    const reason = new AppError('cancelled', 'Cancelled.');
    abort.abort(reason);
    expect(await run).toBe(reason);
  });

  it('a file beyond REPORTS_MAX_FILE_BYTES: payload_too_large', async () => {
    const sink = await openSink(answer('x'.repeat(5000)));
    const fault = await faultOf(fetchAll([{ url: sink.url }], { REPORTS_MAX_FILE_BYTES: '4000' }));
    expect(fault).toMatchObject({ code: 'payload_too_large', message: expect.stringMatching(/limit of 4000 bytes/) });
  });

  it.each([
    [
      '<!doctype html><title>Sign in</title>',
      200,
      'The file at 127.0.0.1 is a web page or XML: send CSV, NDJSON or a workbook (.xlsx, .ods).',
    ],
    ['a\0b', 200, 'The file at 127.0.0.1 is not text: send CSV, NDJSON or a workbook (.xlsx, .ods).'],
    ['gone', 404, '127.0.0.1 answered 404.'],
  ])('an answer that is no data (%j, %d): source_unavailable', async (body, status, message) => {
    const sink = await openSink(answer(body, status));
    expect(await faultOf(fetchAll([{ url: sink.url }]))).toMatchObject({ code: 'source_unavailable', message });
  });
});
