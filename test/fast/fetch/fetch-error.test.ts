import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { classifyFetchError } from '../../../src/fetch/fetch-error.ts';

const withCode = (code: string) => Object.assign(new Error('10.0.0.7 said "root:x:0:0"'), { code });

describe('classifyFetchError', () => {
  it.each([
    ['ENOTFOUND', 'The name files.example was not found.'],
    ['EAI_AGAIN', 'The name files.example could not be resolved at the moment.'],
    ['UND_ERR_CONNECT_TIMEOUT', 'files.example did not answer in time.'],
    ['ETIMEDOUT', 'files.example did not answer in time.'],
    ['CERT_HAS_EXPIRED', 'The TLS certificate of files.example can not be verified.'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'The TLS certificate of files.example can not be verified.'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'The TLS certificate of files.example can not be verified.'],
    ['ECONNREFUSED', 'The connection to files.example failed or was cut.'],
    ['ECONNRESET', 'The connection to files.example failed or was cut.'],
    ['EHOSTUNREACH', 'The connection to files.example failed or was cut.'],
    ['UND_ERR_SOCKET', 'The connection to files.example failed or was cut.'],
  ])('%s: source_unreachable, "%s"', (code, sentence) => {
    const fault = classifyFetchError(withCode(code), 'files.example');
    expect([fault.code, fault.retryable, fault.message]).toEqual(['source_unreachable', true, sentence]);
    expect(fault.cause).toMatchObject({ code });
  });

  it('too much header: source_unavailable, for good', () => {
    const fault = classifyFetchError(withCode('UND_ERR_HEADERS_OVERFLOW'), 'files.example');
    expect([fault.code, fault.retryable]).toEqual(['source_unavailable', false]);
  });

  it('a fault of ours: internal, with its cause', () => {
    for (const thrown of [new TypeError('x is not a function'), withCode('UND_ERR_INVALID_ARG'), null]) {
      expect(classifyFetchError(thrown, 'files.example')).toMatchObject({ code: 'internal', cause: thrown });
    }
  });

  it('an AppError: as it is', () => {
    const fault = new AppError('source_unavailable', 'Refused.');
    expect(classifyFetchError(fault, 'files.example')).toBe(fault);
  });
});
