import type { ErrorCode } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { type Answer, emptyAnswer, fileAnswer, HEADERS, jsonAnswer, problemOf } from '../../../openapi/answers.ts';
import { conditional, download, fileName, inPath } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { FILE, type Schema } from '../../../openapi/schemas.ts';

const token = inPath('token', 'What `?signed=` or the link in a mail has there: it says which result, and until when.');
const NOT_CHANGED = emptyAnswer('The file is the one that `If-None-Match` names.', HEADERS.fileEtag);
const PART = fileAnswer('The range asked for.', HEADERS.contentRange);
const FILE_PROBLEMS: ErrorCode[] = [
  'not_found',
  'precondition_failed',
  'range_not_satisfiable',
  'queue_unavailable',
  'storage_unavailable',
];

const linkedFiles: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      url: { type: 'string', description: 'Where it is; no key is needed there either.' },
      size: { type: 'string', description: 'In words, for people: `1.4 MB`.' },
    },
    required: ['name', 'url', 'size'],
  },
};
const pending: Schema = { type: 'object', properties: { state: { const: 'pending' } }, required: ['state'] };

/** What links to results answer that lead nowhere yet, or no more. */
const linkAnswers: Record<string, Answer> = {
  202: jsonAnswer('Not yet: the job is pending.', pending, HEADERS.retryAfter),
  206: PART,
  304: NOT_CHANGED,
  307: emptyAnswer('The file lies elsewhere, with `STORAGE_PRESIGN`.', HEADERS.fileAddress),
  default: problemOf('The job failed or was cancelled: the problem that ended it, with its status.'),
};
const ABOUT_LINKS =
  'Addresses of this form come with `?signed=`, in webhooks and in mails: none need be made by hand. One ends at its time, with ' +
  'its job, and where the file has another content by now. A browser is shown a page where there is no file to show.';

const LINK_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: '/r/{token}',
    operationId: 'getLinkedResult',
    tag: 'jobs',
    summary: 'What came of a job, for whoever has the link: its one file, or a list of its files.',
    description: ABOUT_LINKS,
    isOpen: true,
    parameters: [token, download, ...conditional],
    answers: {
      200: {
        description: 'The file; where the job has several, a list of them.',
        content: { '*/*': { schema: FILE }, 'application/json': { schema: linkedFiles } },
      },
      ...linkAnswers,
    },
    problems: [...FILE_PROBLEMS, 'result_expired'],
  },
  {
    method: 'get',
    path: '/r/{token}/{name}',
    operationId: 'getLinkedFile',
    tag: 'jobs',
    summary: 'One file of it; where the link is to one file, that file.',
    description: ABOUT_LINKS,
    isOpen: true,
    parameters: [token, fileName, download, ...conditional],
    answers: { 200: fileAnswer('The file.'), ...linkAnswers },
    problems: [...FILE_PROBLEMS, 'result_expired'],
  },
];

const ABOUT_RENDITIONS =
  'Your application signs the address, as `/docs/renditions` says; the first request for it has the file made, and waits for up to ten ' +
  'seconds. From then on it is a file, for browsers and CDNs, with `Cache-Control: public, immutable`.';

/** What an address of a rendition has before its source. */
const SIGNED = [
  inPath('caller', 'The name of the key whose secret signs the address.'),
  inPath('signature', 'HMAC-SHA-256 of all that stands behind it, from its slash on; in base64url without `=`.'),
  inPath('preset', "The operator's preset that says how it looks."),
];

function renditionRow(tag: string, row: Pick<RouteRow, 'path' | 'operationId' | 'summary' | 'parameters'>): RouteRow {
  const { parameters = [], ...rest } = row;
  return {
    ...rest,
    method: 'get',
    tag,
    description: ABOUT_RENDITIONS,
    isOpen: true,
    parameters: [...SIGNED, ...parameters, download, ...conditional],
    answers: {
      200: fileAnswer('The file.'),
      206: PART,
      304: NOT_CHANGED,
      424: problemOf(
        'It could not be made, by no fault of the request. It is tried again after a minute at the earliest.',
      ),
      default: problemOf('It could not be made: the problem that ended its job, with its status (400 to 499).'),
    },
    problems: [...FILE_PROBLEMS, 'invalid_request', 'rate_limited', 'quota_exceeded', 'waiting_for_job', 'queue_full'],
  };
}

/** The rows of addresses that need no key: of results, and of renditions of the kind that makes some on demand. */
export const signedRows = (contracts: readonly JobContract[]): readonly RouteRow[] => [
  ...LINK_ROWS,
  ...contracts
    .filter(({ derive }) => derive !== undefined)
    .flatMap(({ kind }) => [
      renditionRow(kind, {
        path: '/i/{caller}/{signature}/{preset}/{job}/{file}',
        operationId: 'getRendition',
        summary: 'A rendition of a result file, at an address that needs no key.',
        parameters: [
          inPath('job', 'The job whose file it is made of.'),
          inPath('file', "The file's `name` in the job's result, with or without its extension."),
        ],
      }),
      renditionRow(kind, {
        path: '/i/{caller}/{signature}/{preset}/url/{address}',
        operationId: 'getRenditionOfUrl',
        summary: 'A rendition of a picture elsewhere, at an address that needs no key.',
        parameters: [inPath('address', "The picture's address, in base64url without `=`.")],
      }),
    ]),
];
