import { describe, expect, it } from '@jest/globals';
import { AppError, type FieldError, toProblem } from '../../../src/errors.ts';
import { localPath } from '../../../src/http/pages/sign-in.ts';
import { placeErrors } from '../../../src/kinds/form-state.ts';

const FIELDS = ['width', 'month', 'to', 'file'];
const place = (...errors: FieldError[]) =>
  placeErrors(toProblem(new AppError('invalid_request', 'All of it.', { errors })), FIELDS);

describe('a problem in a form', () => {
  it('a detail that goes on from the field: a whole sentence with its name', () =>
    expect(place({ pointer: '/file', detail: 'is missing: choose a file' }).faults).toEqual({
      file: 'File is missing: choose a file.',
    }));

  it('a detail that is a sentence: stays one, its name not said twice', () =>
    expect(place({ pointer: '/width', detail: 'width must be a whole number.' }).faults).toEqual({
      width: 'Width must be a whole number.',
    }));

  it('pointers into lists and objects: lead to the field they go through; the first of a field wins', () =>
    expect(
      place(
        { pointer: '/to/0', detail: 'must be an address' },
        { pointer: '/to/1', detail: 'must be another' },
        { pointer: '/data/month', detail: 'month must be a month' },
      ),
    ).toEqual({ faults: { to: 'To must be an address.', month: 'Month must be a month.' }, general: null }));

  it('a fault of no field: the problem’s sentence above the form', () =>
    expect(place({ pointer: '/secret', detail: 'is not a known field' })).toEqual({
      faults: {},
      general: 'All of it.',
    }));

  it.each(['unsupported_media_type', 'image_unreadable', 'payload_too_large'] as const)(
    '%s without a pointer: at the file',
    (code) =>
      expect(placeErrors(toProblem(new AppError(code, 'Not so.')), FIELDS)).toEqual({
        faults: { file: 'Not so.' },
        general: null,
      }),
  );

  it('the queue is full: above the form, also where it has a file', () =>
    expect(placeErrors(toProblem(new AppError('queue_full', 'Full.')), FIELDS)).toEqual({
      faults: {},
      general: 'Full.',
    }));
});

describe('where to go after signing in', () => {
  it.each(['/admin', '/jobs/img_1', '/admin/queues?page=2&status=failed', '/a%20b'])('%s: there', (path) =>
    expect(localPath(path)).toBe(path),
  );

  it.each([
    undefined,
    ['/a'],
    '',
    'admin',
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/.//evil.example',
    '/\n/evil.example',
    'https://evil.example/',
  ])('%j: the upload page', (path) => expect(localPath(path)).toBe('/'));
});
