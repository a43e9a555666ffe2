import { ERROR_CODES } from '../errors.ts';
import { JOB_STATES } from '../jobs/stored-job.ts';
import type { Parameter } from './answers.ts';

const text = { schema: { type: 'string' } } as const;
/** A part of the path. */
export const inPath = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  ...text,
});
/** A field of the query. */
export const inQuery = (name: string, description: string, schema: Parameter['schema'] = text.schema): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const inHeader = (name: string, description: string): Parameter => ({ name, in: 'header', description, ...text });

/** The parts of an address. */
export const jobId = inPath('id', "The job's id, as it came with the 202.");
export const uploadId = inPath('id', "The upload's id, as it came with the 201.");
export const batchId = inPath('id', "The batch's id, as it came with the 202.");
export const actionId = inPath('id', "The action's id, as it came with the 202.");
export const fileName = inPath('name', "The file's `name` in the job's result.");
export const subject = inPath('subject', 'The `subject` that the jobs were posted with.');

export const download = inQuery('download', 'Given, with any value: browsers save the file, they do not show it.');

export const signed = inQuery(
  'signed',
  'For how long the addresses of files in the answer hold without a key: `1m` to `7d`, and not longer than they are kept.',
  { type: 'string', pattern: '^[1-9][0-9]{0,7}[smhd]?$' },
);

/** What goes along with an upload. */
export const uploadName = inQuery('name', 'The name of the file.', { type: 'string', minLength: 1, maxLength: 255 });
export const uploadSubject = inQuery('subject', 'Whose data the file is; erasing that subject erases it.', {
  type: 'string',
  minLength: 1,
  maxLength: 255,
});

/** What those send who speak tus 1.0.0. */
export const tusVersion: Parameter = {
  ...inHeader('Tus-Resumable', '`1.0.0`: the request is one of the tus protocol.'),
  schema: { type: 'string', enum: ['1.0.0'] },
};
export const uploadLength = inHeader('Upload-Length', 'How many bytes the file has.');
export const uploadMetadata = inHeader(
  'Upload-Metadata',
  'Pairs of a name and a value in Base64, with commas between them: `filename`, `filetype`, `subject`, `kind`.',
);
export const uploadOffset: Parameter = {
  ...inHeader('Upload-Offset', 'Where the bytes go: at the end of those that are there.'),
  required: true,
};
export const uploadChecksum = inHeader(
  'Upload-Checksum',
  'The name of a hash (`sha1`, `sha256`, `sha512`, `md5`) and its value of these bytes in Base64: others are not kept.',
);

/** How long a page is, and where it begins. */
export const limit = (description: string): Parameter =>
  inQuery('limit', `${description} 20 unless given.`, { type: 'integer', minimum: 1, maximum: 100 });
export const cursor = inQuery('cursor', 'The `cursor` of the page before.');

/** What narrows a listing, and leads from page to page. */
export const listing = (kinds: string[]): Parameter[] => [
  inQuery('kind', 'Only jobs of this kind.', { type: 'string', enum: kinds }),
  inQuery('state', 'Only jobs in this state.', { type: 'string', enum: [...JOB_STATES] }),
  inQuery('subject', 'Only jobs of this subject.', { type: 'string', maxLength: 255 }),
  inQuery('tag', 'Only jobs with this tag.', { type: 'string', minLength: 1, maxLength: 64 }),
  inQuery('batch', 'Only jobs of the batch with this id; not beside `subject`.', {
    type: 'string',
    pattern: '^bat_[0-9a-hjkmnp-tv-z]{26}$',
  }),
  inQuery('error', 'Only jobs that ended with this error code.', { type: 'string', enum: Object.keys(ERROR_CODES) }),
  inQuery(
    'q',
    'Only jobs with all these words, whatever their case, somewhere in their id, facts, title, tags, subject, error, caller or request.',
    { type: 'string', minLength: 1, maxLength: 200 },
  ),
  inQuery('flow', 'Only the jobs of this flow.', { type: 'string' }),
  inQuery(
    'schedule',
    'Only the jobs and flows of the schedule of this name; not beside `batch`, `flow` or `subject`.',
    {
      type: 'string',
      minLength: 1,
      maxLength: 64,
    },
  ),
  inQuery('caller', 'Only jobs of this caller; for the scope `admin`, else your own name.', {
    type: 'string',
    minLength: 1,
    maxLength: 64,
  }),
  inQuery('createdAfter', 'Only jobs accepted after this moment.', { type: 'string', format: 'date-time' }),
  inQuery('createdBefore', 'Only jobs accepted before this moment.', { type: 'string', format: 'date-time' }),
  inQuery(
    'ids',
    'Only these jobs: 1 to 100 ids, with commas between them, on one page. Those that are gone are left out.',
  ),
  limit('Jobs on a page.'),
  cursor,
  signed,
];

/** Which jobs' results an archive is made of. */
export const archivedIds = inQuery('ids', 'Of these jobs: 1 to 100 ids, with commas between them.');
export const archivedBatch = inQuery('batch', 'Of the jobs of this batch, in place of `ids`.');

export const ifNoneMatch = inHeader('If-None-Match', 'An ETag: 304 when nothing has changed since.');
export const ifMatch = inHeader('If-Match', 'An ETag: 412 when it is not the one of what is there now.');
/** What may be asked about a file beside all of it. */
export const conditional: Parameter[] = [
  inHeader('Range', 'One range of bytes, such as `bytes=0-1023`: 206 with just those. Several get the whole file.'),
  inHeader('If-Range', 'An ETag: the range counts only while the file is that one.'),
  ifNoneMatch,
  ifMatch,
];
export const lastEventId = inHeader('Last-Event-ID', 'The last event that was seen; browsers send it by themselves.');
export const preferWait = inHeader(
  'Prefer',
  '`wait=N`: the answer comes when the job has ended, or after N seconds (30 at most).',
);
export const idempotencyKey = inHeader(
  'Idempotency-Key',
  '1 to 255 printable characters of your choice. The same key with the same request is answered with the job of the ' +
    'first, as long as that job is kept; with another request it is refused.',
);
