import { Router } from 'express';
import type { Membership } from '../../deployment/membership.ts';
import { mayComeIn, WAY_IN_HEADER, WAY_IN_PATH, type WayIn } from '../../doctor/way-in.ts';
import { AppError } from '../../errors.ts';
import type { Secrets } from '../../signing/secret.ts';

/** A larger body is no trial. */
const MOST_BYTES = 200_000_000;

export interface WayInDeps {
  secrets: Secrets;
  deployment?: Pick<Membership, 'id'>;
}

/**
 * `POST /doctorz`: the doctor's trial of the way in from `PUBLIC_URL`, with a token that only a process with the deployment's
 * secret can make. The body is thrown away as it comes.
 */
export function createWayInRouter({ secrets, deployment }: WayInDeps): Router {
  const router = Router();
  router.post(WAY_IN_PATH, async (req, res) => {
    if (!(await mayComeIn(secrets, req.get(WAY_IN_HEADER)))) {
      throw new AppError('unauthorized', 'The doctor alone asks here, with a token of this deployment.');
    }
    let bytes = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES)
        throw new AppError('payload_too_large', `The body must have at most ${MOST_BYTES} bytes.`);
    }
    const answer: WayIn = { deployment: deployment?.id() ?? null, bytes, secure: req.secure };
    res.set('Cache-Control', 'no-store').json(answer);
  });
  return router;
}
