import express, { type Express } from 'express';
import type { Suppressions } from '../workers/emails/suppressions.ts';
import { type Config, publicUrl } from './config.ts';
import { addAcceptRoutes } from './http/accept.ts';
import { identifyCaller } from './http/auth.ts';
import { addBatchRoutes } from './http/batch.ts';
import { createDashboardRouter } from './http/dashboard.ts';
import { createEventStreamRouter } from './http/event-stream.ts';
import { createHealthRouter } from './http/health.ts';
import { createJobFinder } from './http/job-finder.ts';
import { createJobsRouter } from './http/jobs.ts';
import type { Keyring } from './http/keys.ts';
import { createListingRouter } from './http/listing.ts';
import { createMetricsRouter } from './http/metrics.ts';
import { createPages } from './http/pages.ts';
import { createWaiter } from './http/prefer.ts';
import { createProblemHandler, notFound } from './http/problem.ts';
import { limitRate } from './http/rate-limit.ts';
import { securityHeaders } from './http/security.ts';
import { createSuppressionsRouter } from './http/suppressions.ts';
import type { JobContract } from './jobs/define.ts';
import { createLinks } from './links.ts';
import type { Log } from './log.ts';
import type { JobEvents } from './queue/events.ts';
import type { Producer } from './queue/producer.ts';
import type { Rates } from './queue/rates.ts';
import type { Storage } from './storage/index.ts';

export interface AppDeps {
  config: Config;
  contracts: readonly JobContract[];
  producer: Producer;
  events: JobEvents;
  /** The deployment's secret. */
  secret: string;
  storage: Storage;
  keyring: Keyring;
  rates: Rates;
  /** The addresses that get no mail. */
  suppressions: Suppressions;
  log: Log;
}

/** The web application: everything in the order a request meets it. No I/O of its own, no listening. */
export function createApp(deps: AppDeps): Express {
  const { keyring, log } = deps;
  const finder = createJobFinder({ ...deps, resultTtlMs: deps.config.RESULT_TTL, publicUrl: deps.config.PUBLIC_URL });
  const waiter = createWaiter(deps.producer, deps.events);
  const links = createLinks(deps.secret, publicUrl(deps.config));
  const pages = createPages({ ...deps, finder, waiter, links });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');

  app.use(securityHeaders);
  app.use(identifyCaller(keyring));
  app.use(limitRate(deps.rates));
  addAcceptRoutes(app, { ...deps, waiter, finder });
  addBatchRoutes(app, { ...deps, finder });
  app.use(createHealthRouter(deps));
  app.use(createMetricsRouter(deps));
  app.use(createListingRouter({ ...deps, finder, onErased: deps.suppressions.forget }));
  app.use(createSuppressionsRouter(deps));
  app.use(createJobsRouter({ ...deps, finder, waiter }));
  app.use(createEventStreamRouter({ ...deps, finder }));
  app.use(createDashboardRouter(deps));
  app.use(pages.router);
  app.use(notFound);
  app.use(createProblemHandler(log, pages.renderProblem));
  return app;
}
