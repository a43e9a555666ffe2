import { type Request, Router } from 'express';
import type { Problem } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Links } from '../../keys/links.ts';
import type { Suppressions } from '../../suppressions/store.ts';
import type { JobFinder } from '../api/job-finder.ts';
import { callerOrNull } from '../auth/identify.ts';
import type { RenderProblem } from '../problem.ts';
import { createAdminRouter } from './admin.ts';
import { createDocsRouter } from './docs.ts';
import { createHomeRouter, type HomeDeps } from './home.ts';
import { createJobListRouter } from './job-list.ts';
import { createJobPagesRouter } from './jobs.ts';
import { createReportFormRouter } from './report-form.ts';
import { createResultLinksRouter } from './result-links.ts';
import { createSignInRouter, signInPath } from './sign-in.ts';
import { createSuppressionPagesRouter } from './suppressions.ts';
import { createUnsubscribeRouter } from './unsubscribe.ts';
import { createViews } from './views.ts';

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
