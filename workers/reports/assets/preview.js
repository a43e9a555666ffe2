import { link } from '../link.js';
import { fetchPart } from '../page-part.js';
import { ensureSession } from '../session.js';

/** A worker that is busy may take its time: until then the answer says where the job stands. */
const WAIT_SECONDS = 30;

/**
 * Has the worker draw a preview of what the form asks for, with those columns. Resolves to its job's id, its tables, and
 * what there is to see of them; or to a sentence that says what is wrong.
 */
export async function askForPreview(form, columns) {
  const asked = new FormData(form);
  asked.set('preview', '1');
  asked.set('columns', columns);
  // A token of its own: the form's is the report's, which is asked for with other fields.
  asked.set(
    'formToken',
    `${form.elements.formToken.value.slice(0, 30)}-${crypto.getRandomValues(new Uint32Array(2)).join('')}`,
  );
  try {
    const job = await waitForEnd(await post(form.action, asked));
    if (job.state !== 'completed') return { fault: job.error?.detail ?? job.detail ?? 'The preview was cancelled.' };
    return { id: job.id, tables: job.result.tables, parts: await showJob(job) };
  } catch {
    return { fault: 'The server can not answer at the moment. Try again.' };
  }
}

async function post(url, body) {
  const send = () =>
    fetch(url, { method: 'POST', body, headers: { Accept: 'application/json', Prefer: `wait=${WAIT_SECONDS}` } });
  let answer = await send();
  if (answer.status === 401 && (await ensureSession())) answer = await send();
  return answer.json();
}

async function waitForEnd(given) {
  let job = given;
  while (job.id && job.finishedAt === null) {
    const headers = { Accept: 'application/json', Prefer: `wait=${WAIT_SECONDS}` };
    const answer = await fetch(link(`/v1/jobs/${job.id}`), { headers, cache: 'no-store' });
    job = await answer.json();
  }
  return job;
}

/** What the job's page shows of it, and its first page. */
async function showJob({ id, result }) {
  const shown = await fetchPart(link(`/jobs/${id}`), '[data-preview]');
  const page = document.createElement('img');
  page.className = 'preview-page';
  page.src = result.files[0].url;
  page.alt = 'The first page';
  const warnings = document.createElement('ul');
  warnings.append(
    ...result.warnings.map(({ message }) => {
      const item = document.createElement('li');
      item.textContent = message;
      return item;
    }),
  );
  return [shown, warnings, page].filter((one) => one && one.childNodes.length + (one === page ? 1 : 0) > 0);
}
