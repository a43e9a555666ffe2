import { randomUUID } from 'node:crypto';
import type { Secrets } from '../signing/secret.ts';
import { createTokens } from '../signing/tokens.ts';

/** Where the web process answers who asks whether `PUBLIC_URL` leads to it, and takes bodies that it throws away. */
export const WAY_IN_PATH = '/doctorz';
/** The header with the token that lets one in there. */
export const WAY_IN_HEADER = 'X-Doctor-Token';
const PURPOSE = 'doctor';
const LIFE_MS = 60_000;

/** What is answered there. */
export interface WayIn {
  /** The deployment's id; null where the process has not joined one. */
  deployment: string | null;
  /** How many bytes of the body came. */
  bytes: number;
  /** Whether the process takes the request for one that came by TLS. */
  secure: boolean;
}

/** Makes a token that lets one in for a minute: only who has the deployment's secret can. */
export const issueWayIn = (secrets: Secrets): Promise<string> =>
  createTokens(secrets).issue(PURPOSE, { name: PURPOSE, digest: '', id: randomUUID() }, LIFE_MS);

/** Whether a token lets one in. */
export const mayComeIn = async (secrets: Secrets, token: string | undefined): Promise<boolean> =>
  token !== undefined && (await createTokens(secrets).read(PURPOSE, token)) !== null;
