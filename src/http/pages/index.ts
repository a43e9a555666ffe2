import { type Request, Router } from 'express';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Problem } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Links } from '../../signing/links.ts';
import type { ActOnce } from '../actions/act-once.ts';
import { FORM_TOKEN, readFormToken } from '../actions/form-token.ts';
import type { AcceptDeps } from '../api/accept/accept.ts';
import type { JobFinder } from '../api/job-finder.ts';
import type { Cookies } from '../auth/cookies.ts';
import { callerOrNull } from '../auth/identify.ts';
import type { RenderProblem } from '../problem.ts';
import { sendOn } from '../public-path.ts';
import { type AdminDeps, createAdminRouter } from './admin/admin.ts';
import { createAlertsRouter } from './admin/alerts.ts';
import { createAuditPageRouter } from './audit.ts';
import { createDocsRouter } from './docs/docs.ts';
import { createDoctorPageRouter, type DoctorPageDeps } from './doctor.ts';
import { createSendAgainRouter } from './forms/send-again.ts';
import { createHomeRouter } from './home.ts';
import { type ActionPagesDeps, createActionPagesRouter } from './job-list/actions.ts';
import { createJobListRouter } from './job-list/job-list.ts';
import { createJobPagesRouter } from './jobs.ts';
import { createKindForms } from './kind-forms.ts';
import { createResultLinksRouter } from './result-links.ts';
import { createSchedulePagesRouter, type SchedulePagesDeps } from './schedules/schedules.ts';
import { createSignIn, localPath, signInPath } from './sign-in.ts';
import { createStoredPagesRouter, type StoredPagesDeps } from './stored/stored.ts';
import type { Views } from './views.ts';
import { createWebhookPagesRouter, type WebhookPagesDeps } from './webhooks/webhooks.ts';
import { createWidgetRouter } from './widget.ts';

const RELOAD_SECONDS = 5;

export interface PagesDeps
  extends Omit<AcceptDeps, 'finder' | 'brands' | 'endpoints' | 'notices'>,
    Pick<WebhookPagesDeps, 'endpoints' | 'endpointActions'>,
    Pick<SchedulePagesDeps, 'schedules' | 'scheduleActions'>,
    Pick<StoredPagesDeps, 'brands'>,
    Pick<DoctorPageDeps, 'examine' | 'log'>,
    Pick<ActionPagesDeps, 'bulkActions' | 'bulkRequests' | 'notices'> {
  actOnce: ActOnce;
  kinds: readonly Kind[];
  audit: Pick<AuditLog, 'list'>;
  cookies: Cookies;
  keyring: Keyring;
  redis: AdminDeps['redis'];
  verdict: AdminDeps['verdict'];
  alerts: AdminDeps['alerts'];
  finder: JobFinder;
  links: Links;
  views: Views;
}

/** Makes the server-rendered pages and serves their assets; `renderProblem` shows an error to a person. */
export function createPages(given: PagesDeps): { router: Router; renderProblem: RenderProblem } {
  const { kinds, views } = given;
  const pages = new Map(kinds.map(({ contract, page }) => [contract.kind, page]));
  const forms = createKindForms(given);
  const documented = kinds.flatMap((kind) => kind.documented ?? []);
  const deps = { ...given, pages, forms, documented };
  const showProblem = views.page<ProblemData>('problem');
  const router = Router();
  router.use('/assets/:version', views.assets);
  // Asked for by name: by browsers that show a file of ours alone, and by the dashboard.
  router.get(['/favicon.ico', '/favicon.svg'], (_req, res) =>
    res.sendFile(views.iconPath, { maxAge: '1d', acceptRanges: false }),
  );
  router.use(createWidgetRouter());
  const signIn = createSignIn(deps);
  router.use(signIn.router);
  router.use(createHomeRouter(deps));
  router.use(forms.router);
  router.use(createJobListRouter(deps));
  router.use(createActionPagesRouter(deps));
  router.use(createSendAgainRouter(deps));
  router.use(createJobPagesRouter(deps));
  router.use(createWebhookPagesRouter(deps));
  router.use(createSchedulePagesRouter(deps));
  router.use(createStoredPagesRouter(deps));
  router.use(createAdminRouter(deps));
  router.use(createAlertsRouter(deps));
  router.use(createAuditPageRouter(deps));
  router.use(createDoctorPageRouter(deps));
  router.use(createDocsRouter(deps));
  router.use(createResultLinksRouter(deps));

  const renderProblem: RenderProblem = (req, res, problem) => {
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    if (problem.code === 'unauthorized' && isRead) {
      res.removeHeader('WWW-Authenticate');
      sendOn(res, signInPath(req.originalUrl));
    } else if (problem.code === 'unauthorized' && req.headers.authorization === undefined) {
      res.removeHeader('WWW-Authenticate');
      signIn.interrupt(req, res).catch(() => res.destroy());
    } else if (!forms.showErrors(req, res, problem)) {
      const reload = isRead && problem.status === 503 ? { reloadSeconds: RELOAD_SECONDS } : {};
      showProblem(req, res, { title: problem.title, ...reload }, describeProblem(req, problem, isRead));
    }
  };
  return { router, renderProblem };
}

interface ProblemData {
  problem: Problem;
  wayOn: WayOn;
  /** The form that was posted, to be posted again as it was: with its token, that does nothing twice. */
  again: { action: string; fields: [name: string, text: string][] } | null;
}

function describeProblem(req: Request, problem: Problem, isRead: boolean): ProblemData {
  const typed = Object.entries((req.body ?? {}) as Record<string, unknown>);
  const fields = typed.flatMap(([name, text]): [string, string][] => (typeof text === 'string' ? [[name, text]] : []));
  const mayPost = !isRead && problem.retryable && readFormToken(req, Object.fromEntries(fields)[FORM_TOKEN]);
  return {
    problem,
    wayOn: findWayOn(req, problem),
    again: mayPost ? { action: localPath(req.originalUrl), fields } : null,
  };
}

interface WayOn {
  url: string;
  text: string;
}

/** Where a person can go from an error page. */
function findWayOn(req: Request, problem: Problem): WayOn {
  if (!callerOrNull(req)) return { url: '/login', text: 'Sign in' };
  if (problem.code === 'forbidden' && req.method === 'GET') {
    return { url: signInPath(req.originalUrl), text: 'Sign in with another key' };
  }
  return req.path.startsWith('/jobs') && req.path !== '/jobs'
    ? { url: '/jobs', text: 'Go to the jobs' }
    : { url: '/', text: 'Go to the upload page' };
}
