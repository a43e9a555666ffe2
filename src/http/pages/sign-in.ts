import express, { type Request, type Response, Router } from 'express';
import { publicUrl } from '../../config/addresses.ts';
import type { Config } from '../../config/platform.ts';
import { type Caller, findCaller, type Keyring } from '../../keys/keyring.ts';
import { assertSameOrigin, clearSession, setSession } from '../auth/identify.ts';
import type { Views } from './views.ts';

export interface SignInData {
  /** Where the form posts to; keeps where the person was going. */
  action: string;
  /** What was wrong with the key, or with the link. */
  fault: string | null;
  /** Whether the key is in a file that Heavylift made. */
  hasKeyFile: boolean;
}

export interface SignInDeps {
  config: Config;
  keyring: Keyring;
  views: Views;
}

/** `/login`: by the form, or by the link that is printed at start; `POST /logout`. */
export function createSignInRouter({ config, keyring, views }: SignInDeps): Router {
  const router = Router();
  const showForm = views.page<SignInData>('sign-in');
  const secure = publicUrl(config).startsWith('https:');

  const show = (req: Request, res: Response, fault: string | null) => {
    const action = signInPath(nextOf(req));
    showForm(req, res, { title: 'Sign in' }, { action, fault, hasKeyFile: !config.API_KEYS });
  };
  const signIn = (res: Response, caller: Caller, next: string) => {
    setSession(res, keyring, caller, secure);
    res.set('Cache-Control', 'no-store').redirect(303, next);
  };

  router.get('/login', (req, res) => {
    const { token } = req.query;
    if (typeof token !== 'string') return show(req, res, null);
    const caller = keyring.readSignInToken(token);
    if (caller) return signIn(res, caller, '/');
    res.status(401);
    return show(req, res, 'This sign-in link does not hold any more. Sign in with an API key.');
  });

  router.post('/login', express.urlencoded({ extended: false, limit: 10_000 }), async (req, res) => {
    assertSameOrigin(req);
    const key = (req.body as { key?: unknown } | undefined)?.key;
    const text = typeof key === 'string' ? key.trim() : '';
    const caller = text ? await findCaller(keyring, () => keyring.authenticate(text)) : null;
    if (caller) return signIn(res, caller, nextOf(req));
    res.status(401);
    return show(req, res, key ? 'This API key is not known.' : 'Enter an API key.');
  });

  router.post('/logout', (req, res) => {
    assertSameOrigin(req);
    clearSession(res, secure);
    res.redirect(303, '/login');
  });

  return router;
}

/** The sign-in page's address for somebody who was on the way to `next`. */
export const signInPath = (next: string): string =>
  next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;

const nextOf = (req: Request): string => localPath(req.query.next);

/** A path of our own, or `/`: anything a browser could read as another site's address is not followed. */
export function localPath(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/') || !URL.canParse(value, 'http://localhost')) return '/';
  const { origin, pathname, search } = new URL(value, 'http://localhost');
  return origin === 'http://localhost' && !pathname.startsWith('//') ? `${pathname}${search}` : '/';
}
