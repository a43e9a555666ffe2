import { link } from '../link.js';
import { givenKey } from './key.js';

const MAX_CHARACTERS = 100_000;

/** Has the form send its request, with the key that was given or the browser's session, and show what came back. */
export function tryOnSubmit(form) {
  const stop = form.querySelector('[data-stop]');
  const send = form.querySelector('[data-send]');
  for (const input of form.querySelectorAll('[data-in]'))
    input.addEventListener('input', () => input.setCustomValidity(findFault(input)));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { url, init } = readRequest(form);
    if ('asks' in form.dataset && !confirm(`${init.method} ${url}\n\nThis can not be taken back.`)) return;
    const aborter = new AbortController();
    stop.onclick = () => aborter.abort();
    stop.hidden = false;
    send.disabled = true;
    const outcome = openOutcome(form);
    const begun = performance.now();
    try {
      const answer = await fetch(url, { ...init, signal: aborter.signal, cache: 'no-store' });
      await showAnswer(outcome, answer, Math.round(performance.now() - begun));
    } catch (error) {
      outcome.add(error.name === 'AbortError' ? 'Stopped.' : 'The request did not get through.');
    }
    const hadFocus = document.activeElement === stop;
    stop.hidden = true;
    send.disabled = false;
    if (hadFocus) send.focus();
  });
}

/** Why a value can not be sent in its place; '' where it can. */
function findFault({ value, required, dataset }) {
  // Browsers take such a step out of the address, which is another route's then.
  if (dataset.in === 'path' && ((required && value.trim() === '') || /^\.{1,2}$/.test(value.trim())))
    return 'This must be a name or an id.';
  // Of a header, browsers send Latin letters and signs alone.
  if (dataset.in === 'header' && !/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
    return 'This must have Latin letters and signs alone.';
  return '';
}

/** The request that the form describes. */
function readRequest(form) {
  let path = link(form.dataset.path);
  const query = new URLSearchParams(linesOf(form.querySelector('[data-query]')));
  const headers = { Accept: 'application/json, */*;q=0.5' };
  for (const { name, value, dataset } of form.querySelectorAll('[data-in]')) {
    if (dataset.in === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value.trim()));
    else if (value === '') continue;
    else if (dataset.in === 'header') headers[name] = value;
    else query.append(name, value);
  }
  const key = givenKey();
  if (key !== null) headers.Authorization = `Bearer ${key}`;
  const { body, type } = readBody(form);
  if (type) headers['Content-Type'] = type;
  const url = query.size > 0 ? `${path}?${query}` : path;
  // With a key of the reader's own the session has no part in it.
  return {
    url,
    init: { method: form.dataset.method, headers, body, credentials: key === null ? 'same-origin' : 'omit' },
  };
}

function readBody(form) {
  const json = form.querySelector('[data-body]');
  if (json) return { body: json.value, type: 'application/json' };
  const whole = form.querySelector('[data-whole]');
  if (whole) {
    const [file] = whole.files;
    const { type } = whole.dataset;
    // A file says itself what it is where the route takes any.
    if (file) return { body: file, type: type === 'application/octet-stream' && file.type !== '' ? file.type : type };
    return {};
  }
  const texts = form.querySelector('[data-form]');
  if (!texts) return {};
  const body = new FormData();
  for (const [name, value] of linesOf(texts)) body.append(name, value);
  for (const input of form.querySelectorAll('[data-file]')) {
    for (const file of input.files) body.append(input.name, file);
  }
  return { body };
}

/** `name=value` lines as pairs. */
function linesOf(field) {
  const lines = field?.value.split('\n').filter((line) => line.trim() !== '') ?? [];
  return lines.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1)];
  });
}

async function showAnswer(outcome, response, ms) {
  const type = response.headers.get('Content-Type') ?? '';
  const headers = [...response.headers].filter(([name]) => SHOWN_HEADERS.has(name));
  outcome.begin(
    `${response.status} ${response.statusText} · ${ms} ms`,
    headers.map((pair) => pair.join(': ')).join('\n'),
  );
  if (/json/.test(type)) {
    const text = await response.text();
    if (text === '') return;
    const value = JSON.parse(text);
    outcome.add(JSON.stringify(value, null, 2));
    if (/^[a-z]{3}_/.test(value?.id ?? '')) fillIn(value.id);
  } else if (type.startsWith('text/')) {
    // Events come one by one, for as long as the job runs.
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) outcome.add(text);
  } else {
    const file = await response.blob();
    if (file.size > 0) outcome.add(`${file.size} bytes of ${type}`);
    if (type.startsWith('image/')) outcome.picture(file);
  }
}

const SHOWN_HEADERS = new Set([
  'allow',
  'content-type',
  'content-disposition',
  'etag',
  'idempotency-replayed',
  'link',
  'location',
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'tus-resumable',
  'upload-expires',
  'upload-length',
  'upload-offset',
  'x-request-id',
]);

/** The place below the form, emptied; what is added there is text, never markup. */
function openOutcome(form) {
  const place = form.querySelector('[data-outcome]');
  const status = document.createElement('p');
  const text = document.createElement('pre');
  text.tabIndex = 0;
  status.className = 'outcome-status';
  status.textContent = 'Sending.';
  place.replaceChildren(status);
  place.hidden = false;
  return {
    begin(line, headers) {
      status.textContent = line;
      text.textContent = headers === '' ? '' : `${headers}\n\n`;
      place.append(text);
    },
    add(more) {
      place.append(text);
      if (text.textContent.length < MAX_CHARACTERS) text.textContent += more;
    },
    picture(file) {
      const image = new Image();
      image.src = URL.createObjectURL(file);
      image.onload = () => URL.revokeObjectURL(image.src);
      image.alt = 'The file that came back';
      place.append(image);
    },
  };
}

/** What ids of each sort begin with where they stand in an address; those of jobs have the beginning of their kind. */
const SORTS = [
  ['upd', '/v1/uploads/'],
  ['bat', '/v1/batches/'],
  ['act', '/v1/jobs/actions/'],
  ['inb', '/v1/inbox/'],
  ['flw', '/v1/flows/'],
  ['eml', '/v1/emails/'],
];
const JOBS = 'job';
const NO_JOBS = new Set(['upd', 'bat', 'act', 'inb']);

/** What was made last goes into every field that asks for such an id, on the pages after this one too. */
function fillIn(id) {
  const sort = id.slice(0, 3);
  const sorts = NO_JOBS.has(sort) ? [sort] : [sort, JOBS];
  try {
    for (const one of sorts) sessionStorage.setItem(placeOf(one), id);
  } catch {
    // A browser that keeps nothing: the other pages ask for it.
  }
  for (const input of document.querySelectorAll(ID_FIELDS)) {
    if (!sorts.includes(sortOf(input))) continue;
    input.value = id;
    input.setCustomValidity('');
  }
}

/** Fills in what was made on a page before. */
export function fillInFormer() {
  for (const input of document.querySelectorAll(ID_FIELDS)) {
    try {
      input.value ||= sessionStorage.getItem(placeOf(sortOf(input))) ?? '';
    } catch {
      return;
    }
  }
}

const ID_FIELDS = '[data-try] [data-in="path"][name="id"]';
const placeOf = (sort) => `heavylift-docs-id-${sort}`;
const sortOf = (input) => SORTS.find(([, path]) => input.closest('form').dataset.path.startsWith(path))?.[0] ?? JOBS;
