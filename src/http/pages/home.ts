import { type Request, type Response, Router } from 'express';
import type { Config } from '../../config/platform.ts';
import type { Kind } from '../../kinds/kind.ts';
import { callerOf } from '../auth/identify.ts';
import type { KindForms, KindFormView } from './kind-forms.ts';
import type { Views } from './views.ts';

interface HomeData {
  /** The forms of the kinds that the caller may post. */
  forms: KindFormView[];
  /** Scopes that would open a form. */
  scopes: string[];
}

export interface HomeDeps {
  config: Config;
  kinds: readonly Kind[];
  forms: KindForms;
  views: Views;
}

/** `/`: the upload form, and the small forms of the other kinds. */
export function createHomeRouter({ kinds, forms, views }: HomeDeps): Router {
  const router = Router();
  const show = views.page<HomeData>('home');
  const scopes = kinds.flatMap(({ scope, page }) => (scope && page.forms?.some((form) => !form.page) ? scope : []));

  const render = (req: Request, res: Response, changed?: KindFormView) => {
    const own = callerOf(req).scopes;
    const open = forms.onHome(req).filter(({ kind }) => own.has(kind));
    const shown = open.map((form) => (form.path === changed?.path ? changed : form));
    show(req, res, { title: 'Upload', isFilledIn: true }, { forms: shown, scopes });
  };
  forms.showOnHome(render);
  router.get('/', async (req, res) => render(req, res, (await forms.refilled(req)) ?? undefined));
  return router;
}
