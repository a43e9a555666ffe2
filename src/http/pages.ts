import { Router } from 'express';
import type { Config } from '../config.ts';
import type { JobContract } from '../jobs/define.ts';
import type { Producer } from '../queue/producer.ts';
import type { JobFinder } from './jobs.ts';
import type { Keyring } from './keys.ts';
import type { RenderProblem } from './problem.ts';

export interface PagesDeps {
  config: Config;
  contracts: readonly JobContract[];
  keyring: Keyring;
  producer: Producer;
  finder: JobFinder;
}

/** The server-rendered pages and their assets; `renderProblem` shows an error to a person. */
export function createPages(_deps: PagesDeps): { router: Router; renderProblem: RenderProblem } {
  return {
    router: Router(),
    renderProblem: (_req, res, problem) => {
      res.type('html').send(`<!doctype html><title>${problem.title}</title>`);
    },
  };
}
