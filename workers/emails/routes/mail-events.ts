import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteServices } from '../../../src/kinds/routes.ts';
import { createBounces } from '../../../src/suppressions/bounces.ts';
import type { MailParser } from '../inbox/parse/mail-parser.ts';
import type { NotedReturn } from '../returns/note-return.ts';
import { createReturnPaths } from '../returns/return-path.ts';
import { createSeenEvents } from '../returns/seen-events.ts';
import { type ReportDeps, type TakenReport, takeReport } from '../returns/take-report.ts';

/** More than a server returns of a mail that it could not deliver. */
export const MAX_RETURNED_BYTES = 10_000_000;
const MAILERS = ['emails', 'admin'];

/** What keeps returns, made of what routes stand on. */
export function createReportDeps(services: RouteServices): ReportDeps {
  const { redis, secrets, suppressions } = services;
  return {
    ...services,
    bounces: createBounces(redis, secrets, suppressions),
    seen: createSeenEvents(redis),
    returnPaths: createReturnPaths(secrets),
  };
}

/** `POST /v1/mail-events/raw`: a mail that came back, as a mail server hands it over. */
export function mailEventRoutes(services: RouteServices, deps: ReportDeps, parser: MailParser): KindRoute[] {
  const take = services.guards.write((_isRepeated, ...given: Parameters<typeof takeReport>) => takeReport(...given));
  return [
    {
      method: 'post',
      path: '/v1/mail-events/raw',
      scopes: MAILERS,
      body: 'bytes',
      maxBytes: MAX_RETURNED_BYTES,
      async handle({ body, caller, isAdmin, requestId }) {
        if (!Buffer.isBuffer(body) || body.length === 0) {
          throw new AppError('invalid_request', 'The body must be a mail (RFC 5322) that came back.');
        }
        const report = await parser.report(async () => Uint8Array.from(body));
        const taken = await take(deps, report, { isTheirs: (owner) => isAdmin || owner === caller, trusted: true });
        services.log.info({ requestId, ...count(taken) }, 'a returned mail was read');
        return { json: view(taken) };
      },
    },
  ];
}

const count = (taken: TakenReport) => ('none' in taken ? taken : { returns: taken.returns.length });

/** What was made of a mail, as its sender is told. */
const view = (taken: TakenReport) =>
  'none' in taken ? { events: [], ignored: taken.none } : { events: taken.returns.map(viewReturn), ignored: null };

export const viewReturn = ({ event, suppresses, ...rest }: NotedReturn) => ({
  event: `mail.${event}`,
  ...rest,
  suppresses,
});
