import express, { type Express } from 'express';
import { publicUrl } from './config/addresses.ts';
import type { Config } from './config/platform.ts';
import type { Membership } from './deployment/membership.ts';
import { createActOnce } from './http/actions/act-once.ts';
import { createNotices } from './http/actions/notices.ts';
import { addAcceptRoutes } from './http/api/accept.ts';
import { addBatchRoutes } from './http/api/batch.ts';
import { createEventStreamRouter } from './http/api/events.ts';
import { createJobFinder } from './http/api/job-finder.ts';
import { createJobsRouter } from './http/api/jobs.ts';
import { createKindRoutesRouter } from './http/api/kind-routes.ts';
import { createListingRouter } from './http/api/listing.ts';
import { createWaiter } from './http/api/prefer.ts';
import { createSendNowRouter } from './http/api/send-now.ts';
import { identifyCaller } from './http/auth/identify.ts';
import { limitRate } from './http/auth/rate-limit.ts';
import { securityHeaders } from './http/auth/security.ts';
import { compressAnswers } from './http/compress.ts';
import { createReceiving } from './http/connections/receiving.ts';
import { createLargeJson } from './http/large-json/large-json.ts';
import { answerOptions, refuseUnrouted } from './http/methods.ts';
import { createDashboardRouter } from './http/ops/dashboard.ts';
import { createHealthRouter } from './http/ops/health.ts';
import { createMetricsRouter } from './http/ops/metrics.ts';
import { createPages } from './http/pages/index.ts';
import { createViews } from './http/pages/views.ts';
import { createProblemHandler } from './http/problem.ts';
import { nameRequest } from './http/request-origin.ts';
import type { JobContract } from './jobs/contract.ts';
import type { Keyring } from './keys/keyring.ts';
import type { Rates } from './keys/rates.ts';
import type { Kind } from './kinds/kind.ts';
import type { Log } from './log.ts';
import type { JobEvents } from './queue/producer/events.ts';
import type { Producer } from './queue/producer/producer.ts';
import { findCallbackContract } from './queue/upkeep/callbacks.ts';
import { createLinks } from './signing/links.ts';
import type { Storage } from './storage/storage.ts';
import type { Suppressions } from './suppressions/store.ts';

export interface AppDeps {
  config: Config;
  kinds: readonly Kind[];
  /** Those of `kinds`, as the settings make them. */
  contracts: readonly JobContract[];
  producer: Producer;
  /** What this process has joined; absent where it stands alone, as in a test. */
  deployment?: Membership;
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
export function createApp(given: AppDeps): Express {
  const carrier = findCallbackContract(given.contracts);
  const findCallbackFault = (url: string) => carrier?.findCallbackFault?.(url, given.config) ?? null;
  const largeJson = createLargeJson(new URL('./json-thread.ts', import.meta.url), given.config);
  const deps = { ...given, findCallbackFault, largeJson, receiving: createReceiving(given.config) };
  const { keyring, log } = deps;
  const ownUrl = publicUrl(deps.config);
  const finder = createJobFinder({
    ...deps,
    resultTtlMs: deps.config.RESULT_TTL,
    publicUrl: deps.config.PUBLIC_URL,
    errorsBase: ownUrl,
  });
  const waiter = createWaiter(deps.producer, deps.events);
  const links = createLinks(deps.secret, ownUrl);
  const ownRoutes = deps.kinds.flatMap(({ createRoutes }) => createRoutes?.({ ...deps, links }) ?? []);
  const notices = createNotices(deps.secret);
  const actOnce = createActOnce(deps.producer.once, notices);
  const views = createViews(deps.kinds, notices);
  const pages = createPages({ ...deps, actOnce, finder, waiter, links, views });
  const formPaths = deps.kinds.flatMap(({ page }) => (page.forms ?? []).map(({ path }) => path));
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');

  app.locals['publicUrl'] = ownUrl;

  app.use(nameRequest);
  app.use(securityHeaders);
  app.use(answerOptions);
  app.use(identifyCaller(keyring));
  app.use(limitRate(deps.rates, formPaths));
  addAcceptRoutes(app, { ...deps, waiter, finder });
  app.use(compressAnswers);
  addBatchRoutes(app, { ...deps, finder });
  app.use(createHealthRouter(deps));
  app.use(createMetricsRouter(deps));
  app.use(createListingRouter({ ...deps, finder, onErased: deps.suppressions.forget }));
  app.use(createKindRoutesRouter(ownRoutes, { ...deps, actOnce, views }));
  app.use(createJobsRouter({ ...deps, finder, waiter }));
  app.use(createSendNowRouter({ ...deps, finder }));
  app.use(createEventStreamRouter({ ...deps, finder }));
  app.use(createDashboardRouter(deps));
  app.use(pages.router);
  app.use(refuseUnrouted);
  app.use(createProblemHandler({ log, renderProblem: pages.renderProblem }));
  return app;
}
