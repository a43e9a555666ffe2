import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Config } from '../../config/platform.ts';
import { type Caller, findCaller, type Keyring } from '../../keys/keyring.ts';
import { TOKEN_PREFIX } from '../../keys/upload-tokens/token-text.ts';
import { noteRefusal } from '../access/access-log.ts';
import { noteAudit } from '../access/audit.ts';
import type { Cookies } from '../auth/cookies.ts';
import { assertSameOrigin, callerOf, callerOrNull, endSession, identifyAs, setSession } from '../auth/identify.ts';
import { isOwnAddress, linkTo, ownPath, sendOn } from '../public-path.ts';
import { type KeptForm, MAX_SEALED_LENGTH } from './forms/kept-form.ts';
import type { KindForms } from './kind-forms.ts';
import type { Views } from './views.ts';

/** A key, and a form that was kept. */
const MAX_SIGN_IN_BYTES = MAX_SEALED_LENGTH + 10_000;

export interface SignInData {
  /** Where the form posts to; keeps where the person was going. */
  action: string;
  /** What was wrong with the key, or with the link. */
  fault: string | null;
  /** Whether the key is in a file that Heavylift made. */
  hasKeyFile: boolean;
  /** Why somebody is asked who did not come here; null for who did. */
  reason: string | null;
  /** The form that was typed before, sealed. */
  kept: string | null;
}

/** What a page without a session is about: where its person was, and what was typed there. */
interface Interrupted {
  next: string;
  form: KeptForm | null;
}

export interface SignInDeps {
  config: Config;
  cookies: Cookies;
  keyring: Keyring;
  forms: Pick<KindForms, 'keep' | 'showKept'>;
  views: Views;
}

/** The sign-in pages, and the one that somebody meets whose session has ended. */
export interface SignIn {
  router: Router;
  /** Asks who posted without a session to sign in; what was typed into a form comes back then. */
  interrupt(req: Request, res: Response): Promise<void>;
}

/** `/login`: by the form, or by the link that is printed at start; `POST /logout`; `/session`. */
export function createSignIn({ config, cookies, forms, keyring, views }: SignInDeps): SignIn {
  const router = Router();
  const showForm = views.page<SignInData>('sign-in');

  const show = (req: Request, res: Response, fault: string | null, changes: Partial<SignInData> = {}) => {
    const action = signInPath(nextOf(req));
    const data = { action, fault, hasKeyFile: !config.API_KEYS, reason: null, kept: null, ...changes };
    showForm(req, res, { title: 'Sign in' }, data);
  };
  const interrupt = (req: Request, res: Response, { next, form }: Interrupted) =>
    show(req, res, null, { action: signInPath(next), reason: reasonOf(form), kept: form?.sealed ?? null });
  const begin = (req: Request, res: Response, caller: Caller) => {
    noteSignIn(req, caller);
    return setSession(res, keyring, cookies, caller);
  };
  const signIn = async (req: Request, res: Response, caller: Caller, next: string) => {
    await begin(req, res, caller);
    sendOn(res.set('Cache-Control', 'no-store'), next);
  };

  router.get('/login', async (req, res) => {
    const { token } = req.query;
    // Express answers HEAD by this route too: whoever only looks at the link does not use it up.
    if (typeof token !== 'string' || req.method === 'HEAD') return show(req, res, null);
    // Opened again in the browser that it has signed in.
    if (callerOrNull(req)) return sendOn(res, '/');
    const caller = await keyring.redeemSignInToken(token);
    if (caller && caller !== 'used') return signIn(req, res, caller, '/');
    res.status(401);
    noteRefusal(req, 'unauthorized', 'refused');
    return show(req, res, caller === 'used' ? USED : PAST);
  });

  router.post('/login', express.urlencoded({ extended: false, limit: MAX_SIGN_IN_BYTES }), async (req, res) => {
    assertSameOrigin(req);
    const { key, kept } = (req.body ?? {}) as { key?: unknown; kept?: unknown };
    const text = typeof key === 'string' ? key.trim() : '';
    const caller = text ? await findCaller(keyring, () => keyring.authenticate(text)) : null;
    if (caller && typeof kept === 'string') {
      identifyAs(req, caller);
      await begin(req, res, caller);
      return (await forms.showKept(req, res, kept)) || sendOn(res, nextOf(req));
    }
    if (caller) return signIn(req, res, caller, nextOf(req));
    res.status(401);
    noteRefusal(req, 'unauthorized', 'refused');
    const fault = key ? 'This API key is not known.' : 'Enter an API key.';
    return show(req, res, fault, typeof kept === 'string' ? { kept, reason: KEPT } : {});
  });

  // Asked by our scripts before they send a form.
  router.get('/session', confirmSession);

  router.post('/logout', async (req, res) => {
    assertSameOrigin(req);
    if (callerOrNull(req)) noteAudit(req, { action: 'session.end', target: null });
    await endSession(req, res, keyring, cookies);
    sendOn(res, '/login');
  });

  return {
    router,
    async interrupt(req, res) {
      const form = await forms.keep(req, res);
      interrupt(req, res, { next: cameFrom(req), form });
    },
  };
}

const noteSignIn = (req: Request, signedIn: Caller): void =>
  noteAudit(req, { action: 'session.begin', signedIn, target: null });

const confirmSession: RequestHandler = (req, res) => {
  res.set('Cache-Control', 'no-store').json({ caller: callerOf(req).name });
};

const USED =
  'This sign-in link was used already: it signs in once. On the machine that runs Heavylift, "bin/heavylift sign-in" ' +
  'prints another one. Or sign in with an API key.';
const PAST = 'This sign-in link does not hold any more. Sign in with an API key.';
const ENDED = 'You are not signed in any more, so nothing was done.';
const KEPT = `${ENDED} What you typed comes back when you have signed in; files have to be chosen again.`;

function reasonOf(form: KeptForm | null): string {
  if (!form) return ENDED;
  return form.sealed
    ? KEPT
    : `${ENDED} What you typed is too much to be kept: go back to it, and sign in in another tab.`;
}

/** The page of ours that a form stood on, or `/`. */
function cameFrom(req: Request): string {
  const referer = req.get('referer') ?? '';
  return isOwnAddress(req, referer) ? localPath(ownPath(linkTo(req, ''), new URL(referer).pathname)) : '/';
}

/** The sign-in page's address for somebody who was on the way to `next`; an upload token in that stays behind. */
export function signInPath(next: string): string {
  const [path = '', query = ''] = next.split(/\?(.*)/s);
  const kept = query.split('&').filter((pair) => !pair.includes(TOKEN_PREFIX));
  const way = kept.join('&') === '' ? path : `${path}?${kept.join('&')}`;
  return way === '/' ? '/login' : `/login?next=${encodeURIComponent(way)}`;
}

const nextOf = (req: Request): string => {
  const { next } = req.query;
  return localPath(typeof next === 'string' ? ownPath(linkTo(req, ''), next) : next);
};

/** A path of our own, or `/`: anything a browser could read as another site's address is not followed. */
export function localPath(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/') || !URL.canParse(value, 'http://localhost')) return '/';
  const { origin, pathname, search } = new URL(value, 'http://localhost');
  return origin === 'http://localhost' && !pathname.startsWith('//') ? `${pathname}${search}` : '/';
}
