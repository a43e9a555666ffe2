// @ts-check

/** @typedef {import('./words.js').Phrases} Phrases */

/**
 * An element with its classes (also as parts, so that pages can style it), properties and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [names]
 * @param {object} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, names = '', properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), { className: names }, properties);
  if (names) made.part.add(...names.split(' '));
  made.append(...children);
  return made;
}

/**
 * How a file of the element's list stands. `sending`: also while it waits for its turn; `accepted`: its job is there.
 * @typedef {'sending' | 'accepted' | 'completed' | 'failed' | 'refused'} State
 *
 * What comes back of an accepted file with the page.
 * @typedef {{ id: string, name: string, size: number, state: State }} Kept
 *
 * @typedef {{ word?: string, text?: string, percent?: number }} Note What is said of it.
 */

/** A file and its line in the list. */
export class Row {
  /** @type {State} */
  state = 'sending';
  /** @type {Note} */
  note = { word: 'waiting' };
  /** The upload, and what the form gets: the job or, of the kind `uploads`, the upload again. */
  upload = '';
  id = '';
  /** @type {any} */
  job = null;
  tries = 0;
  seenAt = 0;
  mayRetry = false;
  control = new AbortController();

  /** @param {File | null} file @param {{ name: string, size: number }} facts */
  constructor(file, { name, size }) {
    this.file = file;
    this.name = name;
    this.size = size;
    this.picture = make('span', 'preview', { ariaHidden: 'true', textContent: /[^.]{1,4}$/.exec(name)?.[0] ?? '' });
    this.status = make('span', 'status');
    this.bar = make('progress', 'bar', { max: 100, value: 0, ariaLabel: name });
    this.link = make('a', 'link', { target: '_blank', rel: 'noopener', hidden: true });
    this.retry = make('button', 'retry', { type: 'button' });
    this.remove = make('button', 'remove', { type: 'button', textContent: '✕' });
    const title = make('bdi', 'name', { textContent: name });
    const more = make('div', 'more', {}, this.retry, this.link);
    this.item = make('li', '', {}, this.picture, make('div', '', {}, title, this.status, this.bar, more), this.remove);
    if (file?.type.startsWith('image/')) this.show(URL.createObjectURL(file));
  }

  /** Shows a picture in the place of letters, if the browser knows how. @param {string} address */
  show(address) {
    const free = () => URL.revokeObjectURL(address);
    const image = make('img', '', { alt: '', decoding: 'async', onerror: free });
    image.onload = () => {
      free();
      this.picture.replaceChildren(image);
    };
    image.src = address;
  }

  /** @param {File} file */
  isOf({ name, size, lastModified }) {
    return this.name === name && this.size === size && this.file?.lastModified === lastModified;
  }

  /** @param {Phrases} phrases @param {boolean} isOff Whether the element is disabled. */
  draw({ word, size, percent }, isOff) {
    const { state, note } = this;
    this.item.className = state;
    this.item.part.value = `row ${state}`;
    const text = note.text ?? word(note.word ?? '', { percent: percent(note.percent ?? 0) });
    // Each by itself, so that a page written from right to left does not mix them.
    this.status.replaceChildren(
      make('bdi', '', { textContent: size(this.size) }),
      ' · ',
      make('bdi', '', { textContent: text }),
    );
    this.bar.hidden = state !== 'sending' && !(state === 'accepted' && note.percent);
    this.bar.value = note.percent ?? 0;
    this.retry.hidden = !(state === 'failed' && this.mayRetry);
    for (const [button, key] of /** @type {const} */ ([
      [this.retry, 'retry'],
      [this.link, 'open'],
    ])) {
      button.textContent = word(key);
      button.ariaLabel = `${word(key)}: ${this.name}`;
    }
    this.remove.title = word(state === 'sending' ? 'cancel' : 'remove');
    this.remove.ariaLabel = `${this.remove.title}: ${this.name}`;
    this.retry.disabled = isOff;
    this.remove.disabled = isOff;
  }
}
