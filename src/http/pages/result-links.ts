import { type Request, type Response, Router } from 'express';
import { now } from '../../clock.ts';
import { AppError, type Problem, toProblem } from '../../errors.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { formatBytes } from '../../kinds/formats.ts';
import type { PageFrame } from '../../kinds/page.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Links, ReadResult } from '../../signing/links.ts';
import type { Storage } from '../../storage/storage.ts';
import { isShown, sendFile } from '../api/files.ts';
import type { JobFinder } from '../api/job-finder.ts';
import { letOthersFrame } from '../auth/security.ts';
import { prefersHtml, presentProblem, sendProblem } from '../problem.ts';
import { linkTo } from '../public-path.ts';
import type { Views } from './views.ts';

const RELOAD_SECONDS = 10;

export interface ResultLinkData {
  /** What a person is told when there is no file yet, or none any more. */
  sentence: string;
  /** Where there are several files. */
  files: { name: string; url: string; size: string }[];
}

export interface ResultLinksDeps {
  finder: Pick<JobFinder, 'savedAs'>;
  links: Links;
  producer: Producer;
  storage: Storage;
  views: Views;
}

/**
 * `/r/{token}`: a job's result for whoever has the link, until the link ends. It leads to that result and to nothing
 * else.
 */
export function createResultLinksRouter({ finder, links, producer, storage, views }: ResultLinksDeps): Router {
  const router = Router();
  const showPage = views.page<ResultLinkData>('result-link');

  const show = (req: Request, res: Response, frame: PageFrame, data: ResultLinkData) =>
    showPage(req, res, { ...frame, isPublic: true }, data);

  const refuse = (req: Request, res: Response, problem: Problem) => {
    res.status(problem.status);
    if (prefersHtml(req)) return show(req, res, { title: 'Not available' }, { sentence: problem.detail, files: [] });
    return sendProblem(res.set('Cache-Control', 'no-store'), presentProblem(req, problem));
  };

  const sayNotYet = (req: Request, res: Response) => {
    res.status(202).set({ 'Retry-After': String(RELOAD_SECONDS), 'Cache-Control': 'no-store' });
    const sentence = 'It is still being made. This page looks again by itself.';
    if (prefersHtml(req))
      return show(req, res, { title: 'Not ready yet', reloadSeconds: RELOAD_SECONDS }, { sentence, files: [] });
    return res.json({ state: 'pending' });
  };

  const answer = async (req: Request, res: Response): Promise<unknown> => {
    res.set('X-Robots-Tag', 'noindex').vary('Accept');
    const { token = '', name } = req.params as { token?: string; name?: string };
    const link = links.readResult(token);
    if (!link) return refuse(req, res, GONE.unknown);
    if (link.isLate) return refuse(req, res, GONE.late);
    const job = await producer.find(link.job);
    if (!job) return refuse(req, res, GONE.removed);
    if (job.error) return refuse(req, res, job.error);
    if (!job.outcome) return sayNotYet(req, res);
    const files = filesOf(job, link);
    const chosen = name === undefined && files.length === 1 ? files[0] : files.find((file) => file.name === name);
    if (chosen) {
      if (isShown(chosen)) letOthersFrame(res);
      return sendFile(req, res, storage, { ...finder.savedAs(job, chosen), cacheControl: keptUntil(link.untilMs) });
    }
    if (name !== undefined || files.length === 0) return refuse(req, res, GONE.unknown);
    const listed = files.map((file) => ({
      name: file.name,
      url: linkTo(res, `/r/${token}/${encodeURIComponent(file.name)}`),
      size: formatBytes(file.bytes),
    }));
    if (!prefersHtml(req)) return res.set('Cache-Control', 'no-store').json(listed);
    return show(req, res, { title: 'Files' }, { sentence: '', files: listed });
  };
  // Each a route of its own: the access log has a route's pattern, and the path of what it knows no pattern of.
  router.get('/r/:token', answer);
  router.get('/r/:token/:name', answer);
  return router;
}

const gone = (code: 'not_found' | 'result_expired', sentence: string): Problem =>
  toProblem(new AppError(code, sentence));
const GONE = {
  unknown: gone('not_found', 'This link leads nowhere. Is it whole?'),
  late: gone('result_expired', 'This link held for a limited time, which is over.'),
  removed: gone('result_expired', 'What this link led to was kept for a limited time and is gone.'),
};

/** Caches keep a file for a day, and not beyond its link. */
function keptUntil(untilMs: number): string {
  const seconds = Math.max(0, Math.min(86_400, Math.floor((untilMs - now()) / 1000)));
  return `private, immutable, max-age=${seconds}, no-transform`;
}

/**
 * All files of the job, or the one that the link names, with or without its extension; none where that has another content
 * than when the link was made.
 */
function filesOf(job: StoredJob, { file, content }: Pick<ReadResult, 'file' | 'content'>): StoredFile[] {
  const files = (job.outcome?.files ?? []).filter(({ sha256 }) => content === null || sha256.startsWith(content));
  if (file === null) return files;
  const named = files.find(({ name }) => name === file);
  return named ? [named] : files.filter(({ name }) => name.replace(/\.[^.]+$/, '') === file);
}
