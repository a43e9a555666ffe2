import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { AppError, toAppError } from '../../../errors.ts';
import { lineField, listField } from '../../../fields/fields.ts';
import { invalidFields, invalidRequest } from '../../../fields/invalid-request.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { hasEnded, type StoredJob } from '../../../jobs/stored-job.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { Storage } from '../../../storage/storage.ts';
import { callerOf } from '../../auth/identify.ts';
import type { JobFinder } from '../job-finder.ts';
import { maySee } from '../job-finder.ts';
import { type BodyReaders, JSON_TYPES, readJsonBody } from '../json-body.ts';
import { MAX_IDS } from '../listing.ts';
import { readBatchJobs } from './batches.ts';
import { createUniqueNames, fitName, stemOf } from './entry-names.ts';

/** Jobs of one archive, by a body; by an address MAX_IDS. */
const MOST_IDS = 1000;
const MAX_BODY_BYTES = 100_000;
const READ_AT_ONCE = 50;
/** Says which jobs have no file in the archive. */
const PROBLEMS = 'problems.txt';

export interface ResultsZipDeps extends Pick<BodyReaders, 'receiving'> {
  producer: Pick<Producer, 'find' | 'list'>;
  finder: Pick<JobFinder, 'savedAs'>;
  storage: Pick<Storage, 'open'>;
}

/** What is asked for: the jobs with these ids, or those of a batch. */
type Asked = { ids: string[] } | { batch: string };

/**
 * `GET /v1/results.zip?ids=...` or `?batch=...`, and the same by a POST for more ids: the result files of many jobs in one
 * archive, streamed. Who leaves is sent no more.
 */
export function createResultsZipRouter(deps: ResultsZipDeps): Router {
  const router = Router();
  router.get('/v1/results.zip', async (req, res) => {
    callerOf(req);
    await sendZip(req, res, readQuery(req.query), deps);
  });
  router.post(
    '/v1/results.zip',
    (req, _res, next) => {
      callerOf(req);
      next();
    },
    ...readJsonBody(MAX_BODY_BYTES, deps),
    express.urlencoded({ extended: false, limit: MAX_BODY_BYTES, parameterLimit: MOST_IDS + 1 }),
    async (req, res) => {
      if (req.body === undefined) {
        const types = 'application/json or application/x-www-form-urlencoded';
        throw new AppError('unsupported_media_type', `The Content-Type must be ${types}.`);
      }
      await sendZip(req, res, req.is(JSON_TYPES) ? readAsked(req.body, MOST_IDS) : readForm(req.body), deps);
    },
  );
  return router;
}

/** Makes the schema of what is asked for; OpenAPI is made of it too. */
export const resultsZipSchema = (max: number) =>
  z.strictObject({
    ids: listField(lineField(64), 1, max).optional().meta({ description: 'The ids of the jobs.' }),
    batch: lineField(64).optional().meta({ description: 'The id of a batch, in place of `ids`.' }),
  });

function readAsked(given: unknown, max: number): Asked {
  const schema = resultsZipSchema(max);
  const read = schema.safeParse(given ?? {});
  if (!read.success) throw invalidFields(read.error.issues, () => Object.keys(schema.shape));
  const { ids, batch } = read.data;
  if (ids && batch === undefined) return { ids: [...new Set(ids)] };
  if (batch !== undefined && !ids) return { batch };
  throw invalidRequest([{ pointer: '/ids', detail: 'must say which jobs, or batch must: one of the two' }]);
}

/** Lists ids that stand with commas between them, in one text or in several. */
const split = (given: unknown): unknown =>
  given === undefined
    ? undefined
    : [given]
        .flat()
        .flatMap((text) => String(text).split(','))
        .filter((id) => id !== '');

const readQuery = ({ ids, ...others }: Record<string, unknown>): Asked =>
  readAsked({ ...others, ...(ids === undefined ? {} : { ids: split(ids) }) }, MAX_IDS);

/** What a form of the pages sends: its token, and fields that were left empty, do not count. */
function readForm({ formToken: _, ids, batch, ...others }: Record<string, unknown>): Asked {
  const named = { ...others, ...(ids === undefined || ids === '' ? {} : { ids: split(ids) }) };
  return readAsked({ ...named, ...(batch === undefined || batch === '' ? {} : { batch }) }, MOST_IDS);
}

/** A file of the archive, and the job that it is of. */
interface ZipEntry {
  name: string;
  file: StoredFile;
  job: StoredJob;
}

/** What an archive is made of. */
interface ZipPlan {
  entries: ZipEntry[];
  /** Why jobs have no file in it, a line each. */
  problems: string[];
}

async function sendZip(req: Request, res: Response, asked: Asked, deps: ResultsZipDeps): Promise<void> {
  const plan = await planZip(req, asked, deps);
  res.set({
    'Content-Type': 'application/zip',
    'Content-Disposition': 'attachment; filename="results.zip"',
    'Cache-Control': 'no-store, no-transform',
  });
  if (req.method === 'HEAD') res.end();
  else await writeZip(res, plan, deps);
}

/** Finds the files of the jobs. Throws not_found where no such job is the caller's, and conflict where none has a file. */
async function planZip(req: Request, asked: Asked, { producer, finder }: ResultsZipDeps): Promise<ZipPlan> {
  const problems: string[] = [];
  const jobs: StoredJob[] = [];
  if ('batch' in asked) jobs.push(...(await readBatchJobs(req, producer, asked.batch)));
  const ids = 'batch' in asked ? [] : asked.ids;
  for (let first = 0; first < ids.length; first += READ_AT_ONCE) {
    const some = ids.slice(first, first + READ_AT_ONCE);
    const found = await Promise.all(some.map((id) => producer.find(id)));
    for (const [place, job] of found.entries()) {
      if (job && maySee(req, job.envelope)) jobs.push(job);
      else problems.push(`${some[place]}: is not there, or not kept any more`);
    }
  }
  if (jobs.length === 0) throw new AppError('not_found', 'None of these jobs is there, or is kept any more.');
  const shown = jobs.map((job) => ({
    job,
    files: (job.outcome?.files ?? []).map((file) => finder.savedAs(job, file)),
  }));
  problems.push(...shown.flatMap(({ job, files }) => (files.length === 0 ? [describeProblem(job)] : [])));
  const entries = nameEntries(shown);
  if (entries.length === 0)
    throw new AppError('conflict', `None of these jobs has a file. ${problems.slice(0, 3).join('. ')}.`);
  return { entries, problems };
}

/** "IMG_2041 holiday.jpg (img_...): failed: The image can not be read." */
function describeProblem({ id, state, envelope, error }: StoredJob): string {
  const name = envelope.title === undefined ? id : `${envelope.title.replaceAll(/\s+/g, ' ')} (${id})`;
  if (error) return `${name}: ${state}: ${error.detail}`;
  return hasEnded(state) ? `${name}: has no file` : `${name}: has not ended yet (${state})`;
}

/**
 * Gives each file a name of its own: a job's one file stands at the top, several in a folder. Where several jobs would have
 * the same name, each is called by its title.
 */
function nameEntries(shown: readonly { job: StoredJob; files: StoredFile[] }[]): ZipEntry[] {
  const unique = createUniqueNames(PROBLEMS);
  const counts = new Map<string, number>();
  for (const { files } of shown) {
    const name = files.length === 1 ? files[0]?.name : undefined;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return shown.flatMap(({ job, files }): ZipEntry[] => {
    const titled = titleOf(job);
    const [only] = files;
    if (only && files.length === 1) {
      const isShared = (counts.get(only.name) ?? 0) > 1;
      const ending = only.name.slice(stemOf(only.name).length);
      const name = isShared && titled !== undefined ? `${titled}${ending}` : only.name;
      return [{ name: unique(fitName(name)), file: only, job }];
    }
    if (!only) return [];
    const folder = unique(fitName(titled ?? job.id));
    const uniqueHere = createUniqueNames();
    return files.map((file) => ({ name: `${folder}/${uniqueHere(fitName(file.name))}`, file, job }));
  });
}

/** What a job is called by: the name of its file without the ending, or its title. */
function titleOf({ envelope: { facts, title } }: StoredJob): string | undefined {
  const file = facts?.['file'];
  return typeof file === 'string' ? stemOf(title ?? file) : title;
}

/** Writes the archive, a file after the other: each is opened when it is its turn, and read as fast as it is taken. */
async function writeZip(res: Response, { entries, problems }: ZipPlan, { storage }: ResultsZipDeps): Promise<void> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error) => void output.destroy(error));
  let reading: Readable | undefined;
  let sending: Promise<void> | undefined;
  let isOver = false;
  let fault: unknown;
  // Never rejects: it is waited for at the end alone.
  const send = () =>
    pipeline(output, res).catch((error: NodeJS.ErrnoException) => {
      isOver = true;
      reading?.destroy();
      // The client went away: nobody is left to tell.
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') fault = error;
    });
  try {
    for (const { name, file, job } of entries) {
      if (isOver) break;
      reading = await openKept(storage, file.key);
      if (!reading) {
        problems.push(`${name} (${job.id}): is not kept any more`);
        continue;
      }
      // From the first file on: what keeps that from being opened can still be said.
      sending ??= send();
      if (isOver) reading.destroy();
      const mtime = new Date(job.finishedAt ?? job.createdAt);
      // Most results are packed already.
      zip.addReadStream(reading, name, { compress: false, mtime, size: file.bytes });
      await finished(reading).catch(() => {});
      await nextTurn();
    }
    if (problems.length > 0) zip.addBuffer(Buffer.from(writeProblems(problems)), PROBLEMS);
    zip.end();
    sending ??= send();
  } catch (error) {
    // Half an archive can't be taken back: the connection is cut, which tells the client that it is not whole.
    if (sending) output.destroy(error as Error);
    else throw error;
  }
  await sending;
  if (fault) throw fault;
}

/** Opens a result; undefined where it is gone. Rejects as storage does. */
const openKept = (storage: Pick<Storage, 'open'>, key: string): Promise<Readable | undefined> =>
  storage.open(key).catch((error) => {
    if (toAppError(error).code !== 'not_found') throw error;
    return undefined;
  });

const writeProblems = (problems: readonly string[]): string =>
  `These have no file in the archive:\n\n${problems.map((line) => `${line}\n`).join('')}`;
