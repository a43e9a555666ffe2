import type { Express, Request, RequestHandler } from 'express';
import { AppError } from '../errors.ts';

/** What we read of a router's layers: express has no other list of its routes. */
interface Layer {
  route?: { methods: Record<string, boolean> };
  match(path: string): unknown;
  handle: { stack?: Layer[] };
}

/** Every method that is answered somewhere. */
const ALL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Answers OPTIONS with the methods of the path; passes it on where there is nothing. Stands before the routes, which
 * would each answer for themselves.
 */
export const answerOptions: RequestHandler = (req, res, next) => {
  if (req.method !== 'OPTIONS') return next();
  const methods = req.path === '*' ? ALL : methodsAt(req);
  if (methods.length === 0) return next();
  res.status(204).set('Allow', allow(methods)).end();
};

/** Stands after the routes: throws method_not_allowed where another method is answered, else not_found. */
export const refuseUnrouted: RequestHandler = (req, res) => {
  const methods = methodsAt(req);
  if (methods.length === 0) throw new AppError('not_found', `There is nothing at ${req.path}.`);
  const allowed = allow(methods);
  res.set('Allow', allowed);
  throw new AppError('method_not_allowed', `${req.method} is not possible at ${req.path}; these are: ${allowed}.`);
};

const allow = (methods: readonly string[]): string => [...methods, 'OPTIONS'].join(', ');

/** Finds the methods that are answered at the request's path, HEAD where there is GET; none: there is nothing. */
function methodsAt({ app, path }: Request): string[] {
  const found = new Set(collect((app as Express).router as unknown as Layer['handle'], path));
  if (found.has('GET')) found.add('HEAD');
  return ALL.filter((method) => found.has(method));
}

const collect = ({ stack = [] }: Layer['handle'], path: string): string[] =>
  stack.flatMap((layer) => {
    if (!matches(layer, path)) return [];
    if (!layer.route) return collect(layer.handle, path);
    return Object.keys(layer.route.methods).map((method) => method.toUpperCase());
  });

/** Whether the layer is for that path; a path that can not be decoded is nobody's. */
function matches(layer: Layer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}
