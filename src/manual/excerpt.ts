const LENGTH = 140;

/** How a text of one line begins, to its last whole word. */
export const excerptOf = (text: string): string =>
  text.length <= LENGTH ? text : `${text.slice(0, text.lastIndexOf(' ', LENGTH))} ...`;
