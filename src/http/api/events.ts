import { type Response, Router } from 'express';
import type { JobView } from '../../jobs/job-view.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import type { JobEvents } from '../../queue/producer/events.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { stillHolds } from '../auth/identify.ts';
import { pathsOf } from './flow-paths.ts';
import type { JobFinder } from './job-finder.ts';
import { readSigned } from './signed.ts';

/** A comment this often keeps proxies from closing a stream that has nothing to say. */
const COMMENT_EVERY_MS = 15_000;
/** How often it is looked whether the key or the session of a stream still holds. */
const LOOK_WHO_EVERY_MS = 2000;
/** Signs that come in a burst are answered by one look. */
const LOOK_AFTER_MS = 50;

export interface EventStreamDeps {
  producer: Producer;
  events: JobEvents;
  finder: JobFinder;
}

/**
 * `GET /v1/jobs/{id}/events`: server-sent events until the job ends. The present state comes first, after a reconnect
 * too; a client that has seen the end already (Last-Event-ID) gets 204, which tells it to stay away. A stream ends with
 * the key or the session that asked for it.
 */
export function createEventStreamRouter({ producer, events, finder }: EventStreamDeps): Router {
  const router = Router();
  router.get(pathsOf('/events'), async (req, res) => {
    const job = await finder.find(req);
    readSigned(req);
    if (hasEnded(job.state) && req.get('last-event-id') === eventId(job)) {
      res.status(204).end();
      return;
    }
    res.set({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    // Express answers HEAD by this route too: a stream would keep its connection until the job ends.
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    res.flushHeaders();
    follow(res, job, { producer, events, finder });
  });
  return router;
}

function follow(res: Response, job: StoredJob, { producer, events, finder }: EventStreamDeps): void {
  let newest = job;
  let looking: NodeJS.Timeout | null = null;

  const stop = () => {
    clearInterval(comments);
    clearInterval(looks);
    if (looking) clearTimeout(looking);
    unwatch();
  };
  const end = () => {
    stop();
    res.end();
  };
  const tell = (event: string) => {
    if (!res.writable) return;
    res.write(frame(event, eventId(newest), finder.view(newest, res.req)));
    if (hasEnded(newest.state)) end();
  };
  const look = async () => {
    looking = null;
    const [found, holds] = await Promise.all([producer.find(job.id).catch(() => newest), stillHolds(res.req)]);
    if (!holds) return end();
    // Erased while it was followed: there is nothing left to tell.
    if (!found) return end();
    const [before, now] = [eventId(newest), eventId(found)];
    const moved = found.state !== newest.state;
    newest = found;
    if (now !== before) tell(moved ? eventName(found) : 'progress');
    return undefined;
  };
  const sign = () => {
    // The client comes back to another process.
    if (events.isStopping()) return end();
    looking ??= setTimeout(look, LOOK_AFTER_MS);
    return undefined;
  };

  const unwatch = events.watch(job.id, sign);
  const comments = setInterval(() => {
    res.write(': still here\n\n');
    sign();
  }, COMMENT_EVERY_MS);
  const looks = setInterval(async () => {
    if (!(await stillHolds(res.req))) end();
  }, LOOK_WHO_EVERY_MS);
  res.on('close', stop);
  tell(eventName(job));
  // What happened between the look and the watch.
  if (!hasEnded(job.state)) sign();
}

const eventName = ({ state }: StoredJob): string => (hasEnded(state) ? state : 'state');

/** Changes with everything a client could see; the same for the same facts, on every host. */
const eventId = ({ state, progress, attemptsMade, finishedAt }: StoredJob): string =>
  [state, attemptsMade, progress?.percent ?? 0, progress?.done ?? 0, finishedAt ?? 0].join('-');

const frame = (event: string, id: string, view: JobView): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(view)}\n\n`;
