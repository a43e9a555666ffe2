import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteServices } from '../../../src/kinds/routes.ts';
import { createMailParser } from '../inbox/parse/mail-parser.ts';
import { createKeepFirst } from '../returns/keep-first.ts';
import type { NotedReturn } from '../returns/note-return.ts';
import { PROVIDER_BY_NAME } from '../returns/providers/index.ts';
import { type FetchText, type KeepFirst, PROVIDERS, type ProviderName } from '../returns/providers/provider.ts';
import { createReturnedReader, MAX_RETURNED_BYTES, READING, type ReadReturned } from '../returns/read-returned.ts';
import { createReporters } from '../returns/reporters.ts';
import { takeProviderReports } from '../returns/take-provider-reports.ts';
import { createReportDeps, type ReportDeps, type TakenReport, takeReport } from '../returns/take-report.ts';
import type { EmailsConfig } from '../settings.ts';

const MAX_REPORTED_BYTES = 2_000_000;
const MAILERS = ['emails', 'admin'];

/** What comes back of mails: `/v1/mail-events/raw` from mail servers, `/v1/mail-events/{provider}/{token}` from providers. */
export function mailEventRoutes(services: RouteServices, fetchText: FetchText): KindRoute[] {
  const deps = createReportDeps(services);
  return [
    rawRoute(services, deps, createReturnedReader(createMailParser(READING))),
    providerRoute(services, deps, fetchText),
  ];
}

/** `POST /v1/mail-events/raw`: a mail that came back, as a mail server hands it over. */
function rawRoute(services: RouteServices, deps: ReportDeps, read: ReadReturned): KindRoute {
  // With return paths bounces come to where anybody may write to, and an operator's key hands in what is there.
  const hasReturnPaths = (services.config as EmailsConfig).EMAILS_BOUNCE_DOMAIN !== undefined;
  const take = services.guards.write((_isRepeated, ...given: Parameters<typeof takeReport>) => takeReport(...given));
  return {
    method: 'post',
    path: '/v1/mail-events/raw',
    scopes: MAILERS,
    body: 'bytes',
    maxBytes: MAX_RETURNED_BYTES,
    async handle({ body, caller, isAdmin, requestId }) {
      if (!Buffer.isBuffer(body) || body.length === 0) {
        throw new AppError('invalid_request', 'The body must be a mail (RFC 5322) that came back.');
      }
      const isTheirs = (owner: string) => isAdmin || owner === caller;
      const options = { isTheirs, hasReturnPaths, isProven: isAdmin && !hasReturnPaths };
      const report = await read(body);
      const taken = typeof report === 'string' ? { none: report } : await take(deps, report, options);
      services.log.info({ requestId, ...count(taken) }, 'a returned mail was read');
      return { json: view(taken) };
    },
  };
}

/** The token is the credential, and what the provider signs is verified beside it. */
function providerRoute(
  { redis, secrets, guards, log }: RouteServices,
  deps: ReportDeps,
  fetchText: FetchText,
): KindRoute {
  const reporters = createReporters(redis, secrets);
  const find = guards.read(reporters.find);
  const keepFirst = guards.write((_isRepeated, token: string, ...given: Parameters<KeepFirst>) =>
    createKeepFirst(redis, token)(...given),
  );
  const take = guards.write((_isRepeated, ...given: Parameters<typeof takeProviderReports>) => {
    return takeProviderReports(...given);
  });
  return {
    method: 'post',
    path: '/v1/mail-events/:provider/:token',
    scopes: 'open',
    body: 'bytes',
    maxBytes: MAX_REPORTED_BYTES,
    async handle({ params: { provider: name = '', token = '' }, body, header, requestId }) {
      const reporter = isProvider(name) ? await find(name, token) : null;
      if (!reporter) throw new AppError('not_found', 'No mail provider reports at this address.');
      const given = { body: Buffer.isBuffer(body) ? body : Buffer.alloc(0), header };
      const provider = PROVIDER_BY_NAME[reporter.provider];
      const reports = await provider.read(given, reporter.key, {
        fetchText,
        keepFirst: (...text) => keepFirst(token, ...text),
      });
      const returns = await take(deps, reports, reporter);
      log.info({ requestId, reporter: reporter.name, returns: returns.length }, 'a mail provider reported');
      return { status: 204 };
    },
  };
}

const isProvider = (name: string): name is ProviderName => (PROVIDERS as readonly string[]).includes(name);

const count = (taken: TakenReport) => ('none' in taken ? taken : { returns: taken.returns.length });

/** What was made of a mail, as its sender is told. */
const view = (taken: TakenReport) =>
  'none' in taken ? { events: [], ignored: taken.none } : { events: taken.returns.map(viewReturn), ignored: null };

const viewReturn = ({ event, suppresses, ...rest }: NotedReturn) => ({
  event: `mail.${event}`,
  ...rest,
  suppresses,
});
