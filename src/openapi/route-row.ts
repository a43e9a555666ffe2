import type { ErrorCode } from '../errors.ts';
import type { Answer, Operation, Parameter } from './answers.ts';

/** One route beside those that post jobs, as a row of the table. */
export interface RouteRow {
  method: 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /** The scope that the key needs; without one, any key will do. */
  scope?: string;
  /** True: it is for who has an upload token, and for no key. */
  isForToken?: boolean;
  /** True: no credential is asked for. */
  isOpen?: boolean;
  parameters?: Parameter[];
  requestBody?: NonNullable<Operation['requestBody']>;
  answers: Record<string, Answer>;
  /** The problems it can answer with. */
  problems: ErrorCode[];
}
