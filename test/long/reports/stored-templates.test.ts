import { expect, it } from '@jest/globals';
import type { AppError } from '../../../src/errors.ts';
import type { TemplateBody } from '../../../src/templates/template.ts';
import { expandTemplate } from '../../../workers/reports/stored/expand.ts';

const document = (...blocks: unknown[]): TemplateBody => ({ data: { title: 'T', blocks } });
const text = (source: string) => document({ type: 'text', text: source });
const many = Array.from({ length: 1000 }, (_, index) => ({ index }));

it.each<[string, TemplateBody, object, RegExp]>([
  [
    'lists in lists in lists',
    document({ each: 'm', blocks: [{ each: 'm', blocks: [{ each: 'm', blocks: [{ type: 'pageBreak' }] }] }] }),
    { m: many },
    /comes to more than 300,000 values|takes more than 2 seconds/,
  ],
  [
    'loops in a text',
    text(
      '{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
    ),
    {},
    /limit exceeded/,
  ],
])('a template that would fill without end is stopped: %s', (_what, body, data, said) => {
  const fill = () => expandTemplate({ name: 'sales@1', version: 1, body }, { template: 'sales', data });
  expect(fill).toThrow(expect.objectContaining({ code: 'invalid_request' } satisfies Partial<AppError>));
  expect(fill).toThrow(said);
});
