import type { Request } from 'express';
import type { JobContract } from '../../jobs/contract.ts';
import { TOKEN_PREFIX } from '../../keys/upload-tokens/token-text.ts';

/** A route that upload tokens serve. */
export interface TokenRoute {
  path: RegExp;
  methods: readonly string[];
  /** Whether the token may stand in the address: where a page can set no header, and nothing is changed. */
  inQuery?: true;
}

/** All of them but the kinds' own, once: what a token may, and what pages of other origins may ask for. */
const ROUTES: readonly TokenRoute[] = [
  { path: /^\/v1\/uploads$/, methods: ['POST'] },
  { path: /^\/v1\/uploads\/[^/]+$/, methods: ['GET', 'HEAD', 'PATCH', 'DELETE'] },
  { path: /^\/v1\/uploads\/[^/]+\/file$/, methods: ['GET', 'HEAD'], inQuery: true },
  { path: /^\/v1\/jobs\/[^/]+$/, methods: ['GET', 'HEAD'] },
  { path: /^\/v1\/jobs\/[^/]+\/(?:events|result|files\/[^/]+)$/, methods: ['GET', 'HEAD'], inQuery: true },
  { path: /^\/v1\/jobs\/[^/]+\/cancel$/, methods: ['POST'] },
  { path: /^\/v1\/upload-tokens\/current$/, methods: ['GET', 'HEAD', 'DELETE'] },
];

/** Whether a kind's jobs can come with tokens: not those that ask for jobs of other kinds, which no token is for. */
export const isForTokens = ({ accepts, conducts }: Pick<JobContract, 'accepts' | 'conducts'>): boolean =>
  accepts !== 'none' && !conducts;

/** Finds the route that serves tokens at a path; a token of a kind serves that kind's alone. */
export type FindTokenRoute = (path: string, kind?: string) => TokenRoute | undefined;

/** Makes it for all kinds. */
export function createTokenRoutes(contracts: readonly JobContract[]): FindTokenRoute {
  const posts = contracts.filter(isForTokens).map(({ kind }) => ({
    kind,
    path: new RegExp(`^/v1/${kind}(?:/(?:json|form|raw))?$`),
    methods: ['POST'],
  }));
  return (path, kind) =>
    ROUTES.find((route) => route.path.test(path)) ??
    posts.find((route) => route.path.test(path) && (kind === undefined || route.kind === kind));
}

const BEARER_TOKEN = new RegExp(`^Bearer +(${TOKEN_PREFIX}\\S+)$`, 'i');

/** A request, or what acts for a caller without one. */
type Showing = Pick<Request, 'headers'> & Partial<Pick<Request, 'url' | 'path' | 'method' | 'query'>>;

/**
 * Reads the upload token that a request shows: as a Bearer token, or in the address where a page can do nothing else; null
 * without one.
 */
export function shownToken(req: Showing): string | null {
  const { authorization } = req.headers;
  if (authorization !== undefined) return BEARER_TOKEN.exec(authorization)?.[1] ?? null;
  const { url = '', path = '', method = '', query = {} } = req;
  if (!url.includes(`token=${TOKEN_PREFIX}`)) return null;
  const { token } = query;
  const route = ROUTES.find((one) => one.path.test(path));
  const isShown = typeof token === 'string' && token.startsWith(TOKEN_PREFIX);
  return isShown && route?.inQuery && route.methods.includes(method) ? token : null;
}
