import type { MailEvent, ScheduleEvent } from './endpoint.ts';

/** Something that happened beside a job's end, for the endpoints of its caller's that listen. */
export interface Told {
  /** Tells it from all others: told twice, it is sent once. */
  id: string;
  event: MailEvent | ScheduleEvent;
  caller: string;
  /** The kind of job that it is about, by which endpoints choose. */
  kind: string;
  /** Null where the job is not known. */
  job: string | null;
  /** Whose data it is. */
  subjects: readonly string[];
  /** RFC 3339. */
  at: string;
  data: object;
}

/** Queues a webhook for each endpoint that listens; rejects with what Redis says. */
export type TellEndpoints = (told: Told) => Promise<void>;
