import { readSize } from '../../kept-file.js';
import { link } from '../../link.js';
import { ensureSession } from '../../session.js';
import { canMake, describeChange } from './row.js';

const MOST_IDS = 1000;
const SAVING_MS = 2000;
const ZIP = '/v1/results.zip';

/** Says what there is to say of all pictures together, and offers what can be done with all. */
export function showSummary(section, items, { total, ended, failed, pending, ready, settings }) {
  const part = (name) => section.querySelector(name);
  const offer = (name, isOffered) => {
    part(`[data-all="${name}"]`).hidden = !isOffered;
  };
  const done = items.filter(({ state, result }) => state === 'completed' && result);
  const [before, after] = ['source', 'bytes'].map((name) => done.reduce((sum, { result }) => sum + result[name], 0));
  const words = [
    ...(total > 0 ? [`${ended} of ${total} done`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(ready > 0 ? [`${ready} ready`] : []),
    ...(done.length > 0 ? [`${readSize(before)} → ${readSize(after)}, ${describeChange(before, after)}`] : []),
  ];
  const makeable = items.filter(canMake);
  section.hidden = items.length === 0;
  part('[data-count]').textContent = words.join(' · ');
  part('[data-whole]').hidden = pending === 0 || total < 2;
  part('[data-whole]').value = total > 0 ? (100 * ended) / total : 0;
  offer('zip', done.length > 1);
  offer('again', pending === 0 && makeable.length > 1 && makeable.some(({ made }) => made !== settings));
  offer('retry', pending === 0 && makeable.some(({ state }) => state !== 'completed'));
  offer('clear', items.length > 1);
}

/** Says why no picture is sent at the moment; null: nothing keeps them. */
export function showHold(section, hold) {
  const place = section.querySelector('[data-hold]');
  place.hidden = !hold;
  place.querySelector('[data-hold-words]').textContent = hold?.sentence ?? '';
  place.querySelector('[data-all]').hidden = !hold?.byHand;
}

/** Says on the form's button how many pictures it sends. */
export function showButton(button, { ready, pending }) {
  button.textContent = ready > 1 ? `Resize ${ready} pictures` : 'Resize';
  button.closest('[data-sending]').classList.toggle('is-ready', ready > 0 && pending === 0);
}

/**
 * Has the browser save all results, in one file of a thousand each. Asked for first: the browser would show what is
 * wrong in the place of this page, with the pictures that are still to be sent.
 */
export async function saveAll(section, items) {
  const place = section.querySelector('[data-zip-fault]');
  place.hidden = true;
  const done = items.flatMap(({ state, job }) => (state === 'completed' ? [job] : []));
  for (let first = 0; first < done.length; first += MOST_IDS) {
    const jobs = done.slice(first, first + MOST_IDS);
    const fault = (await ensureSession()) ? await findFault(jobs) : 'You are not signed in any more.';
    place.textContent = fault && `Nothing was saved. ${fault}`;
    place.hidden = fault === '';
    if (fault) break;
    // The browser takes a form for leaving the page, until it hears that there is a file to save.
    section.dataset.isSaving = '';
    save(jobs);
    await new Promise((resolve) => setTimeout(resolve, SAVING_MS));
    delete section.dataset.isSaving;
  }
}

/** Why these jobs' results can't be had in one file; '' for nothing. */
async function findFault(jobs) {
  const over = new AbortController();
  const body = new URLSearchParams({ ids: jobs.join(',') });
  const request = { method: 'POST', body, headers: { Accept: 'application/json' }, signal: over.signal };
  const answer = await fetch(link(ZIP), request).catch(() => null);
  if (!answer) return 'There is no connection: try again.';
  const fault = answer.ok
    ? ''
    : await answer.json().then(
        ({ detail }) => detail,
        () => UNSAID,
      );
  over.abort();
  return fault;
}

const UNSAID = 'The server can not answer at the moment: try again.';

function save(jobs) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = link(ZIP);
  form.hidden = true;
  const ids = document.createElement('input');
  ids.name = 'ids';
  ids.value = jobs.join(',');
  form.append(ids);
  document.body.append(form);
  form.submit();
  form.remove();
}
