import { link } from './link.js';

const MAX_CHARACTERS = 100_000;

/** Shows the form, and has it send its request with the browser's session and show what came back. */
export function tryOnSubmit(form) {
  const stop = form.querySelector('[data-stop]');
  const send = form.querySelector('[data-send]');
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const aborter = new AbortController();
    stop.onclick = () => aborter.abort();
    stop.hidden = false;
    send.disabled = true;
    const outcome = openOutcome(form);
    try {
      await showAnswer(outcome, await request(form, aborter.signal));
    } catch (error) {
      outcome.add(error.name === 'AbortError' ? 'Stopped.' : 'The request did not get through.');
    }
    const hadFocus = document.activeElement === stop;
    stop.hidden = true;
    send.disabled = false;
    if (hadFocus) send.focus();
  });
}

function request(form, signal) {
  let path = link(form.dataset.path);
  const query = new URLSearchParams();
  for (const { name, value, dataset } of form.querySelectorAll('input')) {
    if (dataset.in === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value.trim()));
    else if (value !== '') query.append(name, value);
  }
  const body = form.querySelector('[data-body]')?.value;
  const headers = { Accept: 'application/json, */*;q=0.5' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const url = query.size > 0 ? `${path}?${query}` : path;
  return fetch(url, { method: form.dataset.method, headers, body, signal, cache: 'no-store' });
}

async function showAnswer(outcome, response) {
  const type = response.headers.get('Content-Type') ?? '';
  const headers = [...response.headers].filter(([name]) => SHOWN_HEADERS.has(name));
  outcome.begin(`${response.status} ${response.statusText}`, headers.map((pair) => pair.join(': ')).join('\n'));
  if (/json/.test(type)) {
    const value = JSON.parse(await response.text());
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

/** A job's id goes into every field that asks for one. */
function fillIn(id) {
  for (const input of document.querySelectorAll('[data-try] input[name="id"]')) input.value = id;
}
