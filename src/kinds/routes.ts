import type { Readable } from 'node:stream';
import type { AuditAction } from '../audit/audit-actions.ts';
import type { Config } from '../config/platform.ts';
import type { CallerSecrets } from '../delivery/caller-secrets.ts';
import type { TellEndpoints } from '../endpoints/told.ts';
import type { StoredFile } from '../jobs/files/stored-file.ts';
import type { JobFields } from '../jobs/job-fields.ts';
import type { StoredJob } from '../jobs/stored-job.ts';
import type { Log } from '../log.ts';
import type { RouteRow } from '../openapi/route-row.ts';
import type { Schema } from '../openapi/schemas.ts';
import type { Guards } from '../redis/guards.ts';
import type { Redis } from '../redis/script.ts';
import type { Links } from '../signing/links.ts';
import type { Secrets } from '../signing/secret.ts';
import type { Storage } from '../storage/storage.ts';
import type { Suppressions } from '../suppressions/store.ts';
import type { PageFrame } from './page.ts';

/** What a kind's own routes stand on. */
export interface RouteServices {
  config: Config;
  links: Links;
  suppressions: Suppressions;
  callerSecrets: CallerSecrets;
  storage: Storage;
  /** The web process's connection, and what keeps a request from hanging on it. */
  redis: Redis;
  guards: Guards;
  /** The facts that the kind keeps of its jobs. */
  jobFields: JobFields;
  /** Finds a job of any kind; null when there is none of that id. */
  findJob(id: string): Promise<StoredJob | null>;
  /** Finds the file of an upload; null when there is none of that id. */
  findUpload(id: string): Promise<StoredFile | null>;
  /** Tells the endpoints of a caller of something that happened to a job after its end. */
  tellEndpoints: TellEndpoints;
  /** The deployment's secrets. */
  secrets: Secrets;
  /** Whether the key of that name is an operator's. */
  isOperator(name: string): boolean;
  log: Log;
}

/** A request to a kind's own route, as its handler sees it. */
export interface RouteRequest {
  /** The parts of the path, by their names. */
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, unknown>>;
  /** The body as `KindRoute.body` says it is read; undefined when none came. */
  body: unknown;
  /** A header of the request, by its name in lower case; undefined where it has none. */
  header(name: string): string | undefined;
  /** Whether a body came, of whatever type. */
  hasBody: boolean;
  /** The name of the key that asks; '' where none is asked for. */
  caller: string;
  /** Whether the caller is an operator. */
  isAdmin: boolean;
  /** Whether a person's browser asks rather than a program. */
  prefersHtml: boolean;
  /** The request's name, for the log. */
  requestId: string;
  /**
   * Asks until the answer is something, for as long as `Prefer: wait=N` says; once without it. Resolves with null when the
   * time is over, the client has gone, or its key does not hold any more.
   */
  wait<T>(ask: () => Promise<T | null>): Promise<T | null>;
  /**
   * Runs a job in doubt again, with the own fields by which its kind does once more what may have been done; false when it has
   * not ended. Rejects with quota_exceeded, and with retry_useless where another run could not end otherwise.
   */
  runAgain(job: StoredJob, fields: Readonly<Record<string, string>>): Promise<boolean>;
}

/** How a handler answers: the status (200 unless given), and one of JSON, text, a file, a page, a frame, a redirect, or nothing. */
export interface RouteAnswer {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  text?: string;
  /** A file: with a name it is saved by browsers, else it is shown as text. */
  file?: { type: string; content: Readable | Uint8Array; bytes: number; filename?: string };
  /** `hasFrame`: a frame of ours is in it. */
  page?: { view: string; frame: PageFrame; data: object; hasFrame?: boolean };
  /** HTML of strangers, for a frame of ours: it runs nothing, and loads nothing, but pictures where `pictures` is set. */
  foreignHtml?: { html: string; pictures: boolean };
  /** Whom or what it was done to, for the audit log, where the path does not say it, and to how many; null: nothing was done. */
  audit?: { target?: string; count?: number } | null;
  /** Sends the browser to that path of ours by GET (303). */
  redirect?: string;
  /** What was done: the page there says it once. Goes with `redirect`, in answers to forms. */
  notice?: string;
}

/** A route of a kind's own. Handlers throw AppError; `src/http` knows the rest: callers, scopes, rates, problems. */
export interface KindRoute {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As express has it: `/v1/suppressions/:address`. */
  path: string;
  /** The key needs one of these; `open`: no key is asked for. */
  scopes: readonly string[] | 'open';
  /**
   * How the body is read; without it, the body is left alone. `bytes`: as a Buffer, of whatever type; `ignored`: taken, of
   * whatever type, and not looked at.
   */
  body?: 'json' | 'form' | 'bytes' | 'ignored';
  /** Most bytes of a body that is not JSON; 10,000 unless given. */
  maxBytes?: number;
  /** What it does, as the audit log has it; without it nothing is entered there. */
  audits?: AuditAction;
  handle(request: RouteRequest): RouteAnswer | Promise<RouteAnswer>;
}

/** Makes the routes of a kind's own. */
export type CreateKindRoutes = (services: RouteServices) => readonly KindRoute[];

/** What the API's description says of a kind's own routes. */
export interface DocumentedRoutes {
  tags: readonly { name: string; description: string }[];
  rows: readonly RouteRow[];
  schemas: Readonly<Record<string, Schema>>;
}
