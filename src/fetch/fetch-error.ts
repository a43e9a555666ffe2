import { AppError, toAppError } from '../errors.ts';

/** The certificate does not stand for the host, or nobody we trust stands for the certificate. */
const CERTIFICATE_CODE = /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * What a fetch that broke means: `source_unreachable` where another try may help, else `source_unavailable`. The
 * sentence names the host and no more: what was found behind it is the log's. Errors without a code are faults of ours.
 */
export function classifyFetchError(thrown: unknown, host: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const { name, code: raw } = Object(thrown) as { name?: unknown; code?: unknown };
  const code = String(raw ?? '');
  const unreachable = (sentence: string) => new AppError('source_unreachable', sentence, { cause: thrown });
  // The parser's errors often lack their code.
  if (name === 'HTTPParserError') return unreachable(`${host} does not speak HTTP there.`);
  if (code === '' || code === 'UND_ERR_INVALID_ARG') return toAppError(thrown);
  if (code === 'ENOTFOUND') return unreachable(`The name ${host} was not found.`);
  if (code === 'EAI_AGAIN') return unreachable(`The name ${host} could not be resolved at the moment.`);
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return unreachable(`${host} did not answer in time.`);
  if (CERTIFICATE_CODE.test(code)) return unreachable(`The TLS certificate of ${host} can not be verified.`);
  if (code.endsWith('_OVERFLOW')) {
    return new AppError('source_unavailable', `${host} sent more header than is read.`, { cause: thrown });
  }
  return unreachable(`The connection to ${host} failed or was cut.`);
}
