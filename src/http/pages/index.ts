import { type Request, Router } from 'express';
import type { Problem } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Links } from '../../signing/links.ts';
import type { AcceptDeps } from '../api/accept.ts';
import type { JobFinder } from '../api/job-finder.ts';
import { callerOrNull } from '../auth/identify.ts';
import type { RenderProblem } from '../problem.ts';
import { createAdminRouter } from './admin.ts';
import { createDocsRouter } from './docs.ts';
import { createErrorsRouter } from './errors.ts';
import { createHomeRouter } from './home.ts';
import { createJobListRouter } from './job-list.ts';
import { createJobPagesRouter } from './jobs.ts';
import { createKindForms } from './kind-forms.ts';
import { createResultLinksRouter } from './result-links.ts';
import { createSignInRouter, signInPath } from './sign-in.ts';
import type { Views } from './views.ts';

const RELOAD_SECONDS = 5;

export interface PagesDeps extends Omit<AcceptDeps, 'finder'> {
  kinds: readonly Kind[];
  keyring: Keyring;
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
  const showProblem = views.page<{ problem: Problem; wayOn: WayOn }>('problem');
  const router = Router();
  router.use('/assets/:version', views.assets);
  // Asked for by name: by browsers that show a file of ours alone, and by the dashboard.
  router.get(['/favicon.ico', '/favicon.svg'], (_req, res) =>
    res.sendFile(views.iconPath, { maxAge: '1d', acceptRanges: false }),
  );
  router.use(createSignInRouter(deps));
  router.use(createHomeRouter(deps));
  router.use(forms.router);
  router.use(createJobListRouter(deps));
  router.use(createJobPagesRouter(deps));
  router.use(createAdminRouter(deps));
  router.use(createDocsRouter(deps));
  router.use(createErrorsRouter(deps));
  router.use(createResultLinksRouter(deps));

  const renderProblem: RenderProblem = (req, res, problem) => {
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    if (problem.code === 'unauthorized' && isRead) {
      res.removeHeader('WWW-Authenticate');
      res.redirect(303, signInPath(req.originalUrl));
    } else if (!forms.showErrors(req, res, problem)) {
      const reload = isRead && problem.status === 503 ? { reloadSeconds: RELOAD_SECONDS } : {};
      showProblem(req, res, { title: problem.title, ...reload }, { problem, wayOn: findWayOn(req, problem) });
    }
  };
  return { router, renderProblem };
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
  return { url: '/', text: 'Go to the upload page' };
}
