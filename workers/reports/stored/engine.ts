import type { TemplateEngine } from '../../../src/templates/template.ts';
import { reportInput } from '../report-input.ts';
import { checkTemplate } from './check.ts';
import { expandTemplate } from './expand.ts';

/** Fills the templates of reports. */
export const engine: TemplateEngine = {
  check: (body) => checkTemplate(body, reportInput),
  expand: expandTemplate,
};
