// @ts-check

import { BASE, fetchToken } from './request.js';

/**
 * @typedef {import('./request.js').Access} Access
 * @typedef {import('./request.js').Token} Token
 */

/** The token of an element: given, or made when one is needed and held until it is refused. */
export class TokenHolder {
  /** @type {Token | null} */
  #given = null;
  /** @type {Promise<string> | null} */
  #held = null;

  /** @returns {Token | null} */
  get given() {
    return this.#given;
  }

  set given(token) {
    this.#given = token;
    this.#held = null;
  }

  /** With what the element's requests are made. @param {HTMLElement} element @returns {Access} */
  accessOf(element) {
    const url = element.getAttribute('url') ?? BASE;
    const tokenUrl = element.getAttribute('token-url');
    const give = this.#given ?? (tokenUrl === null ? null : () => fetchToken(tokenUrl));
    if (typeof give !== 'function') return { url, token: give };
    const token = async (/** @type {{ refused?: string }} */ { refused }) => {
      if (refused !== undefined && (await this.#held) === refused) this.#held = null;
      this.#held ??= Promise.resolve(give(refused === undefined ? {} : { refused }));
      this.#held.catch(() => {
        this.#held = null;
      });
      return this.#held;
    };
    return { url, token };
  }
}
