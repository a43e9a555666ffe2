import { rememberSent, showKept, takeKept } from './kept-file.js';
import { link } from './link.js';
import { findPart, say } from './page-part.js';
import { isBusy, keepToken, rest, work } from './send-form.js';
import { ensureSession } from './session.js';
import { chooseByDropping, showChosen } from './upload-choice.js';
import { watchJob } from './watch-job.js';

const megabytes = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });

/** The upload form without leaving the page: drop zone, preview, progress, and the job's card below. */
export function improveUpload(form) {
  const input = form.elements.file;
  for (const part of form.querySelectorAll('[data-script]')) part.hidden = false;
  chooseByDropping(form, input);
  const check = () => {
    showChosen(form, input.files[0]);
    showFaults(form, null);
    const [file] = input.files;
    const isTooLarge = file && file.size > Number(form.dataset.maxBytes);
    if (isTooLarge)
      setFault(input.id, `The file is larger than the limit of ${toMegabytes(form.dataset.maxBytes)} MB.`);
    return !isTooLarge;
  };
  input.addEventListener('change', check);
  // The browser keeps the choice over a reload.
  if (input.files.length > 0) check();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isBusy(form.querySelector('[data-send]'))) return;
    if (check()) sendSignedIn(form);
    else input.focus();
  });
}

async function sendSignedIn(form) {
  const button = form.querySelector('[data-send]');
  work(button);
  if (await ensureSession()) send(form);
  else rest(button);
}

function send(form) {
  const request = new XMLHttpRequest();
  const sending = form.querySelector('[data-sending]');
  const button = form.querySelector('[data-send]');
  const cancel = form.querySelector('[data-cancel]');
  const finish = () => {
    const hadFocus = document.activeElement === cancel;
    sending.hidden = true;
    rest(button);
    if (hadFocus) button.focus();
  };

  request.upload.addEventListener('progress', ({ loaded, total }) => showSent(sending, loaded, total));
  request.addEventListener('loadend', finish);
  request.addEventListener('load', () => {
    if (request.status === 401) sendSignedIn(form);
    else showAnswer(form, request);
  });
  request.addEventListener('error', () =>
    setFault(form.dataset.upload, 'The upload did not get through. Check the connection and try again.'),
  );
  cancel.onclick = () => request.abort();

  request.open('POST', form.action);
  request.setRequestHeader('Accept', 'text/html');
  request.send(new FormData(form));
  keepToken(form.elements.formToken);
  sending.hidden = false;
  showSent(sending, 0, 1);
  say('job-status', 'Uploading.');
}

function showSent(sending, loaded, total) {
  sending.querySelector('progress').value = (100 * loaded) / total;
  const done = loaded === total;
  const amount = `${toMegabytes(loaded)} of ${toMegabytes(total)} MB`;
  sending.querySelector('[data-sent]').textContent = done ? 'Sent; waiting for the answer.' : total > 1 ? amount : '';
}

/** The answer is a page, as it is without JavaScript: of the job, or of the form with what is wrong. */
function showAnswer(form, { responseText, responseURL }) {
  const card = findPart(responseText, '[data-job]');
  if (card) {
    rememberSent(form, card.dataset.job);
    return showCard(card, findPart(responseText, '[data-sent-before]'));
  }
  const answered = findPart(responseText, `#${form.id}`);
  if (answered) showRefused(form, answered);
  else if (new URL(responseURL).pathname === link('/login')) location.reload();
  else
    setFault(
      form.dataset.upload,
      findPart(responseText, '[role="alert"]')?.textContent ?? 'The server can not answer at the moment. Try again.',
    );
}

/** Shows the job's card below the form; one that was sent before may be there already, and can be sent once more. */
function showCard(card, sentBefore) {
  const jobs = document.getElementById('jobs');
  for (const old of jobs.querySelectorAll('[data-sent-before]')) old.remove();
  const shown = jobs.querySelector(`[data-job="${card.dataset.job}"]`) ?? card;
  if (shown === card) jobs.prepend(card);
  if (sentBefore) shown.before(sentBefore);
  say('job-status', sentBefore ? sentBefore.querySelector('p').textContent : card.dataset.said);
  (sentBefore ?? card).scrollIntoView({ block: 'nearest' });
  if (shown === card) watchJob(card);
}

/** The form stays as it was typed, with what is wrong, and with the file that it keeps. */
function showRefused(form, answered) {
  const input = form.elements.file;
  if (takeKept(form, answered)) {
    input.value = '';
    showChosen(form, undefined);
  }
  showKept(form);
  showFaults(form, answered);
}

/** Takes over the faults of the answered form; null clears them. */
function showFaults(form, answered) {
  for (const { dataset } of form.querySelectorAll('[data-fault]')) {
    setFault(dataset.fault, answered?.querySelector(`[data-fault="${dataset.fault}"]`)?.textContent ?? '');
  }
  form.querySelector('[aria-invalid]')?.focus();
}

function setFault(id, sentence) {
  const place = document.querySelector(`[data-fault="${id}"]`);
  place.textContent = sentence;
  place.hidden = sentence === '';
  if (sentence) say('job-status', sentence);
  const field = document.getElementById(id);
  if (sentence) field?.setAttribute('aria-invalid', 'true');
  else field?.removeAttribute('aria-invalid');
}

const toMegabytes = (bytes) => megabytes.format(bytes / 1e6);
