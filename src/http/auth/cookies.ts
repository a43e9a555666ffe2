import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';

/** Letters of the deployment's id in the names: browsers send cookies to every port of a host. */
const ID_LETTERS = 8;

/** What this deployment keeps in browsers. */
export type CookieName = 'session' | 'notice';

/** The cookies of this deployment, under names that no other one and no other folder of the host can set or read. */
export interface Cookies {
  /** Reads a cookie of the request; undefined without one. */
  read(req: Request, name: CookieName): string | undefined;
  /**
   * Has the browser keep a value for so many seconds. Before the deployment's id is known a session throws
   * queue_unavailable, and a notice is left out.
   */
  set(res: Response, name: CookieName, value: string, maxAgeSeconds: number): void;
}

/**
 * Makes the cookies of the deployment at `publicUrl`. By https their names begin with `__Host-`, which the browser holds
 * to this host alone, or, where the URL has a path, with `__Secure-`; then they are sent below that path only.
 * `deploymentId` answers null while it is not known; without it, the names have no letters of it.
 */
export function createCookies(publicUrl: string, deploymentId?: () => string | null): Cookies {
  const { protocol, pathname } = new URL(publicUrl);
  const secure = protocol === 'https:';
  const prefix = secure ? (pathname === '/' ? '__Host-' : '__Secure-') : '';
  const path = pathname === '/' ? '/' : pathname.replace(/\/+$/, '');
  const fullName = (name: CookieName): string | null => {
    const id = deploymentId?.();
    if (id === null) return null;
    return `${prefix}heavylift_${name}${id === undefined ? '' : `_${id.slice(-ID_LETTERS)}`}`;
  };
  return {
    read(req, name) {
      const cookies = parseCookie(req.headers.cookie ?? '');
      const own = fullName(name);
      if (own !== null) return cookies[own];
      // Before the id is known: values are signed, so another deployment's leads nowhere.
      return Object.entries(cookies).find(([given]) => given.startsWith(`${prefix}heavylift_${name}`))?.[1];
    },
    set(res, name, value, maxAge) {
      const own = fullName(name);
      if (own === null && name === 'notice') return;
      if (own === null) {
        throw new AppError('queue_unavailable', 'Nobody can sign in before Redis and storage answer. Try again.', {
          retryAfterSeconds: 1,
        });
      }
      const cookie = { name: own, value, maxAge, path, httpOnly: true, sameSite: 'lax', secure } as const;
      res.append('Set-Cookie', stringifySetCookie(cookie));
    },
  };
}
