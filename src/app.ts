import express, { type Express } from 'express';
import type { Config } from './config.ts';
import { addAcceptRoutes } from './http/accept.ts';
import { identifyCaller } from './http/auth.ts';
import { createDashboardRouter } from './http/dashboard.ts';
import { createHealthRouter } from './http/health.ts';
import { createJobFinder, createJobsRouter } from './http/jobs.ts';
import type { Keyring } from './http/keys.ts';
import { createPages } from './http/pages.ts';
import { createProblemHandler, notFound } from './http/problem.ts';
import { securityHeaders } from './http/security.ts';
import type { JobContract } from './jobs/define.ts';
import type { Log } from './log.ts';
import type { Producer } from './queue/producer.ts';
import type { Storage } from './storage/index.ts';

export interface AppDeps {
  config: Config;
  contracts: readonly JobContract[];
  producer: Producer;
  storage: Storage;
  keyring: Keyring;
  log: Log;
}

/** The web application: everything in the order a request meets it. No I/O of its own, no listening. */
export function createApp(deps: AppDeps): Express {
  const { keyring, log } = deps;
  const finder = createJobFinder(deps);
  const pages = createPages({ ...deps, finder });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');

  app.use(securityHeaders);
  app.use(identifyCaller(keyring));
  addAcceptRoutes(app, deps);
  app.use(createHealthRouter(deps));
  app.use(createJobsRouter(deps));
  app.use(createDashboardRouter(deps));
  app.use(pages.router);
  app.use(notFound);
  app.use(createProblemHandler(log, pages.renderProblem));
  return app;
}
