import type { Express, Request, RequestHandler, Response } from 'express';
import { publicPath, publicUrl } from '../config/addresses.ts';
import type { Config } from '../config/platform.ts';

// Inside the product every path begins at its own root (`/jobs`). An address that goes out, in a page, a header or
// JSON, has the path of PUBLIC_URL before it: it is made by `linkTo`, in templates and scripts by their `link`.

/**
 * Has the app answer below the path of PUBLIC_URL, whether the proxy in front passes that path on or takes it off: from
 * here on a request has the path of the product alone. The first thing that a request meets.
 */
export function servePublicPath(app: Express, config: Config): void {
  const path = publicPath(config);
  app.locals['publicUrl'] = publicUrl(config);
  app.locals['publicOrigin'] = new URL(publicUrl(config)).origin;
  app.locals['publicPath'] = path;
  if (path !== '') app.use(takeOff(path));
}

const takeOff =
  (path: string): RequestHandler =>
  (req, _res, next) => {
    const own = ownPath(path, req.url);
    req.url = own;
    req.originalUrl = own;
    next();
  };

/** Takes the path of PUBLIC_URL off an address that has it; any other stays as it is. */
export function ownPath(publicPath: string, address: string): string {
  const rest = address.slice(publicPath.length);
  if (publicPath === '' || !address.startsWith(publicPath) || !/^([/?]|$)/.test(rest)) return address;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** The address of a path of the product, as whoever asks can follow it. */
export const linkTo = ({ app }: Request | Response, path: string): string => `${app.locals['publicPath'] ?? ''}${path}`;

/** Sends the browser on to a path of the product, by GET. */
export const sendOn = (res: Response, path: string): void => res.redirect(303, linkTo(res, path));

/** Whether an address is on a page of ours: on the host that is asked, or where PUBLIC_URL is. */
export function isOwnAddress(req: Request, address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { host, origin } = new URL(address);
  return host === req.get('host') || origin === req.app.locals['publicOrigin'];
}
