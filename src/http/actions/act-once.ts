import express, { type Request, type Response } from 'express';
import type { Once } from '../../queue/producer/once.ts';
import { dropAudit } from '../access/audit.ts';
import { callerOf } from '../auth/identify.ts';
import { sendOn } from '../public-path.ts';
import { FORM_TOKEN, readFormToken } from './form-token.ts';
import type { Notices } from './notices.ts';

/** How a form's action ended: the path of ours where the browser goes, and what the page there says once. */
export interface Done {
  location: string;
  notice?: string;
}

/** Reads the form of an action: a token, and a few words. */
export const readAction = express.urlencoded({ extended: false, limit: 10_000 });

/**
 * Does what a form asks for and sends the browser on; a form that is posted again (three clicks, a reload, a lost
 * answer) is not done again and ends at the same place. False when `act` answers null: nothing was done, and nothing
 * was sent. Rejects as `act` does.
 */
export type ActOnce = (req: Request, res: Response, act: () => Promise<Done | null>) => Promise<boolean>;

/** Makes it; without a token in the form, which only a program sends, the action is done each time. */
export function createActOnce(once: Once, notices: Notices): ActOnce {
  return async (req, res, act) => {
    let isDone = false;
    const write = async () => {
      isDone = true;
      const done = await act();
      return done && JSON.stringify(done);
    };
    const typed = (req.body ?? {}) as Record<string, unknown>;
    const token = readFormToken(req, typed[FORM_TOKEN]);
    // With another content it is another action.
    const name = JSON.stringify([callerOf(req).name, req.path, typed]);
    const answer = await (token === undefined ? write() : once(name, write));
    if (!isDone || answer === null) dropAudit(req);
    if (answer === null) return false;
    const { location, notice } = JSON.parse(answer) as Done;
    if (notice !== undefined) notices.leave(res, notice);
    sendOn(res, location);
    return true;
  };
}
