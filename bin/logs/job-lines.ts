import { maskAddresses } from '../../src/logs/mask.ts';
import { type LogFiles, type LogLine, openLogFiles } from './log-files.ts';

const JOB_ID = /^[a-z]{3}_[0-9a-z]{26}$/;

/** A line of a log that was read. */
export interface ReadLine extends LogLine {
  facts: Readonly<Record<string, unknown>>;
  /** When it was written, RFC 3339. */
  time: string;
}

/** The lines that tell of one job, or of one request. */
export interface JobLines {
  /** Finds those that were written since it was asked last, in order of time. */
  read(): ReadLine[];
}

/**
 * Follows a job, or a request, through the logs of a folder: the lines of the job, of the request that it was posted by, and of the
 * webhooks that tell of it. Other jobs of the same request are left out, unless the request is what was asked for.
 */
export function openJobLines(folder: string, id: string): JobLines {
  const files = openLogFiles(folder);
  return JOB_ID.test(id) ? createJobLines(files, folder, id) : createRequestLines(files, maskAddresses(id));
}

const createRequestLines = (files: LogFiles, id: string): JobLines => ({
  read: () => inOrder(readAll(files, [id]).filter(({ facts }) => facts['requestId'] === id)),
});

function createJobLines(files: LogFiles, folder: string, id: string): JobLines {
  const jobs = new Set([id]);
  const requests = new Set<string>();
  const told = new Set<string>();
  let known = files;

  const learn = ({ facts }: ReadLine) => {
    const { job, requestId, tellsOf } = facts;
    const learnt = [jobs, requests].map(({ size }) => size);
    if (tellsOf === id && typeof job === 'string') jobs.add(job);
    if (job === id && typeof requestId === 'string' && isOfJob(facts)) requests.add(requestId);
    return learnt[0] !== jobs.size || learnt[1] !== requests.size;
  };
  const isOurs = ({ facts }: ReadLine): boolean => {
    const { job, requestId, tellsOf } = facts;
    if (isLook(facts)) return false;
    if (typeof job === 'string') return jobs.has(job) || tellsOf === id;
    return typeof requestId === 'string' && requests.has(requestId);
  };

  return {
    read() {
      let lines = readAll(known, [...jobs, ...requests]);
      // What is learnt by the way may be in lines that were passed over: then all is read once more.
      while (lines.filter(learn).length > 0) {
        known = openLogFiles(folder);
        lines = readAll(known, [...jobs, ...requests]);
      }
      const fresh = lines.filter((line) => isOurs(line) && !told.has(keyOf(line)));
      for (const line of fresh) told.add(keyOf(line));
      return inOrder(fresh);
    },
  };
}

const keyOf = ({ process, text }: LogLine): string => `${process} ${text}`;

/** Whether a line's request is the one that made the job: others ask for it, each by a name of its own. */
const isOfJob = ({ method, status }: Readonly<Record<string, unknown>>): boolean =>
  method === undefined || (method === 'POST' && (status === 202 || status === 303));

/** Whether somebody only looked, and saw it: clients do so each second. */
const isLook = ({ method, status }: Readonly<Record<string, unknown>>): boolean =>
  (method === 'GET' || method === 'HEAD') && Number(status) < 400;

function readAll(files: LogFiles, texts: readonly string[]): ReadLine[] {
  return [...files.read(texts.map(asWritten))].flatMap((line) => {
    const facts = parse(line.text);
    const time = facts?.['time'];
    return facts && typeof time === 'string' ? [{ ...line, facts, time }] : [];
  });
}

/** A text as it stands in a line of JSON. */
const asWritten = (text: string): string => JSON.stringify(text).slice(1, -1);

function parse(text: string): Record<string, unknown> | null {
  try {
    const facts: unknown = JSON.parse(text);
    return typeof facts === 'object' ? (facts as Record<string, unknown> | null) : null;
  } catch {
    // Redis and supervisord write other lines.
    return null;
  }
}

const inOrder = (lines: readonly ReadLine[]): ReadLine[] =>
  lines.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
