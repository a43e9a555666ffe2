import { type Request, Router } from 'express';
import type { Suppressions } from '../../workers/emails/suppressions.ts';
import type { Problem } from '../errors.ts';
import type { Links } from '../links.ts';
import { callerOrNull } from './auth.ts';
import type { JobFinder } from './job-finder.ts';
import type { Keyring } from './keys.ts';
import { createAdminRouter } from './pages/admin.ts';
import { createDocsRouter } from './pages/docs.ts';
import { createHomeRouter, type HomeDeps } from './pages/home.ts';
import { createJobListRouter } from './pages/job-list.ts';
import { createJobPagesRouter } from './pages/jobs.ts';
import { createReportFormRouter } from './pages/report-form.ts';
import { createSignInRouter, signInPath } from './pages/sign-in.ts';
import { createSuppressionPagesRouter } from './pages/suppressions.ts';
import { createViews } from './pages/views.ts';
import type { RenderProblem } from './problem.ts';
import { createResultLinksRouter } from './result-links.ts';
import { createUnsubscribeRouter } from './unsubscribe.ts';

const RELOAD_SECONDS = 5;

export interface PagesDeps extends Omit<HomeDeps, 'views'> {
  keyring: Keyring;
  finder: JobFinder;
  suppressions: Suppressions;
  links: Links;
}

/** The server-rendered pages and their assets; `renderProblem` shows an error to a person. */
export function createPages(given: PagesDeps): { router: Router; renderProblem: RenderProblem } {
  const views = createViews();
  const deps = { ...given, views };
  const home = createHomeRouter(deps);
  const reportForm = createReportFormRouter(deps);
  const router = Router();
  router.use('/assets/:version', views.assets);
  // Asked for by name: by browsers that show a file of ours alone, and by the dashboard.
  router.get(['/favicon.ico', '/favicon.svg'], (_req, res) => res.sendFile(views.iconPath, { maxAge: '1d' }));
  router.use(createSignInRouter(deps));
  router.use(home.router);
  router.use(reportForm.router);
  router.use(createJobListRouter(deps));
  router.use(createJobPagesRouter(deps));
  router.use(createAdminRouter(deps));
  router.use(createDocsRouter(deps));
  router.use(createSuppressionPagesRouter(deps));
  router.use(createUnsubscribeRouter(deps));
  router.use(createResultLinksRouter(deps));

  const renderProblem: RenderProblem = (req, res, problem) => {
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    if (problem.code === 'unauthorized' && isRead) {
      res.removeHeader('WWW-Authenticate');
      res.redirect(303, signInPath(req.originalUrl));
    } else if (!home.renderFaults(req, res, problem) && !reportForm.renderFaults(req, res, problem)) {
      const reload = isRead && problem.status === 503 ? { reloadSeconds: RELOAD_SECONDS } : {};
      views.render(
        req,
        res,
        'problem',
        { title: problem.title, ...reload },
        { problem, wayOn: findWayOn(req, problem) },
      );
    }
  };
  return { router, renderProblem };
}

/** Where a person can go from an error page. */
function findWayOn(req: Request, problem: Problem): { url: string; text: string } {
  if (!callerOrNull(req)) return { url: '/login', text: 'Sign in' };
  if (problem.code === 'forbidden' && req.method === 'GET') {
    return { url: signInPath(req.originalUrl), text: 'Sign in with another key' };
  }
  return { url: '/', text: 'Go to the upload page' };
}
