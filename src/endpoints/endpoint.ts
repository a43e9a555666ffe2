/** What the end of a job is called in a webhook. */
export const JOB_EVENTS = ['job.completed', 'job.failed', 'job.cancelled'] as const;

/** What the end of a flow is called. */
export const FLOW_EVENTS = ['flow.completed', 'flow.failed', 'flow.cancelled'] as const;

/** What the end of all jobs of a batch is called. */
export const BATCH_EVENT = 'batch.completed';

/** What comes back of a mail after it was sent. */
export const MAIL_EVENTS = [
  'mail.delivered',
  'mail.deferred',
  'mail.bounced',
  'mail.complained',
  'mail.unsubscribed',
] as const;
export type MailEvent = (typeof MAIL_EVENTS)[number];

/** What becomes of a schedule's times that makes no job, and a pause of its own accord. */
export const SCHEDULE_EVENTS = ['schedule.missed', 'schedule.refused', 'schedule.paused'] as const;
export type ScheduleEvent = (typeof SCHEDULE_EVENTS)[number];

/** What an endpoint can listen to. */
export const ENDPOINT_EVENTS = [
  ...JOB_EVENTS,
  ...FLOW_EVENTS,
  BATCH_EVENT,
  ...MAIL_EVENTS,
  ...SCHEDULE_EVENTS,
] as const;
export type EndpointEvent = (typeof ENDPOINT_EVENTS)[number];

/** What is sent to try an endpoint; nobody listens to it. */
export const TEST_EVENT = 'endpoint.test';

/** What the sending of a job's file to where it said is called; nobody listens to it. */
export const DELIVERY_EVENT = 'file.delivery';

/** Why nothing is sent to an endpoint. */
export const PAUSED_REASONS = ['owner', 'failing', 'gone', 'key_revoked', 'copy'] as const;
export type PausedReason = (typeof PAUSED_REASONS)[number];

/** What each of the reasons means, as a sentence goes on behind "is paused:". */
export const PAUSED_SENTENCES: Readonly<Record<PausedReason, string>> = {
  owner: 'its owner has paused it',
  failing: 'every attempt failed for too long',
  gone: 'its receiver answered 410',
  key_revoked: 'its key was revoked',
  copy: 'this deployment was restored as a copy',
};

/** What an endpoint's owner chooses. Null: every event, or every kind, there is. */
export interface EndpointSettings {
  url: string;
  events: readonly EndpointEvent[] | null;
  kinds: readonly string[] | null;
}

/** An address that hears of what happens to its caller's jobs. Times are milliseconds since the epoch. */
export interface Endpoint extends EndpointSettings {
  caller: string;
  name: string;
  /** Tells it from another one that had its name. */
  madeAt: number;
  changedAt: number;
  /** What is sent to it is signed with these; sealed. */
  sealedSecrets: string;
  paused: { reason: PausedReason; at: number } | null;
  /** Since when every attempt has failed; null where the last one did not. */
  failingSince: number | null;
  /** When something was taken last. */
  takenAt: number | null;
}

/** Whether the endpoint listens to that event of a job of that kind. A paused one does: what it missed can be sent again. */
export const listensTo = ({ events, kinds }: EndpointSettings, event: string, kind: string): boolean =>
  (events === null || (events as readonly string[]).includes(event)) && (kinds === null || kinds.includes(kind));

/** Reads the hash of an endpoint; null where there is none. */
export function parseEndpoint(caller: string, name: string, fields: Record<string, string>): Endpoint | null {
  const { url, madeAt, changedAt, events, kinds, secrets, pausedReason, pausedAt, failingSince, takenAt } = fields;
  if (url === undefined || madeAt === undefined || secrets === undefined) return null;
  return {
    caller,
    name,
    url,
    events: events ? (JSON.parse(events) as EndpointEvent[]) : null,
    kinds: kinds ? (JSON.parse(kinds) as string[]) : null,
    madeAt: Number(madeAt),
    changedAt: Number(changedAt ?? madeAt),
    sealedSecrets: secrets,
    paused: pausedReason ? { reason: pausedReason as PausedReason, at: Number(pausedAt) } : null,
    failingSince: failingSince === undefined ? null : Number(failingSince),
    takenAt: takenAt === undefined ? null : Number(takenAt),
  };
}
