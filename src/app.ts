import express, { type Express } from 'express';
import type { Alerts } from './alerts/alerts.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { createBrands } from './brands/store.ts';
import { now } from './clock.ts';
import { publicPath, publicUrl } from './config/addresses.ts';
import type { Config } from './config/platform.ts';
import { createCallerSecrets } from './delivery/caller-secrets.ts';
import { createAddressSecrets } from './delivery/secrets.ts';
import type { Membership } from './deployment/membership.ts';
import type { CheckFinding } from './doctor/finding.ts';
import { WEBHOOKS_KIND } from './endpoints/keys.ts';
import type { Endpoints } from './endpoints/store.ts';
import { logAccess, type WriteAccess } from './http/access/access-log.ts';
import { auditRequests } from './http/access/audit.ts';
import { createActOnce } from './http/actions/act-once.ts';
import { createNotices } from './http/actions/notices.ts';
import { addAcceptRoutes } from './http/api/accept/accept.ts';
import { addBatchRoutes } from './http/api/accept/batch/batch.ts';
import { createRequestPlaces } from './http/api/accept/tokens/token-places.ts';
import { createBatchesRouter } from './http/api/batches/batches.ts';
import { createResultsZipRouter } from './http/api/batches/results-zip.ts';
import { createBrandsRouter } from './http/api/brands/brands.ts';
import { createBulkRouter } from './http/api/bulk/bulk.ts';
import { createBulkRequests } from './http/api/bulk/bulk-request.ts';
import { createEndpointActions } from './http/api/endpoints/endpoint-actions.ts';
import { createEndpointsRouter } from './http/api/endpoints/endpoints.ts';
import { createEventStreamRouter } from './http/api/events.ts';
import { createJobFinder, type JobFinder } from './http/api/job-finder.ts';
import { createJobsRouter } from './http/api/jobs.ts';
import { createKindRoutesRouter } from './http/api/kind-routes.ts';
import { createListingRouter } from './http/api/listing.ts';
import { createWaiter } from './http/api/prefer.ts';
import { createRenditionsRouter } from './http/api/renditions/renditions.ts';
import { createScheduleActions } from './http/api/schedules/schedule-actions.ts';
import { createSchedulesRouter } from './http/api/schedules/schedules.ts';
import { createSendNowRouter } from './http/api/send-now.ts';
import { createTemplatesRouter } from './http/api/templates/templates.ts';
import { createUploadTokensRouter } from './http/api/upload-tokens/upload-tokens.ts';
import { refuseOtherTus, speakTus } from './http/api/uploads/tus/protocol.ts';
import { createUploadsRouter } from './http/api/uploads/uploads.ts';
import { createUsageRouter } from './http/api/usage.ts';
import { createCookies } from './http/auth/cookies.ts';
import { answerPreflight } from './http/auth/cross-origin.ts';
import { identifyCaller } from './http/auth/identify.ts';
import { limitRate } from './http/auth/rate-limit.ts';
import { letOthersRead, securityHeaders } from './http/auth/security.ts';
import { admitTokens } from './http/auth/token.ts';
import { createTokenRoutes } from './http/auth/token-routes.ts';
import { compressAnswers } from './http/compress.ts';
import { createReceiving } from './http/connections/receiving.ts';
import { createLargeJson } from './http/large-json/large-json.ts';
import { answerOptions, refuseUnrouted } from './http/methods.ts';
import { createAuditRouter } from './http/ops/audit.ts';
import { createDashboardRouter } from './http/ops/dashboard.ts';
import { createWayInRouter } from './http/ops/doctor.ts';
import { createHealthRouter } from './http/ops/health.ts';
import { createMetricsRouter } from './http/ops/metrics.ts';
import { createVerdictRouter } from './http/ops/verdict.ts';
import { createPages } from './http/pages/index.ts';
import { createViews } from './http/pages/views.ts';
import { createProblemHandler } from './http/problem.ts';
import { servePublicPath } from './http/public-path.ts';
import { nameRequest } from './http/request-origin.ts';
import type { JobContract } from './jobs/contract.ts';
import { UPLOADS, uploadedFile } from './jobs/files/upload-record.ts';
import type { Keyring } from './keys/keyring.ts';
import type { Quotas } from './keys/quotas.ts';
import type { Rates } from './keys/rates.ts';
import { createTokenPlaces } from './keys/upload-tokens/places.ts';
import { createUploadTokens } from './keys/upload-tokens/upload-tokens.ts';
import type { Kind } from './kinds/kind.ts';
import type { KindRoute } from './kinds/routes.ts';
import type { Log } from './log.ts';
import type { BulkActions } from './queue/bulk/bulk-actions.ts';
import { createDerivedFiles, type DerivedFiles } from './queue/derived-files.ts';
import type { JobEvents } from './queue/producer/events.ts';
import type { Producer } from './queue/producer/producer.ts';
import { createJobFields } from './queue/run/job-fields.ts';
import { findCallbackContract } from './queue/upkeep/callbacks/callbacks.ts';
import { createTellEndpoints } from './queue/upkeep/callbacks/tell-endpoints.ts';
import type { Guards } from './redis/guards.ts';
import type { Redis } from './redis/script.ts';
import { createSchedules } from './schedules/store.ts';
import { createLinks, type Links } from './signing/links.ts';
import type { Secrets } from './signing/secret.ts';
import type { Storage } from './storage/storage.ts';
import type { Suppressions } from './suppressions/store.ts';
import { createTemplates } from './templates/store.ts';
import type { VerdictWatch } from './verdict/verdict-watch.ts';

export interface AppDeps {
  config: Config;
  kinds: readonly Kind[];
  /** Those of `kinds`, as the settings make them. */
  contracts: readonly JobContract[];
  producer: Producer;
  /** What this process has joined; absent where it stands alone, as in a test. */
  deployment?: Membership;
  events: JobEvents;
  /** The deployment's secrets, the newest first. */
  secrets: Secrets;
  storage: Storage;
  keyring: Keyring;
  rates: Rates;
  /** What each caller may have. */
  quotas: Quotas;
  /** Whether all is well. */
  verdict: Pick<VerdictWatch, 'read'>;
  /** Examines this machine and the deployment, as `bin/heavylift doctor` does. */
  examine(): Promise<CheckFinding[]>;
  /** Who tells people when it is not. */
  alerts: Pick<Alerts, 'incidents' | 'failed' | 'test'>;
  /** Actions on many jobs at once. */
  bulkActions: BulkActions;
  /** The addresses that get no mail. */
  suppressions: Suppressions;
  /** The addresses that hear of what happens. */
  endpoints: Endpoints;
  /** For what the kinds keep, and what keeps a request from hanging on it. */
  redis: Redis;
  guards: Guards;
  log: Log;
  /** Takes the lines of the access log; without it there is none. */
  writeAccess?: WriteAccess;
}

/** Makes what the parts of the application stand on, beside what it was given. */
export function createAppParts(given: AppDeps) {
  const carrier = findCallbackContract(given.contracts);
  const findCallbackFault = (url: string) => carrier?.findCallbackFault?.(url, given.config) ?? null;
  const webhookFields = createJobFields(given.redis, WEBHOOKS_KIND);
  const isThere = async (id: string) => (await given.producer.find(id)) !== null;
  const places = createTokenPlaces({ ...given, isThere });
  const isOperator = (name: string) => given.keyring.find(name)?.scopes.has('admin') ?? false;
  const parts = {
    ...given,
    isOperator,
    findCallbackFault,
    webhookFields,
    bulkRequests: createBulkRequests(given),
    audit: createAuditLog(given.redis, given.guards),
    endpointActions: createEndpointActions({ ...given, webhookFields, findCallbackFault }),
    addressSecrets: { find: given.guards.read(createAddressSecrets(given.redis, given.secrets).find) },
    derivedFiles: openDerivedFiles(given),
    callerSecrets: createCallerSecrets(given.redis, given.secrets, given.guards),
    brands: createBrands(given.redis, { guards: given.guards, isOperator }),
    templates: createTemplates(given.redis, { guards: given.guards, isOperator }),
    largeJson: createLargeJson(new URL('./json-thread.ts', import.meta.url), given.config),
    receiving: createReceiving(given.config),
    tokens: createUploadTokens(given),
    findTokenRoute: createTokenRoutes(given.contracts),
    places,
    tokenPlaces: createRequestPlaces({ ...given, places }),
    schedules: createSchedules(given.redis, given.secrets, given.guards),
  };
  return { ...parts, scheduleActions: createScheduleActions(parts) };
}

/** The files that signed addresses of renditions lead to. */
function openDerivedFiles({ redis, storage, config, guards }: AppDeps): DerivedFiles {
  const files = createDerivedFiles({ redis, storage, maxBytes: config.DERIVED_MAX_BYTES, now });
  return { ...files, find: guards.read(files.find) };
}

/** The web application: everything in the order a request meets it. No I/O of its own, no listening. */
export function createApp(given: AppDeps, deps = createAppParts(given)): Express {
  const { keyring, log } = deps;
  const ownUrl = publicUrl(deps.config);
  const path = publicPath(deps.config);
  const links = createLinks(deps.secrets, ownUrl);
  const finder = createJobFinder({
    ...deps,
    links,
    resultTtlMs: deps.config.RESULT_TTL,
    base: path,
    publicUrl: deps.config.PUBLIC_URL,
    errorsBase: ownUrl,
  });
  const waiter = createWaiter(deps.producer, deps.events);
  const ownRoutes = createOwnRoutes(deps, links);
  const cookies = createCookies(ownUrl, deps.deployment?.id);
  const notices = createNotices(deps.secrets, cookies);
  const actOnce = createActOnce(deps.producer.once, notices);
  const views = createViews(deps.kinds, notices, path);
  const pages = createPages({ ...deps, actOnce, notices, cookies, finder, waiter, links, views });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.config.TRUST_PROXY);

  servePublicPath(app, deps.config);
  app.use(nameRequest);
  if (deps.writeAccess) app.use(logAccess(deps.writeAccess));
  app.use(auditRequests(deps.audit, log));
  app.use(securityHeaders(ownUrl));
  app.use(['/r', '/i'], letOthersRead);
  app.use(answerPreflight(deps.findTokenRoute));
  app.use(speakTus(deps));
  app.use(answerOptions);
  app.use(identifyCaller(keyring, cookies));
  app.use(admitTokens({ ...deps, findRoute: deps.findTokenRoute }));
  app.use(refuseOtherTus);
  app.use(limitRate(deps.rates));
  addAcceptRoutes(app, { ...deps, waiter, finder, notices });
  app.use(compressAnswers);
  addBatchRoutes(app, { ...deps, finder, notices });
  addOperatorRoutes(app, deps);
  app.use(createListingRouter({ ...deps, finder }));
  app.use(createBatchesRouter(deps));
  app.use(createResultsZipRouter({ ...deps, finder }));
  app.use(createUsageRouter(deps));
  app.use(createUploadsRouter(deps));
  app.use(createUploadTokensRouter(deps));
  app.use(createKindRoutesRouter(ownRoutes, { ...deps, actOnce, views }));
  addOwnedRoutes(app, { ...deps, finder });
  app.use(createBulkRouter(deps));
  app.use(createJobsRouter({ ...deps, finder, waiter }));
  app.use(createRenditionsRouter({ ...deps, finder, waiter }));
  app.use(createSendNowRouter({ ...deps, finder }));
  app.use(createEventStreamRouter({ ...deps, finder }));
  app.use(createDashboardRouter(deps, path));
  app.use(pages.router);
  app.use(refuseUnrouted);
  app.use(createProblemHandler({ log, renderProblem: pages.renderProblem }));
  return app;
}

/** What callers keep here, by names of their own. */
function addOwnedRoutes(app: Express, deps: ReturnType<typeof createAppParts> & { finder: JobFinder }): void {
  app.use(createBrandsRouter(deps));
  app.use(createTemplatesRouter(deps));
  app.use(createEndpointsRouter(deps));
  app.use(createSchedulesRouter(deps));
}

/** What operators and their programs watch the deployment by. */
function addOperatorRoutes(app: Express, deps: ReturnType<typeof createAppParts>): void {
  app.use(createHealthRouter(deps));
  app.use(createWayInRouter(deps));
  app.use(createMetricsRouter(deps));
  app.use(createAuditRouter(deps));
  app.use(createVerdictRouter(deps));
}

/** Makes the routes that kinds bring for themselves. */
function createOwnRoutes(deps: ReturnType<typeof createAppParts>, links: Links): KindRoute[] {
  const tellEndpoints = createTellEndpoints(deps.redis, deps);
  const { find, findRecord } = deps.producer;
  const findUpload = async (id: string) => {
    const record = await findRecord(id);
    return (record?.kind === UPLOADS.kind && uploadedFile(record.envelope)) || null;
  };
  return deps.kinds.flatMap(({ contract: { kind }, createRoutes }) => {
    const jobFields = createJobFields(deps.redis, kind);
    return createRoutes?.({ ...deps, links, jobFields, findJob: find, findUpload, tellEndpoints }) ?? [];
  });
}
