const PLACE = 'heavylift-docs-key';
const PLACEHOLDER = '$KEY';
/** What stays one word between the double quotes of a shell. */
const KEY = /^[\w.~+/=:-]{8,512}$/;

const listeners = [];

/** The key that the reader has given in this tab, or null. */
export function givenKey() {
  try {
    return sessionStorage.getItem(PLACE);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** Calls back with the key, now and whenever another one is given or it is forgotten (null). */
export function onKey(listener) {
  listeners.push(listener);
  listener(givenKey());
}

/** Shows the form that takes the key. It is kept for this tab alone, and no page that is sent has it. */
export function openKeyForm(details) {
  const form = details.querySelector('form');
  const forget = form.querySelector('[data-forget]');
  const said = form.querySelector('[data-said]');
  details.hidden = false;
  forget.hidden = givenKey() === null;
  const keep = (key) => {
    try {
      if (key === null) sessionStorage.removeItem(PLACE);
      else sessionStorage.setItem(PLACE, key);
    } catch {
      said.textContent = 'This browser keeps nothing for a tab.';
      return;
    }
    form.reset();
    forget.hidden = key === null;
    said.textContent = key === null ? 'Forgotten.' : 'Filled in.';
    for (const listener of listeners) listener(key);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const key = form.elements.key.value.trim();
    if (KEY.test(key)) keep(key);
    else said.textContent = 'That is no API key.';
  });
  forget.addEventListener('click', () => keep(null));
}

/** Puts the key into the lines that are shown, in the place of `$KEY`; null puts that back. */
export function fillKey(key) {
  for (const code of document.querySelectorAll('.sample code')) {
    code.dataset.lines ??= code.textContent.includes(PLACEHOLDER) ? code.textContent : '';
    if (code.dataset.lines === '') continue;
    const parts = code.dataset.lines.split(PLACEHOLDER);
    code.replaceChildren(...parts.flatMap((part, index) => (index === 0 ? [part] : [keyMark(key), part])));
  }
}

function keyMark(key) {
  const mark = document.createElement('mark');
  mark.textContent = key ?? PLACEHOLDER;
  return mark;
}
